"""What giving an instance a private endpoint would make, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...record.change import Change
from ..core import kinds
from ..core.kinds import NEEDS, Places
from ..core.plan_builder import Draft, not_permitted
from ..core.recipes import Way
from ..subscription import registration, resources
from ..subscription.resources import Subscription
from . import recipes, topology
from .topology import Wiring, name_of

COST = (
    "On Azure a private endpoint is billed by the hour and a private DNS zone by the month; 06-clean-up removes both."
)
NO_SECOND_CHANCE = "Azure does not approve a connection that was rejected. It takes a new private endpoint."
_PARTS = (kinds.NETWORK, kinds.SUBNET, kinds.PRIVATE_ENDPOINT)
_NAMES = (kinds.ZONE, kinds.ZONE_LINK, kinds.ZONE_GROUP)


@dataclass(frozen=True)
class NetworkPlan:
    """Writes the parts that are missing into a draft, in the order in which they have to be made."""

    clients: Clients
    subscription: Subscription
    """That of the instance, in which its private endpoint and the zone are made too."""
    wiring: Wiring
    draft: Draft
    may: Permissions
    places: Places
    """What exists already: instance and resource group may still have to be made."""
    requested: bool = False
    """Whether the connection shall be a request, for somebody else to approve."""

    def describe(self) -> None:
        """Say what is wanted."""
        wiring = self.wiring
        self.draft.choices += [
            ("Private endpoint", name_of(wiring.endpoint_id)),
            ("Target sub-resource", topology.SUB_RESOURCE),
            ("Virtual network", name_of(wiring.network_id)),
            ("Subnet", name_of(wiring.subnet_id)),
            ("Private DNS zone", topology.ZONE_NAME if wiring.dns else "none"),
        ]

    def draw_up(self) -> None:
        """Write down what would be made, and what stands in its way."""
        if self._conflicts():
            return
        before = len(self.draft.changes)
        if not all(self.wiring.has(kind) for kind in (*_PARTS, *(_NAMES if self.wiring.dns else ()))):
            self._register()
        self._network()
        self._endpoint()
        if self.wiring.dns:
            self._names()
        made = self.draft.changes[before:]
        if any(change.kind in (kinds.PRIVATE_ENDPOINT, kinds.ZONE) for change in made):
            self.draft.notes.append(COST)
        self._name_what_stays()
        if not self.wiring.dns and not self.wiring.zone_group:
            self.draft.notes.append(
                "Without the private DNS zone the host name leads to the public address, also inside the virtual "
                "network: clients there are refused once public access is off."
            )

    def _name_what_stays(self) -> None:
        """Say which choices change nothing, because the parts that they are about are there."""
        wiring, notes = self.wiring, self.draft.notes
        network = name_of(wiring.network_id)
        if wiring.endpoint and wiring.asked_subnet_id.lower() != wiring.subnet_id.lower():
            notes.append(
                f"The private endpoint {name_of(wiring.endpoint_id)} is there already, in subnet "
                f"{name_of(wiring.subnet_id)} of {network}. It cannot move; another name makes another one."
            )
        elif wiring.network and not topology.lies_within(wiring.address_range, wiring.space):
            there = ", ".join(wiring.space)
            notes.append(f"The network {network} is there already, with {there}: {wiring.address_range} is not used.")
        if wiring.zone_group and not wiring.dns:
            notes.append("The host name stays in the private DNS zone: names that are there are not removed.")

    def _conflicts(self) -> bool:
        """Note what makes the private endpoint impossible or useless; say whether there is any."""
        wiring, name = self.wiring, name_of(self.wiring.endpoint_id)
        if wiring.endpoint and wiring.target_id.lower() != wiring.instance_id.lower():
            self.draft.wrong(
                "private_endpoint_name", f"The private endpoint {name!r} leads to another resource.",
                meaning=f"It is there already, for {wiring.target_id}, and cannot be led elsewhere.",
                remedy="Choose another name.",
            )  # fmt: skip
        elif not wiring.subnet and not wiring.subnet_range:
            self.draft.wrong(
                "subnet", f"The virtual network {name_of(wiring.network_id)!r} has no room for a new subnet.",
                meaning=f"All its addresses lie in subnets; a new one takes a /{topology.SUBNET_LENGTH}.",
                remedy="Name one of its subnets, or add addresses to the network.",
            )  # fmt: skip
        else:
            return False
        return True

    def _network(self) -> None:
        wiring = self.wiring
        if not wiring.has(kinds.NETWORK):
            details = f"{wiring.address_range} in {wiring.region}"
            self._add(kinds.NETWORK, wiring.network_id, details, "virtual_network")
        if not wiring.has(kinds.SUBNET):
            details = f"{wiring.subnet_range} in {name_of(wiring.network_id)}"
            self._add(kinds.SUBNET, wiring.subnet_id, details, "subnet")

    def _endpoint(self) -> None:
        wiring = self.wiring
        if wiring.has(kinds.PRIVATE_ENDPOINT):
            return
        asks = self.asks
        details = f"to {name_of(wiring.instance_id)}, sub-resource {topology.SUB_RESOURCE}"
        details += ", as a request that somebody has to approve" if asks else ", approved at once"
        way = self._add(kinds.PRIVATE_ENDPOINT, wiring.endpoint_id, details, "private_endpoint_name", request=asks)
        if asks and not self.requested:
            self._cannot_approve(way.command)

    @property
    def asks(self) -> bool:
        """Whether a new connection is a request: wanted so, or because the account may not approve it."""
        return self.requested or self.may.may(kinds.APPROVE_CONNECTION, self.places.nearest("instance")).answer == "no"

    def _cannot_approve(self, command: str) -> None:
        account = self.clients.target.account()
        problem = not_permitted(
            account, kinds.APPROVE_CONNECTION, self.places.nearest("instance"), command=command, blocking=False,
        )  # fmt: skip
        self.draft.problems.append(problem)
        self.draft.notes.append(
            "You are not allowed to approve the connection, so it is requested, and waits for somebody."
        )

    def _names(self) -> None:
        wiring = self.wiring
        if not wiring.has(kinds.ZONE):
            self._add(kinds.ZONE, wiring.zone_id, "keeps the private names", "private_dns")
        if not wiring.has(kinds.ZONE_LINK):
            details = f"lets {name_of(wiring.network_id)} ask the zone"
            self._add(kinds.ZONE_LINK, wiring.link_id, details, "private_dns")
        if not wiring.has(kinds.ZONE_GROUP):
            self._add(kinds.ZONE_GROUP, wiring.zone_group_id, "keeps the host name in the zone", "private_dns")

    def _register(self) -> None:
        """Register the resource provider before anything needs it, when it is not."""
        if resources.provider(self.clients, self.subscription.id, topology.NAMESPACE).state in (
            "Registered",
            "Unknown",
        ):
            return
        way = registration.way(self.subscription, topology.NAMESPACE)
        self.draft.add(registration.change(self.subscription, topology.NAMESPACE), way)
        self._permit(f"{topology.NAMESPACE}/register/action", self.subscription.scope, "", way.command)

    def _add(self, kind: str, resource_id: str, details: str, field: str, *, request: bool = False) -> Way:
        """Add what makes a part, with the permissions that it takes: a request needs none to approve it."""
        way = recipes.part(kind, resource_id, self.wiring, request=request)
        self.draft.add(Change("create", kind, name_of(resource_id), resource_id, details), way)
        referred = self._referred(resource_id)
        for need in NEEDS["create", kind]:
            if not (request and need.action == kinds.APPROVE_CONNECTION):
                self._permit(need.action, referred.get(need.action) or self._near(resource_id), field, way.command)
        return way

    def _referred(self, resource_id: str) -> Mapping[str, str]:
        """Return where Azure asks for actions on what a part refers to; empty where that is still to be made."""
        wiring = self.wiring
        return {
            kinds.APPROVE_CONNECTION: self.places.nearest("instance"),
            kinds.JOIN_SUBNET: wiring.subnet_id if wiring.subnet else self._near(wiring.subnet_id),
            kinds.JOIN_NETWORK: wiring.network_id if wiring.network else self._near(wiring.network_id),
            kinds.JOIN_ZONE: wiring.zone_id if wiring.zone else self._near(wiring.zone_id),
        }

    def _near(self, resource_id: str) -> str:
        """Return the lowest scope that exists around a part: its resource group, or what stands for ours."""
        group = resource_id.partition("/providers/")[0]
        ours = self.wiring.instance_id.partition("/providers/")[0]
        return self.places.nearest("group") if group.lower() == ours.lower() else group

    def _permit(self, action: str, scope: str, field: str, command: str) -> None:
        known = {(problem.action, problem.scope.lower()) for problem in self.draft.problems}
        if (action, scope.lower()) not in known:
            self.draft.permit(self.may, self.clients.target.account(), action, scope, field=field, command=command)
