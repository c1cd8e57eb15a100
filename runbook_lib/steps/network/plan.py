"""What giving an instance a private endpoint would make, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...azure.permissions import Permissions
from ...azure.resource_ids import group_scope_of, name_of
from ...record.change import Change
from ..core.kinds import Kind, Places, RequiredPermission
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Recipe
from ..subscription import registration
from ..subscription.resources import Subscription
from . import kinds, recipes
from .topology import NAMESPACE, SUB_RESOURCE, SUBNET_LENGTH, ZONE_NAME, Topology, lies_within

COST = (
    "On Azure a private endpoint is billed by the hour and a private DNS zone by the month; 06-clean-up removes both."
)
NO_SECOND_CHANCE = "Azure does not approve a connection that was rejected. It takes a new private endpoint."
_PARTS = (kinds.NETWORK, kinds.SUBNET, kinds.PRIVATE_ENDPOINT)
_NAMES = (kinds.ZONE, kinds.ZONE_LINK, kinds.ZONE_GROUP)


@dataclass(frozen=True)
class TopologyPlan:
    """Writes the parts that are missing into a plan, in the order in which they have to be made."""

    subscription: Subscription
    """That of the instance, in which its private endpoint and the zone are made too."""
    topology: Topology
    builder: PlanBuilder
    may: Permissions
    places: Places
    """What exists already: instance and resource group may still have to be made."""
    requested: bool = False
    """Whether the connection is to be a request, for somebody else to approve."""

    def describe(self) -> None:
        """Say what is wanted."""
        topology = self.topology
        self.builder.choices += [
            ("Private endpoint", name_of(topology.endpoint_id)),
            ("Target sub-resource", SUB_RESOURCE),
            ("Virtual network", name_of(topology.network_id)),
            ("Subnet", name_of(topology.subnet_id)),
            ("Private DNS zone", ZONE_NAME if topology.dns else "none"),
        ]

    def draw_up(self) -> None:
        """Write down what would be made, and what stands in its way."""
        if self._conflicts():
            return
        before = len(self.builder.changes)
        if not all(self.topology.has(kind.name) for kind in (*_PARTS, *(_NAMES if self.topology.dns else ()))):
            registration.add_registration(self.may, self.subscription, self.builder, NAMESPACE)
        self._network()
        self._endpoint()
        if self.topology.dns:
            self._names()
        made = self.builder.changes[before:]
        if any(change.kind in (kinds.PRIVATE_ENDPOINT.name, kinds.ZONE.name) for change in made):
            self.builder.notes.append(COST)
        self._name_what_stays()
        if not self.topology.dns and not self.topology.zone_group:
            self.builder.notes.append(
                "Without the private DNS zone the host name leads to the public address, also inside the virtual "
                "network: clients there are refused once public access is off."
            )

    def _name_what_stays(self) -> None:
        """Say which choices change nothing, because the parts that they are about are there."""
        topology, notes = self.topology, self.builder.notes
        network = name_of(topology.network_id)
        if topology.endpoint and topology.asked_subnet_id.lower() != topology.subnet_id.lower():
            notes.append(
                f"The private endpoint {name_of(topology.endpoint_id)} is there already, in subnet "
                f"{name_of(topology.subnet_id)} of {network}. It cannot move; another name makes another one."
            )
        elif topology.network and not lies_within(topology.address_range, topology.space):
            there = ", ".join(topology.space)
            notes.append(f"The network {network} is there already, with {there}: {topology.address_range} is not used.")
        if topology.zone_group and not topology.dns:
            notes.append("The host name stays in the private DNS zone: names that are there are not removed.")

    def _conflicts(self) -> bool:
        """Note what makes the private endpoint impossible or useless; say whether there is any."""
        topology, name = self.topology, name_of(self.topology.endpoint_id)
        if topology.endpoint and topology.target_id.lower() != topology.instance_id.lower():
            self.builder.wrong(
                "private_endpoint_name",
                f"The private endpoint {name!r} leads to another resource.",
                meaning=f"It is there already, for {topology.target_id}, and cannot be led elsewhere.",
                remedy="Choose another name.",
            )
        elif not topology.subnet and not topology.subnet_range:
            self.builder.wrong(
                "subnet",
                f"The virtual network {name_of(topology.network_id)!r} has no room for a new subnet.",
                meaning=f"All its addresses lie in subnets; a new one takes a /{SUBNET_LENGTH}.",
                remedy="Name one of its subnets, or add addresses to the network.",
            )
        else:
            return False
        return True

    def _network(self) -> None:
        topology = self.topology
        if not topology.has(kinds.NETWORK.name):
            details = f"{topology.address_range} in {topology.region}"
            self._add(kinds.NETWORK, topology.network_id, details, "virtual_network")
        if not topology.has(kinds.SUBNET.name):
            details = f"{topology.subnet_range} in {name_of(topology.network_id)}"
            self._add(kinds.SUBNET, topology.subnet_id, details, "subnet")

    def _endpoint(self) -> None:
        topology = self.topology
        if topology.has(kinds.PRIVATE_ENDPOINT.name):
            return
        asks = self.asks
        details = f"to {name_of(topology.instance_id)}, sub-resource {SUB_RESOURCE}"
        details += ", as a request that somebody has to approve" if asks else ", approved at once"
        recipe = self._add(kinds.PRIVATE_ENDPOINT, topology.endpoint_id, details, "private_endpoint_name", request=asks)
        if asks and not self.requested:
            self._cannot_approve(recipe.command)

    @property
    def asks(self) -> bool:
        """Whether a new connection is a request: wanted so, or because the account may not approve it."""
        return (
            self.requested
            or self.may.may(kinds.APPROVE_CONNECTION.action, self.places.nearest("instance")).answer == "no"
        )

    def _cannot_approve(self, command: str) -> None:
        scope = self.places.nearest("instance")
        self.builder.permit(self.may, kinds.APPROVE_CONNECTION, scope, command=command, blocking=False)
        self.builder.notes.append(
            "You are not allowed to approve the connection, so it is requested, and waits for somebody."
        )

    def _names(self) -> None:
        topology = self.topology
        if not topology.has(kinds.ZONE.name):
            self._add(kinds.ZONE, topology.zone_id, "keeps the private names", "private_dns")
        if not topology.has(kinds.ZONE_LINK.name):
            details = f"lets {name_of(topology.network_id)} ask the zone"
            self._add(kinds.ZONE_LINK, topology.link_id, details, "private_dns")
        if not topology.has(kinds.ZONE_GROUP.name):
            self._add(kinds.ZONE_GROUP, topology.zone_group_id, "keeps the host name in the zone", "private_dns")

    def _add(self, kind: Kind, resource_id: str, details: str, field: str, *, request: bool = False) -> Recipe:
        """Add what makes a part, with the permissions that it takes: a request needs none to approve it."""
        recipe = recipes.part(kind.name, resource_id, self.topology, request=request)
        self.builder.add(Change("create", kind.name, name_of(resource_id), resource_id, details), recipe)
        referred = self._referred(resource_id)
        for needed in kind.permissions["create"]:
            if not (request and needed == kinds.APPROVE_CONNECTION):
                self._permit(needed, referred.get(needed) or self._near(resource_id), field, recipe.command)
        return recipe

    def _referred(self, resource_id: str) -> Mapping[RequiredPermission, str]:
        """Return where Azure asks for actions on what a part refers to; empty where that is still to be made."""
        topology = self.topology
        return {
            kinds.APPROVE_CONNECTION: self.places.nearest("instance"),
            kinds.JOIN_SUBNET: topology.subnet_id if topology.subnet else self._near(topology.subnet_id),
            kinds.JOIN_NETWORK: topology.network_id if topology.network else self._near(topology.network_id),
            kinds.JOIN_ZONE: topology.zone_id if topology.zone else self._near(topology.zone_id),
        }

    def _near(self, resource_id: str) -> str:
        """Return the lowest scope that exists around a part: its resource group, or what stands for ours."""
        group, ours = group_scope_of(resource_id), group_scope_of(self.topology.instance_id)
        return self.places.nearest("group") if group.lower() == ours.lower() else group

    def _permit(self, needed: RequiredPermission, scope: str, field: str, command: str) -> None:
        known = {(problem.action, problem.scope.lower()) for problem in self.builder.problems}
        if (needed.action, scope.lower()) not in known:
            self.builder.permit(self.may, needed, scope, field=field, command=command)
