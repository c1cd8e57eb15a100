"""What changing the private access of an instance would do, who would lose their way in, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...azure.resource_ids import group_scope_of, name_of
from ...parameters import PrivateAccessParameters
from ...record.change import Change
from ..core.kinds import Places, RequiredPermission
from ..core.plan_builder import PlanBuilder
from ..core.results import Loss
from ..network import kinds, recipes
from ..network import survey as network_survey
from ..network.plan import NO_SECOND_CHANCE, TopologyPlan
from ..network.topology import Connection, Topology, connections, public_access
from ..subscription.existing_instance import ExistingInstance, find

STATUS = {"approve": "Approved", "reject": "Rejected"}
"""What a decision makes of a connection."""


@dataclass(frozen=True)
class Findings(ExistingInstance[PrivateAccessParameters]):
    """What is there."""

    topology: Topology
    connections: Sequence[Connection]
    asks: bool = False
    """Whether a private endpoint that is made waits for somebody's approval."""

    @property
    def own(self) -> Connection | None:
        """The connection of the private endpoint that is named."""
        return next((one for one in self.connections if one.is_named(self.topology.endpoint_id)), None)

    @property
    def chosen(self) -> Connection | None:
        """The connection to decide about."""
        named = self.wanted.connection
        return next((one for one in self.connections if one.is_named(named)), None) if named else self.own

    @property
    def public_access(self) -> str:
        """Enabled or Disabled."""
        return public_access(self.instance)

    @property
    def block_id(self) -> str:
        """Name for the journal of public access that is off: Azure gives it no id of its own."""
        return f"{self.scope}/publicNetworkAccess"


def survey(clients: Clients, wanted: PrivateAccessParameters, builder: PlanBuilder) -> Findings | None:
    """Look at the instance and at all that leads to it; None when the instance is not clear, or not usable."""
    there = find(clients, wanted, builder)
    if there is None:
        return None
    topology = network_survey.survey(clients, wanted, there.scope, str(there.instance.location), builder.run_id)
    return Findings(wanted, there.subscription, there.instance, topology, connections(there.instance))


def draw_up(clients: Clients, found: Findings, builder: PlanBuilder) -> Findings:
    """Write down what would change, who would be shut out, and what stands in the way.

    Return the findings, with whether a private endpoint that is made waits for somebody's approval.
    """
    may, group = Permissions(clients), group_scope_of(found.scope)
    places = Places(found.subscription.scope, group, found.scope)
    wanted = found.wanted
    parts = TopologyPlan(found.subscription, found.topology, builder, may, places, wanted.request_approval)
    plan = _Plan(found, builder, may)
    parts.describe()
    plan.describe()
    if wanted.create_private_endpoint:
        parts.draw_up()
    plan.decide()
    plan.switch(comes_in=any(c.kind == kinds.PRIVATE_ENDPOINT.name for c in builder.changes) and not parts.asks)
    plan.confirm()
    return replace(found, asks=parts.asks)


