"""The article's third part: enable or disable managed identities of the instance, knowing what would break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .. import needs
from ..explain import explaining
from ..parameters import SWITCHES, ManagedIdentityParameters, problems
from . import identities, identity_changes, registration, resources, undoing
from .base import Choice, Progress, Remark, Silent, Step
from .draft import Draft, refusal
from .identity_changes import CHANGE_SECONDS
from .identity_plan import Findings, draw_up, survey
from .identity_proof import important_values, prove
from .identity_removers import remember
from .readiness import settled_instance
from .results import Change, Check, Outcome, Plan, Proof, Undone

_PHASES: Mapping[tuple[str, str], tuple[str, float]] = {
    ("register", needs.PROVIDER): ("Registering the resource provider", registration.USUAL_SECONDS),
    ("create", needs.IDENTITY): ("Creating the identity {}", 2),
    ("create", needs.OWN_IDENTITY): ("Switching the system-assigned identity on", CHANGE_SECONDS),
    ("delete", needs.OWN_IDENTITY): ("Switching the system-assigned identity off", CHANGE_SECONDS),
    ("assign", needs.ASSOCIATED): ("Associating {}", CHANGE_SECONDS),
    ("delete", needs.ASSOCIATED): ("Removing {}", CHANGE_SECONDS),
}
"""What is said while a change is made, and how many seconds it usually takes."""
_NO_ROLES = (
    "It has no roles yet, so it reaches nothing. Give it one where it has to go, for example to an event hub: "
    "az role assignment create --assignee-object-id {} --assignee-principal-type ServicePrincipal "
    "--role 'Azure Event Hubs Data Sender' --scope <resource id of the event hub>"
)
LABELS = dict(zip(SWITCHES, ("On", "Off", "Leave it as it is"), strict=True))


class ManagedIdentity(Step[ManagedIdentityParameters]):
    """Switches the instance's own identity on or off, and associates or removes user-assigned ones."""

    id: ClassVar[str] = "managed-identity"
    title: ClassVar[str] = "Enable or disable managed identity for the instance"
    action_label: ClassVar[str] = "Save"
    parameters_type: ClassVar[type[ManagedIdentityParameters]] = ManagedIdentityParameters

    def plan(self) -> Plan:
        """Look at the identities and what uses them, and say what would change and what would break."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Change the identities. What destroys something needs to be confirmed. A rerun goes on where this was."""
        progress.phase("Looking at the identities")
        plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        self.check_confirmed(plan)
        for change in plan.changes:
            self._carry_out(change, found, progress)
        self._ready(found, progress)
        with explaining("looking at the identities"):
            after = survey(self.context.clients, self.parameters, Draft(self.id, "")) or found
        outcome = self._outcome(plan, after, plan.changes or self._settled(after))
        if after.system and any(change.kind == needs.OWN_IDENTITY for change in outcome.made):
            remember(self.context.journal, self.id, after.system)
        self.context.journal.keep_values({k: v for k, v in outcome.values.items() if "role assignments" not in k})
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check the identities in Azure and in the directory, and that whatever uses one still has it."""
        progress.phase("Looking at the identities")
        draft, context = Draft(self.id, ""), self.context
        with explaining("checking the identities"):
            found = survey(context.clients, self.parameters, draft)
            if found is None:
                problem = draft.problems[0]
                check = Check("The instance exists", "failed", problem.message, problem.remedy)
                proof = Proof(self.id, "The identities could not be checked", (check,))
            else:
                proof = prove(context.clients, found, context.waiting, progress)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Take back what this run switched on, associated or made, unless something uses it by now."""
        return undoing.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, what to do, and identities."""
        if field == "system_assigned":
            return [Choice(value, label) for value, label in LABELS.items()]
        clients = self.context.clients
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(clients)
            subscription = resources.choose_subscription(
                clients, self.given("subscription", values), Draft(self.id, "")
            )
            if subscription is None:
                return ()
            if field == "resource_group":
                return resources.offer_groups(clients, subscription.id)
            if field == "associate_identity":
                return identities.offer_identities(clients, subscription.id)
            if field == "remove_identity":
                there = self._instance(values)
                mine = identities.associated(there) if there else []
                return [Choice("", "none"), *(Choice(one.resource_id, one.name) for one in mine)]
        return ()

    def remark(self, field: str, values: Mapping[str, Any]) -> Remark | None:
        """Say how the instance's own identity is now."""
        if field != "system_assigned" or "instance_name" in problems(self.parameters_type, values):
            return None
        with explaining("looking at the instance"):
            there = self._instance(values)
        if there is None:
            return Remark("warning", "There is no such instance that you can see.")
        if not resources.has_system_identity(there):
            return Remark("good", "It is off now.")
        return Remark("good", f"It is on now: object id {there.identity.principal_id}." if there.identity else "")

    def _instance(self, values: Mapping[str, Any]) -> Any:
        clients = self.context.clients
        subscription = resources.choose_subscription(clients, self.given("subscription", values), Draft(self.id, ""))
        where = self.given("resource_group", values), self.given("instance_name", values)
        return resources.instance(clients, subscription.id, *where) if subscription else None

    def _look(self) -> tuple[Plan, Findings | None]:
        draft = Draft(self.id, f"Managed identities of {self.parameters.instance_name}")
        draft.if_empty = "Nothing to do: the identities are as asked for already."
        with explaining("working out the plan"):
            found = survey(self.context.clients, self.parameters, draft)
            if found:
                draw_up(self.context.clients, found, draft)
        return draft.finish(), found

    def _carry_out(self, change: Change, found: Findings, progress: Progress) -> None:
        """Make one change of the plan, recorded before and after."""
        self._ready(found, progress)
        phase, usual = _PHASES[change.action, change.kind]
        text = phase.format(change.name)
        progress.phase(text, usual)
        with self.context.journal.doing(self.id, change), explaining(text[0].lower() + text[1:]):
            self._make(change, found)

    def _make(self, change: Change, found: Findings) -> None:
        context, seconds, instance_id = self.context, float(self.parameters.timeout_minutes * 60), found.scope
        _, _, of_identity = change.resource_id.partition("#")
        match change.action, change.kind:
            case "register", _:
                registration.register(context, found.subscription.id, seconds, change.name)
            case "create", needs.IDENTITY:
                identity_changes.create(context, change.resource_id, str(found.instance.location))
            case _, needs.OWN_IDENTITY:
                identity_changes.set_system(context, instance_id, seconds, on=change.action == "create")
            case "assign", _:
                identity_changes.associate(context, instance_id, of_identity, seconds)
            case _:
                identity_changes.dissociate(context, instance_id, of_identity, seconds)

    def _ready(self, found: Findings, progress: Progress) -> None:
        """Wait until Azure has stopped working on the instance."""
        phase, seconds = "Waiting for an earlier change of the instance", float(self.parameters.timeout_minutes * 60)
        settled_instance(self.context, found.where, seconds, progress, phase, CHANGE_SECONDS)

    def _settled(self, after: Findings) -> tuple[Change, ...]:
        """Close the changes that an interrupted run began, and that Azure has made since."""
        journal = self.context.journal
        closed: list[Change] = []
        for change in journal.unfinished(self.id).values():
            if _holds(change, after):
                closed += journal.settle(self.id, change.resource_id)
        return tuple(closed)

    def _outcome(self, plan: Plan, after: Findings, made: tuple[Change, ...]) -> Outcome:
        lost = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
        notes = ["\n".join(["What has stopped, or is left behind:", *lost])] if lost else []
        if any((change.action, change.kind) == ("create", needs.OWN_IDENTITY) for change in made):
            notes.append(_NO_ROLES.format(after.system.object_id if after.system else ""))
        title = f"The identities of {after.instance.name} " + ("are changed" if made else "were so already")
        tone = "warning" if plan.losses else "good"
        return Outcome(self.id, title, important_values(after), made, tuple(notes), tone)  # type: ignore[arg-type]


def _holds(change: Change, found: Findings) -> bool:
    """Tell whether what a change wanted is so."""
    _, _, of_identity = change.resource_id.partition("#")
    wanted = change.action != "delete"
    if change.kind == needs.OWN_IDENTITY:
        return (found.system is not None) == wanted
    if change.kind == needs.ASSOCIATED:
        return found.has(of_identity) == wanted
    return change.kind == needs.IDENTITY and bool(found.sought and found.sought.found == "yes")
