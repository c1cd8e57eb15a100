"""Private Link for an existing instance: private endpoint, connections, DNS, and the switch for public access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...explain.translate import explaining
from ...parameters import DECISIONS, PUBLIC_ACCESS, PrivateAccessParameters
from ...record.change import Change
from ..core.context import Progress
from ..core.picture import Picture
from ..core.plan_builder import PlanBuilder
from ..core.results import Outcome, Plan, Verification
from ..core.step import Choice, Hint
from ..network import calls, changes, kinds
from ..network import survey as network_survey
from ..network.picture import draw_instance, draw_topology
from ..network.topology import connections, public_access
from ..subscription import registration
from ..subscription.existing_instance import ExistingInstanceStep
from ..subscription.kinds import PROVIDER
from ..subscription.resources import Subscription
from .checks import important_values, verify
from .plan import STATUS, Findings, draw_up, survey

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

_PHASES = {
    ("create", kinds.BLOCK.name): "Turning off public network access",
    ("delete", kinds.BLOCK.name): "Turning on public network access",
    ("update", kinds.CONNECTION.name): "Deciding on the connection of {}",
}


_NETWORK_FIELDS = ("private_endpoint_name", "virtual_network", "subnet")


class PrivateAccess(ExistingInstanceStep[PrivateAccessParameters, Findings]):
    """Gives an instance a private endpoint, decides on connections, and turns public access off or on."""

    id: ClassVar[str] = "private-access"
    title: ClassVar[str] = "Enable private access with Private Link"
    action_label: ClassVar[str] = "Save"
    parameters_type: ClassVar[type[PrivateAccessParameters]] = PrivateAccessParameters
    plan_title: ClassVar[str] = "Private access to {instance_name}"
    looking: ClassVar[str] = "Looking at private access"
    checking: ClassVar[str] = "Checking private access"
    cannot_check: ClassVar[tuple[str, str]] = ("Private access couldn't be checked", "The instance exists")
    if_empty: ClassVar[str] = "Nothing to do: everything already is as requested."
    usual_seconds: ClassVar[float] = kinds.BLOCK.usual_seconds
    switch: ClassVar[str] = "public_network_access"
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "decision": dict(zip(DECISIONS, ("Leave it as it is", "Approve", "Reject"), strict=True)),
        switch: dict(zip(PUBLIC_ACCESS, ("Leave it as it is", "Enabled", "Disabled"), strict=True)),
    }

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Say whether the instance has the connection that's named."""
        named = self.given("connection", values)
        if field != "connection" or not named:
            return super().hint(field, values)
        with explaining("looking at the instance"):
            there = self._instance(values)
        mine = connections(there) if there else []
        if found := next((one for one in mine if one.is_named(named)), None):
            return Hint("good", f"It's {found.status} now.")
        known = ", ".join(map(str, mine)) or "none"
        return Hint("warning", f"The instance has no connection {named!r}. It has: {known}.") if there else None

    def _is_offered(self, field: str) -> bool:
        return field in ("connection", *_NETWORK_FIELDS) or super()._is_offered(field)

    def _offer(self, field: str, values: Mapping[str, Any], subscription: Subscription) -> Sequence[Choice]:
        if field == "connection":
            there = self._instance(values)
            return [Choice(one.name, str(one)) for one in connections(there)] if there else ()
        if field in _NETWORK_FIELDS:
            return network_survey.offer(self, field, values, subscription)
        return super()._offer(field, values, subscription)

    def _now(self, instance: DigitalTwinsDescription) -> str:
        return f"It's {public_access(instance).lower()} now."

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        return survey(self.context.clients, self.parameters, builder)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        return draw_up(self.context.clients, found, builder)

    def _depict(self, found: Findings, plan: Plan, picture: Picture) -> None:
        draw_instance(picture, found.subscription.name, found.instance)
        draw_topology(picture, found.topology)

    def _await_earlier(self, found: Findings, progress: Progress) -> None:
        changes.settle(self.context, found.topology, self.seconds, progress)

    def _phase(self, change: Change) -> tuple[str, float]:
        if change.action == "register":
            return "Registering the resource provider", PROVIDER.usual_seconds
        text = _PHASES.get((change.action, change.kind), changes.phase(change))
        return text.format(change.name), changes.usual_seconds(change)

    def _make(self, change: Change, found: Findings, doing: str) -> None:
        context, seconds = self.context, self.seconds
        match change.action, change.kind:
            case "register", _:
                return registration.register(context, found.subscription.id, seconds, change.name)
            case "update", _:
                assert found.chosen, "the plan has found it"
                call = calls.decide(found.chosen, STATUS[found.wanted.decision])
            case action, kinds.BLOCK.name:
                call = calls.set_public_access(found.scope, "Disabled" if action == "create" else "Enabled")
            case _:
                return changes.create(context, change, found.topology, seconds, request=found.asks)
        context.waiting.finish(call.bound(context.clients), seconds=seconds, doing=doing)
        return None

    def _outcome(self, plan: Plan, after: Findings, made: tuple[Change, ...]) -> Outcome:
        notes = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
        waiting = [one for one in after.connections if one.status == "Pending"]
        notes += [f"The connection of {one.endpoint} is waiting for someone to approve it." for one in waiting]
        if after.public_access == "Enabled":
            notes.append("Public network access is on, so clients can still connect over the internet too.")
        title = f"Private access to {after.instance.name} {'has changed' if made else 'already was as requested'}"
        tone = "warning" if plan.losses or waiting else "good"
        return Outcome(self.id, title, important_values(after), made, tuple(notes), tone)  # type: ignore[arg-type]

    def _check(self, found: Findings, progress: Progress) -> Verification:
        return verify(self.context.clients, found, self.context.waiting, progress)
