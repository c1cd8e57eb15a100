"""The article's first part: create the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...azure.permissions import CREATE_INSTANCE, Permissions, smallest_role
from ...azure.resource_ids import SYSTEM_SUFFIX, group_id, name_of
from ...display.cards import Listing
from ...errors import PermissionMissing
from ...explain.translate import explaining
from ...parameters import CONNECTIVITY, CreateInstanceParameters, problems
from ...record.change import Change
from ..core.context import Progress
from ..core.creation import make, settle_rest
from ..core.picture import Picture
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Call
from ..core.results import Outcome, Plan, Verification
from ..core.setup import Planned
from ..core.step import Choice, Hint, ValuesCell
from ..directory import role_assignments
from ..directory.kinds import ROLE
from ..subscription import registration, resources
from ..subscription.kinds import GROUP, PROVIDER
from ..subscription.readiness import settled_instance
from ..subscription.resources import Subscription, important_values
from ..subscription.step import SubscriptionStep
from . import calls
from .checks import verify
from .findings import Findings
from .kinds import INSTANCE
from .picture import depict
from .plan import DATA_OWNER, draw_up, name_taken, own_access, survey

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


class CreateInstance(SubscriptionStep[CreateInstanceParameters, Findings]):
    """Creates the instance, in a resource group of yours, and gives you access to it if you like."""

    id: ClassVar[str] = "create-instance"
    title: ClassVar[str] = "Create the Azure Digital Twins instance"
    action_label: ClassVar[str] = "Create"
    parameters_type: ClassVar[type[CreateInstanceParameters]] = CreateInstanceParameters
    plan_title: ClassVar[str] = "Create the instance {instance_name}"
    looking: ClassVar[str] = "Looking at what exists"
    checking: ClassVar[str] = "Checking the instance"
    cannot_check: ClassVar[tuple[str, str]] = ("The instance couldn't be checked", "The instance exists")
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "connectivity": {value: f"{value.title()} endpoint" for value in CONNECTIVITY}
    }

    @property
    def important_values(self) -> ValuesCell:
        """The values to keep and share as something to present."""
        return ValuesCell(self)

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Ask Azure whether the name is free in the region."""
        if field != "instance_name" or {"instance_name", "region"} & problems(self.parameters_type, values).keys():
            return None
        clients, name = self.context.clients, self.given("instance_name", values)
        region = resources.plain(self.given("region", values))
        with explaining("checking the name"):
            subscription = self._subscription(values)
            if not subscription:
                return None
            there = resources.instance(clients, subscription.id, self.given("resource_group", values), name)
            if there and resources.same_region(str(there.location), region):
                return Hint("warning", "This instance already exists. Only what differs is updated.")
            if resources.provider(clients, subscription.id).state != "Registered":
                return Hint("warning", "Not checked: the resource provider isn't registered yet.")
            taken = name_taken(clients, subscription.id, name, region)
        return Hint("bad", taken) if taken else Hint("good", f"{name!r} is available in {region}.")

    def proposal(self, field: str, values: Mapping[str, Any]) -> str:
        """Propose a name that is free, if the default isn't and this run isn't about that instance."""
        name = self.given("instance_name", values)
        if field != "instance_name" or name != self.parameters_type.model_fields[field].default:
            return ""
        clients, region = self.context.clients, resources.plain(self.given("region", values))
        with explaining("looking for a free name"):
            subscription = self._subscription(values)
            if not subscription or name_of(self.context.journal.current_setup()) == name:
                return ""
            registered = resources.provider(clients, subscription.id).state == "Registered"
            there = {str(one.name).lower() for one in resources.instances(clients, subscription.id)}
            for one in (name, *(f"{name}-{number}" for number in range(2, _PROPOSALS))):
                if one not in there and not (registered and name_taken(clients, subscription.id, one, region)):
                    return "" if one == name else one
        return ""

    def disabled_reason(self, field: str, values: Mapping[str, Any]) -> str:
        """Say why you can't grant access: the portal also greys out the box then."""
        if field != "grant_access":
            return ""
        clients, (needed,) = self.context.clients, ROLE.permissions["assign"]
        with explaining("reading your permissions"):
            subscription = self._subscription(values)
            if not subscription:
                return ""
            group = resources.group(clients, subscription.id, self.given("resource_group", values))
            scope = group_id(subscription.id, group.name) if group.found == "yes" else subscription.scope
            may = Permissions(clients)
            verdict = may.may(needed.action, scope)
            if verdict.answer != "no":
                return ""
            creates = may.may(CREATE_INSTANCE, scope).answer != "no"
        here = f"You aren't allowed to assign roles here ({needed.action})."
        still = " You can still create the instance." if creates else ""
        if verdict.denied_by:
            return f"{here}{still} The deny assignment {verdict.denied_by!r} forbids it, whatever your roles."
        if verdict.eligible:
            return f"{here} You're eligible for {verdict.eligible.name}: activate it first ({verdict.eligible.page})."
        return (
            f"{here}{still} Someone with the role {smallest_role(needed.action)}, User Access Administrator or Owner "
            "can give you access later."
        )

    def planned(self) -> Planned | None:
        """Return the instance that the plan is about, for the steps that follow it; None if that isn't clear."""
        with explaining("working out the plan"):
            found = survey(self.context.clients, self.parameters, self._builder())
        if found is None:
            return None
        exists = found.group_scope if found.group.found == "yes" else found.subscription.scope
        own_identity = (f"{found.scope}{SYSTEM_SUFFIX}",) * found.wanted.system_identity
        return Planned(found.scope, found.wanted.region, exists, own_identity)

    def _is_offered(self, field: str) -> bool:
        return field in ("resource_group", "region", "virtual_network", "subnet")

    def _offer(self, field: str, values: Mapping[str, Any], subscription: Subscription) -> Sequence[Choice]:
        if field == "region":
            return resources.offer_regions(self.context.clients, subscription.id)
        if field in ("virtual_network", "subnet"):
            from ..network import survey as network_survey

            return network_survey.offer(self, field, values, subscription)
        return super()._offer(field, values, subscription)

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        return survey(self.context.clients, self.parameters, builder)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        return draw_up(self.context.clients, found, builder)

    def _depict(self, found: Findings, plan: Plan, picture: Picture) -> None:
        depict(found, plan, picture)

    def _instance_of(self, found: Findings) -> str:
        return found.scope

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        made, refused = self._make_all(plan.changes, found, progress)
        instance = self._ready(found, progress)
        settled = settle_rest(self.context, self.id)
        outcome = self._outcome(plan, found, instance, made or settled, refused=refused)
        self.context.journal.keep_values(outcome.values)
        return outcome

    def _check(self, found: Findings, progress: Progress) -> Verification:
        return verify(self.context.clients, found)

    def _make_all(
        self, changes: Sequence[Change], found: Findings, progress: Progress
    ) -> tuple[tuple[Change, ...], PermissionMissing | None]:
        """Make the changes, each recorded before and after; return those made, and Azure's refusal of the role.

        The instance is worth having even without access; the outcome says what is missing.
        """
        made: list[Change] = []
        refused = None
        for change in changes:
            if change.action != "register" and change.kind not in (GROUP.name, INSTANCE.name):
                self._ready_for_parts(change, found, progress)
            doing, handle = f"{_DOING[change.action]} {change.name}", partial(self._handle, change, found, progress)
            try:
                made += make(self.context, self.id, (change,), doing, handle)
            except PermissionMissing as error:
                if change.action != "assign":
                    raise
                refused = error
        return tuple(made), refused

    def _handle(self, change: Change, found: Findings, progress: Progress) -> None:
        context = self.context
        match change.action, change.kind:
            case "register", _:
                progress.phase("Registering the resource provider", PROVIDER.usual_seconds)
                registration.register(context, found.subscription.id, self.seconds, change.name)
            case "create", GROUP.name:
                progress.phase("Creating the resource group", GROUP.usual_seconds)
                calls.create_group(found).run(context.clients)
            case "create", INSTANCE.name:
                self._create(found, progress)
            case "update", INSTANCE.name:
                self._update(found, progress)
            case "assign", _:
                progress.phase(f"Assigning {DATA_OWNER}", ROLE.usual_seconds)
                role_assignments.assign(context.clients, own_access(found))
            case _:
                from . import private_endpoint

                private_endpoint.make(context, change, found, self.seconds, progress)

    def _create(self, found: Findings, progress: Progress) -> None:
        progress.phase("Creating the instance", INSTANCE.usual_seconds)
        self._finish(calls.create(found), "creating the instance")

    def _update(self, found: Findings, progress: Progress) -> None:
        # Others can have added tags or identities since the plan, and a request replaces all of them.
        found = replace(found, instance=self._ready(found, progress))
        if found.has_failed:
            return self._create(found, progress)
        progress.phase("Updating the instance", 5)
        self._finish(calls.update(found), "updating the instance")
        return None

    def _finish(self, call: Call, doing: str) -> None:
        self.context.waiting.finish(call.bound(self.context.clients), seconds=self.seconds, doing=doing)

    def _ready_for_parts(self, change: Change, found: Findings, progress: Progress) -> None:
        """Wait for what a part builds on, before the last look at whether others have made it by now."""
        self._ready(found, progress)
        if change.kind != ROLE.name:
            from . import private_endpoint

            private_endpoint.settle(self.context, found, self.seconds, progress)

    def _ready(self, found: Findings, progress: Progress) -> DigitalTwinsDescription:
        """Return the instance once Azure has stopped working on it."""
        where = (found.subscription.id, found.group.name, found.wanted.instance_name)
        phase = "Waiting until Azure has created the instance"
        return settled_instance(self.context, where, self.seconds, progress, phase, INSTANCE.usual_seconds)

    def _outcome(
        self,
        plan: Plan,
        found: Findings,
        instance: DigitalTwinsDescription,
        made: tuple[Change, ...],
        *,
        refused: PermissionMissing | None,
    ) -> Outcome:
        # What the plan couldn't tell is known by now.
        tried = refused or any(change.action == "assign" for change in made)
        left_out = [problem for problem in plan.problems if problem.field == "grant_access" and not tried]
        notes = [f"{problem.message} {problem.remedy}".rstrip() for problem in left_out]
        requests = [*(one.request for one in left_out), *([refused.request] if refused else ())]
        messages = tuple(Listing("Ready to send", one, prose=True) for one in requests if one)
        if refused:
            notes.append("Azure didn't let you assign the role. Someone has to give you access later.")
        verb = "is ready" if made else "already existed"
        values = important_values(instance, found.subscription, found.account.tenant_id)
        tone = "warning" if notes else "good"
        return Outcome(self.id, f"The instance {instance.name} {verb}", values, made, tuple(notes), tone, messages)  # type: ignore[arg-type]


_PROPOSALS = 20
"""How many names are tried before the default stays. On Azure, the first ones can be taken by other customers."""
_DOING = {"register": "registering", "create": "creating", "update": "updating", "assign": "assigning"}