@dataclass(frozen=True)
class _Plan:
    found: Findings
    builder: PlanBuilder
    may: Permissions

    def describe(self) -> None:
        """Say how it is now, and what is wanted of it."""
        found, wanted = self.found, self.found.wanted
        as_it_is = {"keep": "leave it as it is"}
        self.builder.choices += [
            ("Connections, now", ", ".join(map(str, found.connections)) or "none"),
            ("Decision", as_it_is.get(wanted.decision, f"{wanted.decision} {wanted.connection}".strip())),
            ("Public network access, now", found.public_access),
            ("Public network access, wanted", as_it_is.get(wanted.public_network_access, wanted.public_network_access)),
        ]
        for one in found.connections:
            if one.status == "Pending" and wanted.decision == "keep":
                self.builder.notes.append(f"The connection of {one.endpoint} waits for approval: nobody comes through.")

    def decide(self) -> None:
        """Approve or reject the connection, when it is not so already."""
        wanted, chosen = self.found.wanted, self.found.chosen
        if wanted.decision == "keep":
            return
        if chosen is None:
            self._no_connection()
        elif chosen.status in ("Rejected", "Disconnected"):
            if wanted.decision == "reject":
                return
            self.builder.refuse(
                "decision",
                f"The connection of {chosen.endpoint} is {chosen.status} and cannot be approved.",
                meaning=f"{NO_SECOND_CHANCE} (Azure answers 400 BadRequest, PrivateEndpointBadRequestException.)",
                remedy=f"Delete the private endpoint {chosen.endpoint}, then run this again to make a new one.",
            )
        elif chosen.status != (status := STATUS[wanted.decision]):
            self._decide(chosen, status)

    def switch(self, *, comes_in: bool) -> None:
        """Switch public access on or off; `comes_in` says that a private endpoint is made that lets clients in."""
        wanted, found = self.found.wanted.public_network_access, self.found
        if wanted == "keep" or wanted == found.public_access.lower():
            return
        value = wanted.title()
        details = f"public network access: {found.public_access} becomes {value}"
        action = "create" if wanted == "disabled" else "delete"
        name = str(found.instance.name)
        recipe = recipes.public_access(found.scope, value)
        self.builder.add(Change(action, kinds.BLOCK.name, name, found.block_id, details), recipe)  # type: ignore[arg-type]
        self._permit(kinds.WRITE_INSTANCE, "public_network_access", recipe.command)
        if wanted == "disabled":
            self._shut_out(comes_in)

    def confirm(self) -> None:
        """Ask for agreement when somebody loses the way in."""
        if not self.builder.losses:
            return
        off = any(loss.kind == kinds.BLOCK.name for loss in self.builder.losses)
        refused = [loss.name for loss in self.builder.losses if loss.kind == kinds.CONNECTION.name]
        parts = [
            *([f"the connection of {', '.join(refused)} is rejected for good"] if refused else []),
            *(["public network access is switched off"] if off else []),
        ]
        self.builder.confirmation = f"{self.found.instance.name}: {' and '.join(parts)}."

    def _shut_out(self, comes_in: bool) -> None:
        inside = [one.endpoint for one in self._approved()]
        if comes_in:
            inside.append(name_of(self.found.topology.endpoint_id))
        effect = (
            f"every client that does not come through {', '.join(inside)} gets 403 for all data, whatever its role"
            if inside
            else "nobody reaches the data any more: there is no private endpoint whose connection is approved"
        )
        effect += ". Managing the instance goes on working, and public access can be switched on again."
        self.builder.losses.append(Loss(kinds.BLOCK.name, str(self.found.instance.name), effect))

    def _approved(self) -> list[Connection]:
        """Return the connections that are approved once this plan is carried out."""
        chosen, wanted = self.found.chosen, self.found.wanted.decision
        after = {one.id: one.status for one in self.found.connections}
        if chosen and wanted != "keep":
            after[chosen.id] = STATUS[wanted]
        return [one for one in self.found.connections if after[one.id] == "Approved"]

    def _decide(self, chosen: Connection, status: str) -> None:
        recipe = recipes.decision(chosen, status)
        details = f"connection {chosen.name}: {chosen.status} becomes {status}"
        self.builder.add(Change("update", kinds.CONNECTION.name, chosen.endpoint, chosen.id, details), recipe)
        for needed in kinds.CONNECTION.permissions["update"]:
            self._permit(needed, "decision", recipe.command)
        if status == "Rejected":
            effect = f"whoever comes through it is shut out. {NO_SECOND_CHANCE}"
            self.builder.losses.append(Loss(kinds.CONNECTION.name, chosen.endpoint, effect))

    def _no_connection(self) -> None:
        wanted = self.found.wanted
        known = ", ".join(map(str, self.found.connections)) or "none"
        coming = not wanted.connection and any(c.kind == kinds.PRIVATE_ENDPOINT.name for c in self.builder.changes)
        field = "connection" if wanted.connection else "decision"
        self.builder.wrong(
            field,
            f"There is no connection to {wanted.decision} yet.",
            meaning=f"The instance has these: {known}." + (" The one to come is made in this run." if coming else ""),
            remedy="Leave decision at keep for this run, and decide in the next one."
            if coming
            else "Name one of these, or create the private endpoint first.",
        )

    def _permit(self, needed: RequiredPermission, field: str, command: str) -> None:
        self.builder.permit(self.may, needed, self.found.scope, field=field, command=command)
