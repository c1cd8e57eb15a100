"""Private Link for an instance that is there: private endpoint, connections, DNS, and the switch of public access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .. import needs
from ..explain import explaining
from ..parameters import DECISIONS, PUBLIC_ACCESS, PrivateAccessParameters, problems
from . import network, network_changes, network_survey, registration, resources, undoing
from .base import Choice, Progress, Remark, Silent, Step
from .draft import Draft, refusal
from .private_access_plan import STATUS, Findings, draw_up, survey
from .private_access_proof import important_values, prove
from .readiness import settled_instance
from .results import Change, Check, Outcome, Plan, Proof, Undone

LABELS = {
    "decision": dict(zip(DECISIONS, ("Leave it as it is", "Approve", "Reject"), strict=True)),
    "public_network_access": dict(zip(PUBLIC_ACCESS, ("Leave it as it is", "Enabled", "Disabled"), strict=True)),
}
_PHASES = {
    ("create", needs.BLOCK): "Switching public network access off",
    ("delete", needs.BLOCK): "Switching public network access on",
    ("update", needs.CONNECTION): "Deciding about the connection of {}",
}


class PrivateAccess(Step[PrivateAccessParameters]):
    """Gives an instance a private endpoint, decides about connections, and switches public access off or on."""

    id: ClassVar[str] = "private-access"
    title: ClassVar[str] = "Enable private access with Private Link"
    action_label: ClassVar[str] = "Save"
    parameters_type: ClassVar[type[PrivateAccessParameters]] = PrivateAccessParameters

    def plan(self) -> Plan:
        """Look, and say what would be made, decided or switched, who would be shut out, and what is in the way."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Do what the plan says. Shutting anybody out needs to be confirmed. A rerun goes on where this was."""
        progress.phase("Looking at what leads to the instance")
        plan, found, request = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        self.check_confirmed(plan)
        network_changes.settle(self.context, found.wiring, self._seconds, progress)
        for change in plan.changes:
            self._carry_out(change, found, progress, request=request)
        self._ready(found, progress)
        with explaining("looking at the private endpoint"):
            after = survey(self.context.clients, self.parameters, Draft(self.id, "")) or found
        # What an earlier run began and Azure has made since was not in this plan.
        settled = [change for change in self._settled(after) if change not in plan.changes]
        outcome = self._outcome(plan, after, (*settled, *plan.changes))
        self.context.journal.keep_values(outcome.values)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check every part in Azure, and read the data from this machine."""
        progress.phase("Looking at what leads to the instance")
        draft, context = Draft(self.id, ""), self.context
        with explaining("checking private access"):
            found = survey(context.clients, self.parameters, draft)
            if found is None:
                problem = draft.problems[0]
                check = Check("The instance exists", "failed", problem.message, problem.remedy)
                proof = Proof(self.id, "Private access could not be checked", (check,))
            else:
                proof = prove(context.clients, found, context.waiting, progress)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Switch public access on again if this run switched it off, then remove what it made, in the right order."""
        return undoing.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, networks, subnets, connections, and what can be done."""
        if field in LABELS:
            return [Choice(value, label) for value, label in LABELS[field].items()]
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(self.context.clients)
            if field == "connection":
                there = self._instance(values)
                return [Choice(one.name, str(one)) for one in network.connections(there)] if there else ()
            return network_survey.offer(self, field, values)

    def remark(self, field: str, values: Mapping[str, Any]) -> Remark | None:
        """Say how public access is now."""
        if field != "public_network_access" or "instance_name" in problems(self.parameters_type, values):
            return None
        with explaining("looking at the instance"):
            there = self._instance(values)
        if there is None:
            return Remark("warning", "There is no such instance that you can see.")
        return Remark("good", f"It is {network.public_access(there).lower()} now.")

    @property
    def _seconds(self) -> float:
        return float(self.parameters.timeout_minutes * 60)

    def _instance(self, values: Mapping[str, Any]) -> Any:
        clients = self.context.clients
        subscription = resources.choose_subscription(clients, self.given("subscription", values), Draft(self.id, ""))
        where = self.given("resource_group", values), self.given("instance_name", values)
        return resources.instance(clients, subscription.id, *where) if subscription else None

    def _look(self) -> tuple[Plan, Findings | None, bool]:
        draft = Draft(self.id, f"Private access to {self.parameters.instance_name}")
        draft.if_empty = "Nothing to do: everything is as asked for already."
        request = False
        with explaining("working out the plan"):
            found = survey(self.context.clients, self.parameters, draft)
            if found:
                request = draw_up(self.context.clients, found, draft)
        return draft.finish(), found, request

    def _carry_out(self, change: Change, found: Findings, progress: Progress, *, request: bool) -> None:
        """Make one change of the plan, recorded before and after."""
        self._ready(found, progress)
        text = _PHASES.get((change.action, change.kind), network_changes.phase(change)).format(change.name)
        text = "Registering the resource provider" if change.action == "register" else text
        progress.phase(text, network_changes.USUAL_SECONDS.get(change.kind, registration.USUAL_SECONDS))
        with self.context.journal.doing(self.id, change), explaining(text[0].lower() + text[1:]):
            self._make(change, found, request=request)

    def _make(self, change: Change, found: Findings, *, request: bool) -> None:
        context, seconds = self.context, self._seconds
        match change.action, change.kind:
            case "register", _:
                registration.register(context, found.subscription.id, seconds, change.name)
            case "update", _:
                assert found.chosen, "the plan has found it"
                network_changes.decide(context, found.chosen, STATUS[found.wanted.decision], seconds)
            case action, needs.BLOCK:
                value = "Disabled" if action == "create" else "Enabled"
                network_changes.set_public_access(context, found.scope, value, seconds)
            case _:
                network_changes.create(context, change, found.wiring, seconds, request=request)

    def _ready(self, found: Findings, progress: Progress) -> None:
        """Wait until Azure has stopped working on the instance."""
        phase, usual = "Waiting for an earlier change of the instance", network_changes.USUAL_SECONDS[needs.BLOCK]
        settled_instance(self.context, found.where, self._seconds, progress, phase, usual)

    def _settled(self, after: Findings) -> tuple[Change, ...]:
        """Close the changes that an interrupted run began, and that Azure has made since."""
        journal = self.context.journal
        closed: list[Change] = []
        for change in journal.unfinished(self.id).values():
            if _holds(change, after):
                closed += journal.settle(self.id, change.resource_id)
        return tuple(closed)

    def _outcome(self, plan: Plan, after: Findings, made: tuple[Change, ...]) -> Outcome:
        notes = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
        waiting = [one for one in after.connections if one.status == "Pending"]
        notes += [f"The connection of {one.endpoint} waits for somebody to approve it." for one in waiting]
        if after.public_access == "Enabled":
            notes.append("Public network access is on: clients still come in over the internet too.")
        title = f"Private access to {after.instance.name} " + ("is changed" if made else "was so already")
        tone = "warning" if plan.losses or waiting else "good"
        return Outcome(self.id, title, important_values(after), made, tuple(notes), tone)  # type: ignore[arg-type]


def _holds(change: Change, found: Findings) -> bool:
    """Tell whether what a change wanted is so."""
    if change.kind == needs.BLOCK:
        return found.public_access == ("Disabled" if change.action == "create" else "Enabled")
    if change.kind == needs.CONNECTION:
        there = next((one for one in found.connections if one.id.lower() == change.resource_id.lower()), None)
        return bool(there and change.details.endswith(there.status))
    return change.action == "create" and found.wiring.has(change.kind)
