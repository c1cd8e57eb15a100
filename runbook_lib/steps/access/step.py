"""The article's second part: set up user access, and check that it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...azure.permissions import Permissions
from ...azure.resource_ids import group_of
from ...explain.translate import explaining
from ...parameters import DATA_ROLES, AssignAccessParameters, problems
from ...record.change import Change
from ..core.context import Progress
from ..core.creation import make, settle_rest
from ..core.kinds import Places
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..core.step import Choice, Hint
from ..data_plane import probe
from ..directory import holders, principals, role_assignments
from ..directory.kinds import ROLE
from ..directory.principals import Principal
from ..directory.role_assignments import PROPAGATION_SECONDS, NewAssignment
from ..subscription import resources
from ..subscription.resources import Subscription
from ..subscription.step import SubscriptionStep

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


@dataclass(frozen=True)
class Findings:
    """What is there."""

    subscription: Subscription
    instance: DigitalTwinsDescription
    principal: Principal
    present: Sequence[role_assignments.Assignment]
    """Assignments that let the principal read data at the instance, inherited and through groups included."""
    role: str
    reading: dict[str, str]
    """The roles that read data: names by GUID."""

    @property
    def new(self) -> NewAssignment:
        """The assignment that is asked for."""
        who = self.principal
        return NewAssignment(self.subscription.id, self.scope, self.role, who.object_id, who.kind, who.name)

    @property
    def scope(self) -> str:
        """Resource id of the instance."""
        return str(self.instance.id)

    @property
    def host_name(self) -> str:
        """Host name of the instance, without a scheme."""
        return str(self.instance.host_name)

    @property
    def existing(self) -> role_assignments.Assignment | None:
        """The very assignment that is asked for, when it is there."""
        return self.new.among(self.present)


class AssignAccess(SubscriptionStep[AssignAccessParameters, Findings]):
    """Gives a user, group or service principal access to the instance's data, and checks that it works."""

    id: ClassVar[str] = "assign-access"
    title: ClassVar[str] = "Set up user access permissions"
    action_label: ClassVar[str] = "Assign"
    parameters_type: ClassVar[type[AssignAccessParameters]] = AssignAccessParameters
    plan_title: ClassVar[str] = "Give access to {instance_name}"
    looking: ClassVar[str] = "Looking at who has access"
    checking: ClassVar[str] = "Looking for the role assignment"
    cannot_check: ClassVar[tuple[str, str]] = ("Access could not be checked", "The role assignment is listed")

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, instances, members by the beginning of their name, and roles."""
        if field == "role":
            return [Choice(name, name) for name in DATA_ROLES]
        if field == "principal_type":
            return [Choice("", "any"), *(Choice(word, word.replace("-", " ")) for word in principals.KINDS)]
        if field == "principal":
            with explaining("reading the list"):
                return principals.offer(self.context.clients, self.given("principal", values))
        return super().choices(field, values)

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Look the member up in the directory."""
        wanted, kind = self.given("principal", values), self.given("principal_type", values)
        if field != "principal" or not wanted or "principal_type" in problems(self.parameters_type, values):
            return None
        with explaining("looking the member up"):
            found = principals.find(self.context.clients, wanted, kind)
        if isinstance(found, Principal):
            return Hint("good", str(found))
        return Hint("bad", " ".join(filter(None, (found.message, found.meaning))))

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        clients, wanted = self.context.clients, self.parameters
        subscription = builder.settle(resources.choose_subscription(clients, wanted.subscription))
        principal = builder.settle(principals.find(clients, wanted.principal, wanted.principal_type))
        builder.choices += [
            ("Subscription", str(subscription) if subscription else wanted.subscription or "none"),
            ("Resource group", wanted.resource_group),
            ("Resource name", wanted.instance_name),
            ("Role", wanted.role),
            ("Member", str(principal) if principal else wanted.principal),
        ]
        if subscription is None:
            return None
        where = (wanted.resource_group, wanted.instance_name)
        instance = builder.settle(resources.require_instance(clients, subscription, *where))
        if instance is None or principal is None:
            return None
        reading = role_assignments.data_roles(clients, subscription.id, str(instance.id))
        group = principal.kind == "Group"
        there = role_assignments.assignments_of(
            clients, subscription.id, str(instance.id), principal.object_id, group=group
        )
        present = [a for a in there if a.role_id.lower() in reading]
        return Findings(subscription, instance, principal, present, wanted.role, reading)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        clients, principal = self.context.clients, found.principal
        if principal.on_trust:
            builder.notes.append(
                "You are not allowed to look people up in the directory: object id and type are taken as you gave them."
            )
        described = [a.describe(found.scope, principal.object_id) for a in found.present]
        builder.notes.append(f"{principal.name} has {'; '.join(described) or 'no role'} for the data now.")
        everybody = holders.listed(clients, found.subscription.id, found.scope, found.reading)
        if everybody:
            builder.blocks.append(everybody)
        else:
            builder.notes.append("Nobody has a role for the data here yet.")
        builder.notes.append(self._reading_now(found))
        if not found.existing:
            recipe, places = found.new.recipe(), Places(found.subscription.scope, instance=found.scope)
            builder.add(found.new.change, recipe)
            builder.allow(Permissions(clients), found.new.change, places, command=recipe.command)
        return found

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        if plan.changes:
            self._record_reading_before(found)
        made: tuple[Change, ...] = ()
        if plan.changes:
            progress.phase(f"Assigning {found.role}", ROLE.usual_seconds)
            assign = partial(role_assignments.assign, self.context.clients, found.new)
            made = make(self.context, self.id, plan.changes, f"assigning {found.role}", assign)
        settle_rest(self.context, self.id)
        return self._outcome(found, made)

    def _reading_now(self, found: Findings) -> str:
        clients = self.context.clients
        someone = probe.reader(clients, found.principal)
        if someone is None:
            return f"Reading data as {found.principal.name} was not tried: nobody can be signed in as them here."
        reading = probe.read(clients, found.host_name, someone)
        return f"Reading data as {someone.name}, just now: {reading.result} ({reading.evidence})."

    def _record_reading_before(self, found: Findings) -> None:
        """Keep what a read said before the role, for the proof: refused before, accepted after."""
        with explaining("reading data before the role is assigned"):
            text = self._reading_now(found)
        self.context.journal.record("before", self.id, assignment=found.new.id, reading=text)

    def _outcome(self, found: Findings, made: tuple[Change, ...]) -> Outcome:
        values = {
            "Member": str(found.principal),
            "Role": found.role,
            "Name": str(found.instance.name),
            "Resource group": group_of(found.scope),
            "Host name": found.host_name,
        }
        verb = "has" if made else "had"
        title = f"{found.principal.name} {verb} {found.role}" + ("" if made else " already")
        notes = ("A new role can take up to 10 minutes to work; the check waits for it.",) if made else ()
        return Outcome(self.id, title, values, made, notes)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        listed = [a.describe(found.scope, found.principal.object_id) for a in found.present]
        fitting = [a for a in found.present if a.role_id.lower() == DATA_ROLES[found.role]]
        evidence = "; ".join(listed) or "no assignment that gives access to the data"
        status: Any = "passed" if fitting else "failed"
        check = Check("The role assignment is listed", status, evidence, "" if fitting else "Run this step first.")
        checks = (check, self._check_by_reading(found, progress, bool(fitting)))
        passed = all(one.status != "failed" for one in checks)
        title = f"{found.principal.name} has access to {found.instance.name}" if passed else "Access is not there"
        everybody = holders.listed(self.context.clients, found.subscription.id, found.scope, found.reading)
        return Verification(self.id, title, checks, {"Host name": found.host_name}, (everybody,) if everybody else ())

    def _check_by_reading(self, found: Findings, progress: Progress, listed: bool) -> Check:
        name, clients = "Reading data works", self.context.clients
        someone = probe.reader(clients, found.principal)
        if someone is None:
            reason = f"Nobody can be signed in as {found.principal.name} here."
            return Check(name, "not tried", reason, probe.how_to_try(found.host_name, found.role))
        progress.phase(f"Reading data as {someone.name}", PROPAGATION_SECONDS)
        last = probe.read(clients, found.host_name, someone)
        minutes = self.parameters.timeout_minutes

        def accepted() -> bool | None:
            nonlocal last
            last = probe.read(clients, found.host_name, someone)
            return True if last.result == "accepted" else None

        if last.result == "refused" and listed:
            progress.phase("Waiting for the role to take effect", PROPAGATION_SECONDS)
            self.context.waiting.until(accepted, minutes * 60, first=1)
        if last.result == "accepted":
            return Check(name, "passed", f"as {someone.name}: {self._before(found)}accepted ({last.evidence})")
        if last.result == "shut out":
            return Check(name, "not tried", f"as {someone.name}: {last.evidence}", probe.HOW_TO_COME_IN)
        remedy = (
            f"The role did not take effect within {minutes} minutes; run this cell again."
            if listed
            else "Run this step first."
        )
        return Check(name, "failed", f"as {someone.name}: refused ({last.evidence})", remedy)

    def _before(self, found: Findings) -> str:
        noted = [e for e in self.context.journal.events(self.id) if e["event"] == "before"]
        mine = [e for e in noted if e.get("assignment") == found.new.id]
        return "refused before, now " if mine and ": refused (" in str(mine[-1].get("reading")) else ""
