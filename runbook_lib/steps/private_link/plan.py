"""What changing an instance's private access would do, who would lose access, and what's in the way."""

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
"""A connection's status by the decision."""


@dataclass(frozen=True)
class Findings(ExistingInstance[PrivateAccessParameters]):
    """What exists."""

    topology: Topology
    connections: Sequence[Connection]
    asks: bool = False
    """Whether a new private endpoint waits for someone's approval."""

    @property
    def own(self) -> Connection | None:
        """The connection of the named private endpoint."""
        return next((one for one in self.connections if one.is_named(self.topology.endpoint_id)), None)

    @property
    def chosen(self) -> Connection | None:
        """The connection to decide on."""
        named = self.wanted.connection
        return next((one for one in self.connections if one.is_named(named)), None) if named else self.own

    @property
    def public_access(self) -> str:
        """Enabled or Disabled."""
        return public_access(self.instance)

    @property
    def block_id(self) -> str:
        """The journal's id for blocked public access, for which Azure has none."""
        return f"{self.scope}/publicNetworkAccess"


def survey(clients: Clients, wanted: PrivateAccessParameters, builder: PlanBuilder) -> Findings | None:
    """Look at the instance and everything that leads to it; None if the instance isn't clear or usable."""
    there = find(clients, wanted, builder)
    if there is None:
        return None
    topology = network_survey.survey(clients, wanted, there.scope, str(there.instance.location), builder.run_id)
    return Findings(wanted, there.subscription, there.instance, topology, connections(there.instance))


def draw_up(clients: Clients, found: Findings, builder: PlanBuilder) -> Findings:
    """Add what would change, who would lose access, and what's in the way to the plan.

    Return the findings, with whether a new private endpoint waits for someone's approval.
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
        plan.request(parts)
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
        """Show what it is now, and what you want."""
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
                self.builder.notes.append(f"The connection of {one.endpoint} can't be used until someone approves it.")

    def request(self, parts: TopologyPlan) -> None:
        """Say that a connection that is there already isn't requested again."""
        topology = self.found.topology
        if not parts.requested or not topology.endpoint:
            return
        there = [one for one in self.found.connections if one.endpoint == name_of(topology.endpoint_id)]
        for one in there:
            if one.status != "Pending":
                self.builder.notes.append(
                    f"The connection of {one.endpoint} is {one.status} already. request_approval is for a new private "
                    "endpoint and changes nothing here."
                )

    def decide(self) -> None:
        """Approve or reject the connection, unless it already is."""
        wanted, chosen = self.found.wanted, self.found.chosen
        if wanted.decision == "keep":
            return
        if chosen is None:
            self._no_connection()
        elif chosen.status == STATUS[wanted.decision]:
            if not chosen.settled:
                self._decide(chosen, chosen.status)
        elif chosen.status in ("Rejected", "Disconnected"):
            if wanted.decision == "reject":
                return
            self.builder.refuse(
                "decision",
                f"The connection of {chosen.endpoint} is {chosen.status} and can't be approved.",
                meaning=f"{NO_SECOND_CHANCE} (Azure answers 400 BadRequest, PrivateEndpointBadRequestException.)",
                remedy=f"Delete the private endpoint {chosen.endpoint}, then run this again to make a new one.",
            )
        else:
            self._decide(chosen, STATUS[wanted.decision])

    def switch(self, *, comes_in: bool) -> None:
        """Turn public access on or off; `comes_in` tells whether a new private endpoint lets clients in."""
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
        """Ask for consent if anyone loses access."""
        if not self.builder.losses:
            return
        off = any(loss.kind == kinds.BLOCK.name for loss in self.builder.losses)
        refused = [loss.name for loss in self.builder.losses if loss.kind == kinds.CONNECTION.name]
        parts = [
            *([f"the connection of {', '.join(refused)} will be rejected for good"] if refused else []),
            *(["public network access will be turned off"] if off else []),
        ]
        self.builder.confirmation = f"{self.found.instance.name}: {' and '.join(parts)}."

    def _shut_out(self, comes_in: bool) -> None:
        inside = [one.endpoint for one in self._approved()]
        if comes_in:
            inside.append(name_of(self.found.topology.endpoint_id))
        effect = (
            f"every client that doesn't connect through {', '.join(inside)} gets 403 for all data, whatever its role"
            if inside
            else "nobody can reach the data: no private endpoint has an approved connection"
        )
        effect += ". You can still manage the instance, and turn public access on again."
        self.builder.losses.append(Loss(kinds.BLOCK.name, str(self.found.instance.name), effect))

    def _approved(self) -> list[Connection]:
        """Return the connections that will be approved after this plan."""
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
            effect = f"clients that use it lose access. {NO_SECOND_CHANCE}"
            self.builder.losses.append(Loss(kinds.CONNECTION.name, chosen.endpoint, effect))

    def _no_connection(self) -> None:
        wanted = self.found.wanted
        known = ", ".join(map(str, self.found.connections)) or "none"
        coming = not wanted.connection and any(c.kind == kinds.PRIVATE_ENDPOINT.name for c in self.builder.changes)
        field = "connection" if wanted.connection else "decision"
        self.builder.wrong(
            field,
            f"There is no connection to {wanted.decision} yet.",
            meaning=f"The instance has these: {known}." + (" This run creates the new one." if coming else ""),
            remedy="Leave decision at keep for this run, and decide in the next one."
            if coming
            else "Name one of these, or create the private endpoint first.",
        )

    def _permit(self, needed: RequiredPermission, field: str, command: str) -> None:
        self.builder.permit(self.may, needed, self.found.scope, field=field, command=command)
