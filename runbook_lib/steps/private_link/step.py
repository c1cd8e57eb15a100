"""Private Link for an instance that is there: private endpoint, connections, DNS, and the switch of public access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...explain.translate import explaining
from ...parameters import DECISIONS, PUBLIC_ACCESS, PrivateAccessParameters, problems
from ...record.change import Change
from ..clean_up import undo as clean_up_undo
from ..core import kinds
from ..core.plan_builder import Draft
from ..core.results import Outcome, Plan, Proof, Undone
from ..core.step import Choice, Progress, Remark, Silent
from ..network import calls, changes, topology
from ..network import survey as network_survey
from ..subscription import registration, resources
from ..subscription.existing_instance import ExistingInstanceStep
from .checks import important_values, prove
from .plan import STATUS, Findings, draw_up, survey

LABELS = {
    "decision": dict(zip(DECISIONS, ("Leave it as it is", "Approve", "Reject"), strict=True)),
    "public_network_access": dict(zip(PUBLIC_ACCESS, ("Leave it as it is", "Enabled", "Disabled"), strict=True)),
}
_PHASES = {
    ("create", kinds.BLOCK): "Switching public network access off",
    ("delete", kinds.BLOCK): "Switching public network access on",
    ("update", kinds.CONNECTION): "Deciding about the connection of {}",
}


class PrivateAccess(ExistingInstanceStep[PrivateAccessParameters, Findings]):
    """Gives an instance a private endpoint, decides about connections, and switches public access off or on."""

    id: ClassVar[str] = "private-access"
    title: ClassVar[str] = "Enable private access with Private Link"
    action_label: ClassVar[str] = "Save"
    parameters_type: ClassVar[type[PrivateAccessParameters]] = PrivateAccessParameters
    subject: ClassVar[str] = "private access"
    plan_title: ClassVar[str] = "Private access to {}"
    if_empty: ClassVar[str] = "Nothing to do: everything is as asked for already."
    usual_seconds: ClassVar[float] = changes.USUAL_SECONDS[kinds.BLOCK]

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Switch public access on again if this run switched it off, then remove what it made, in the right order."""
        return clean_up_undo.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, networks, subnets, connections, and what can be done."""
        if field in LABELS:
            return [Choice(value, label) for value, label in LABELS[field].items()]
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(self.context.clients)
            if field == "connection":
                there = self._instance(values)
                return [Choice(one.name, str(one)) for one in topology.connections(there)] if there else ()
            return network_survey.offer(self, field, values)

    def remark(self, field: str, values: Mapping[str, Any]) -> Remark | None:
        """Say how public access is now."""
        if field != "public_network_access" or "instance_name" in problems(self.parameters_type, values):
            return None
        with explaining("looking at the instance"):
            there = self._instance(values)
        if there is None:
            return Remark("warning", "There is no such instance that you can see.")
        return Remark("good", f"It is {topology.public_access(there).lower()} now.")

    def _survey(self, draft: Draft) -> Findings | None:
        return survey(self.context.clients, self.parameters, draft)

    def _draw_up(self, found: Findings, draft: Draft) -> Findings:
        return draw_up(self.context.clients, found, draft)

    def _await_earlier(self, found: Findings, progress: Progress) -> None:
        changes.settle(self.context, found.wiring, self._seconds, progress)

    def _phase(self, change: Change) -> tuple[str, float]:
        if change.action == "register":
            return "Registering the resource provider", registration.USUAL_SECONDS
        text = _PHASES.get((change.action, change.kind), changes.phase(change))
        return text.format(change.name), changes.USUAL_SECONDS[change.kind]

    def _make(self, change: Change, found: Findings, doing: str) -> None:
        context, seconds = self.context, self._seconds
        match change.action, change.kind:
            case "register", _:
                return registration.register(context, found.subscription.id, seconds, change.name)
            case "update", _:
                assert found.chosen, "the plan has found it"
                call = calls.decide(found.chosen, STATUS[found.wanted.decision])
            case action, kinds.BLOCK:
                call = calls.set_public_access(found.scope, "Disabled" if action == "create" else "Enabled")
            case _:
                return changes.create(context, change, found.wiring, seconds, request=found.asks)
        context.waiting.finish(call.bound(context.clients), seconds=seconds, doing=doing)
        return None

    def _outcome(self, plan: Plan, after: Findings, made: tuple[Change, ...]) -> Outcome:
        notes = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
        waiting = [one for one in after.connections if one.status == "Pending"]
        notes += [f"The connection of {one.endpoint} waits for somebody to approve it." for one in waiting]
        if after.public_access == "Enabled":
            notes.append("Public network access is on: clients still come in over the internet too.")
        title = f"Private access to {after.instance.name} " + ("is changed" if made else "was so already")
        tone = "warning" if plan.losses or waiting else "good"
        return Outcome(self.id, title, important_values(after), made, tuple(notes), tone)  # type: ignore[arg-type]

    def _holds(self, change: Change, after: Findings) -> bool:
        if change.kind == kinds.BLOCK:
            return after.public_access == ("Disabled" if change.action == "create" else "Enabled")
        if change.kind == kinds.CONNECTION:
            there = next((one for one in after.connections if one.id.lower() == change.resource_id.lower()), None)
            return bool(there and change.details.endswith(there.status))
        return change.action == "create" and after.wiring.has(change.kind)

    def _prove(self, found: Findings, progress: Progress) -> Proof:
        return prove(self.context.clients, found, self.context.waiting, progress)
