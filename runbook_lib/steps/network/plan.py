"""What giving an instance a private endpoint would create, and what's in its way."""

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
from .topology import NAMESPACE, SUB_RESOURCE, SUBNET_LENGTH, Topology, lies_within

COST = (
    "On Azure you pay for a private endpoint by the hour and for a private DNS zone by the month. 06-clean-up removes "
    "both."
)
NO_SECOND_CHANCE = "Once a connection is rejected, you can't approve it. You need a new private endpoint."
_PARTS = (kinds.NETWORK, kinds.SUBNET, kinds.PRIVATE_ENDPOINT)
_NAMES = (kinds.ZONE, kinds.ZONE_LINK, kinds.ZONE_GROUP)


@dataclass(frozen=True)
class TopologyPlan:
    """Adds the missing parts to a plan, in the order in which you have to create them."""

    subscription: Subscription
    """The instance's subscription, where its private endpoint and a new zone go too."""
    topology: Topology
    builder: PlanBuilder
    may: Permissions
    places: Places
    """What exists: maybe not yet the instance and its resource group."""
    requested: bool = False
    """Whether you want to request the connection, for someone else to approve."""

    def describe(self) -> None:
        """Show what you want."""
        topology = self.topology
        self.builder.choices += [
            ("Private endpoint", name_of(topology.endpoint_id)),
            ("Target sub-resource", SUB_RESOURCE),
            ("Virtual network", name_of(topology.network_id)),
            ("Subnet", name_of(topology.subnet_id)),
            ("Private DNS zone", (topology.asked_zone_id or topology.zone_name) if topology.dns else "none"),
        ]

    def draw_up(self) -> None:
        """Add what would be created, and what's in its way."""
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
                "Without the private DNS zone, the host name resolves to the public address even inside the virtual "
                "network. Once public access is off, clients there are refused too."
            )

    def _name_what_stays(self) -> None:
        """Say which choices change nothing because the parts already exist."""
        topology, notes = self.topology, self.builder.notes
        network = name_of(topology.network_id)
        if topology.endpoint and topology.asked_subnet_id.lower() != topology.subnet_id.lower():
            notes.append(
                f"The private endpoint {name_of(topology.endpoint_id)} already exists in the subnet "
                f"{name_of(topology.subnet_id)} of {network}. It can't move. For another one, use another name."
            )
        elif topology.network and not lies_within(topology.address_range, topology.space):
            there = ", ".join(topology.space)
            notes.append(f"The network {network} already exists with {there}. {topology.address_range} isn't used.")
        if topology.zone_group and not topology.dns:
            notes.append("The host name stays in the private DNS zone: existing names aren't removed.")

    def _is_of_cloud(self, zone_id: str) -> bool:
        return name_of(zone_id).lower() == self.builder.cloud.private_zone

    def _conflicts(self) -> bool:
        """Add what makes the private endpoint impossible or useless; tell whether anything does."""
        topology, name = self.topology, name_of(self.topology.endpoint_id)
        if topology.endpoint and topology.target_id.lower() != topology.instance_id.lower():
            self.builder.wrong(
                "private_endpoint_name",
                f"The private endpoint {name!r} leads to another resource.",
                meaning=f"It already exists, for {topology.target_id}, and can't change its target.",
                remedy="Choose another name.",
            )
        elif topology.dns and topology.asked_zone_id and not self._is_of_cloud(topology.asked_zone_id):
            zone = self.builder.cloud.private_zone
            self.builder.wrong(
                "private_dns_zone",
                f"{topology.asked_zone_id} is a zone of another cloud.",
                meaning=f"In {self.builder.cloud.title}, instances have their private names in {zone}.",
                remedy=f"Give the id of a zone {zone}, or leave private_dns_zone empty.",
            )
        elif topology.dns and topology.asked_zone_id and not topology.zone:
            self.builder.wrong(
                "private_dns_zone",
                f"You can't see the private DNS zone {topology.asked_zone_id}.",
                meaning="It doesn't exist, or you have no role that lets you see it (Reader is enough).",
                remedy="Correct the resource id, or leave private_dns_zone empty.",
            )
        elif topology.dns and topology.other_zones:
            self.builder.wrong(
                "private_dns_zone",
                f"The private endpoint {name!r} keeps its name in another zone.",
                meaning=f"It's {', '.join(topology.other_zones)}. An endpoint can have only one zone group.",
                remedy="Choose that zone, or remove the zone group first: the endpoint's page DNS configuration.",
            )
        elif not topology.subnet and not topology.subnet_range:
            self.builder.wrong(
                "subnet",
                f"The virtual network {name_of(topology.network_id)!r} has no room for a new subnet.",
                meaning=f"Its subnets use all its addresses. A new one needs a /{SUBNET_LENGTH}.",
                remedy="Choose one of its subnets, or add addresses to the network.",
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
        details += ", as a request that someone has to approve" if asks else ", approved at once"
        recipe = self._add(kinds.PRIVATE_ENDPOINT, topology.endpoint_id, details, "private_endpoint_name", request=asks)
        if asks and not self.requested:
            scope = self.places.nearest("instance")
            self.builder.permit(self.may, kinds.APPROVE_CONNECTION, scope, command=recipe.command, blocking=False)
            self.builder.notes.append(
                "You aren't allowed to approve the connection. It's requested, and someone else has to approve it."
            )

    @property
    def asks(self) -> bool:
        """Whether a new connection is a request: because you want that, or can't approve it."""
        scope = self.places.nearest("instance")
        return self.requested or self.may.may(kinds.APPROVE_CONNECTION.action, scope).answer == "no"

    def _names(self) -> None:
        topology = self.topology
        if not topology.has(kinds.ZONE.name):
            self._add(kinds.ZONE, topology.zone_id, "keeps the private names", "private_dns")
        if not topology.has(kinds.ZONE_LINK.name):
            details = f"lets {name_of(topology.network_id)} use the zone"
            self._add(kinds.ZONE_LINK, topology.link_id, details, "private_dns")
        if not topology.has(kinds.ZONE_GROUP.name):
            self._add(kinds.ZONE_GROUP, topology.zone_group_id, "keeps the host name in the zone", "private_dns")

    def _add(self, kind: Kind, resource_id: str, details: str, field: str, *, request: bool = False) -> Recipe:
        """Add the change that creates a part, with the permissions that it takes: a request needs no approval."""
        recipe = recipes.part(kind.name, resource_id, self.topology, request=request)
        self.builder.add(Change("create", kind.name, name_of(resource_id), resource_id, details), recipe)
        referred = self._referred(resource_id)
        for needed in kind.permissions["create"]:
            if not (request and needed == kinds.APPROVE_CONNECTION):
                self._permit(needed, referred.get(needed) or self._near(resource_id), field, recipe.command)
        return recipe

    def _referred(self, resource_id: str) -> Mapping[RequiredPermission, str]:
        """Return the scopes where Azure checks actions on what a part refers to."""
        topology = self.topology
        return {
            kinds.APPROVE_CONNECTION: self.places.nearest("instance"),
            kinds.JOIN_SUBNET: topology.subnet_id if topology.subnet else self._near(topology.subnet_id),
            kinds.JOIN_NETWORK: topology.network_id if topology.network else self._near(topology.network_id),
            kinds.JOIN_ZONE: topology.zone_id if topology.zone else self._near(topology.zone_id),
        }

    def _near(self, resource_id: str) -> str:
        """Return the lowest existing scope around a part: its resource group, or if ours is missing, what's above."""
        group, ours = group_scope_of(resource_id), group_scope_of(self.topology.instance_id)
        return self.places.nearest("group") if group.lower() == ours.lower() else group

    def _permit(self, needed: RequiredPermission, scope: str, field: str, command: str) -> None:
        known = {(problem.action, problem.scope.lower()) for problem in self.builder.problems}
        if (needed.action, scope.lower()) not in known:
            self.builder.permit(self.may, needed, scope, field=field, command=command)
