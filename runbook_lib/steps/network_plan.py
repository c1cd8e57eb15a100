"""What giving an instance a private endpoint would make, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import needs
from ..clients import Clients
from ..needs import NEEDS, Places
from ..permissions import Permissions
from . import network, resources
from .draft import Draft, az, not_permitted
from .network import Wiring, name_of
from .results import Change

COST = (
    "On Azure a private endpoint is billed by the hour and a private DNS zone by the month; 06-clean-up removes both."
)
NO_SECOND_CHANCE = "Azure does not approve a connection that was rejected. It takes a new private endpoint."


@dataclass(frozen=True)
class NetworkPlan:
    """Writes the parts that are missing into a draft, in the order in which they have to be made."""

    clients: Clients
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
            ("Target sub-resource", network.SUB_RESOURCE),
            ("Virtual network", name_of(wiring.network_id)),
            ("Subnet", name_of(wiring.subnet_id)),
            ("Private DNS zone", network.ZONE_NAME if wiring.dns else "none"),
        ]

    def draw_up(self) -> None:
        """Write down what would be made, and what stands in its way."""
        before = len(self.draft.changes), len(self.draft.commands)
        if self._conflicts():
            return
        self._network()
        self._endpoint()
        if self.wiring.dns:
            self._names()
        made = self.draft.changes[before[0] :]
        if made:
            self._register(*before)
        if any(change.kind in (needs.PRIVATE_ENDPOINT, needs.ZONE) for change in made):
            self.draft.notes.append(COST)
        if not self.wiring.dns:
            self.draft.notes.append(
                "Without the private DNS zone the host name leads to the public address, also inside the virtual "
                "network: clients there are refused once public access is off."
            )

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
                meaning=f"All its addresses lie in subnets; a new one takes a /{network.SUBNET_LENGTH}.",
                remedy="Name one of its subnets, or add addresses to the network.",
            )  # fmt: skip
        else:
            return False
        return True

    def _network(self) -> None:
        wiring = self.wiring
        group, name = resources.group_of(wiring.network_id), name_of(wiring.network_id)
        subnet, addresses = name_of(wiring.subnet_id), wiring.subnet_range
        if not wiring.has(needs.NETWORK):
            command = az(
                "network vnet create", name=name, resource_group=group, location=wiring.region,
                address_prefixes=wiring.address_range,
            )  # fmt: skip
            details = f"{wiring.address_range} in {wiring.region}"
            self._add(needs.NETWORK, wiring.network_id, details, command, "virtual_network")
        if not wiring.has(needs.SUBNET):
            command = az(
                "network vnet subnet create", name=subnet, vnet_name=name, resource_group=group,
                address_prefixes=addresses,
            )  # fmt: skip
            self._add(needs.SUBNET, wiring.subnet_id, f"{addresses} in {name}", command, "subnet")

    def _endpoint(self) -> None:
        wiring, name = self.wiring, name_of(self.wiring.endpoint_id)
        if wiring.has(needs.PRIVATE_ENDPOINT):
            return
        asks = self.asks
        command = az(
            "network private-endpoint create", name=name, resource_group=resources.group_of(wiring.endpoint_id),
            location=wiring.region, subnet=wiring.subnet_id, private_connection_resource_id=wiring.instance_id,
            group_id=network.SUB_RESOURCE, connection_name=name, manual_request=["true"] if asks else False,
        )  # fmt: skip
        details = f"to {name_of(wiring.instance_id)}, sub-resource {network.SUB_RESOURCE}"
        details += ", as a request that somebody has to approve" if asks else ", approved at once"
        without = frozenset({needs.APPROVE_CONNECTION} if asks else ())
        self._add(needs.PRIVATE_ENDPOINT, wiring.endpoint_id, details, command, "private_endpoint_name", without)
        if asks and not self.requested:
            self._cannot_approve(command)

    @property
    def asks(self) -> bool:
        """Whether a new connection is a request: wanted so, or because the account may not approve it."""
        return self.requested or self.may.may(needs.APPROVE_CONNECTION, self.places.nearest("instance")).answer == "no"

    def _cannot_approve(self, command: str) -> None:
        account = self.clients.target.account()
        problem = not_permitted(
            account, needs.APPROVE_CONNECTION, self.places.nearest("instance"), command=command, blocking=False,
        )  # fmt: skip
        self.draft.problems.append(problem)
        self.draft.notes.append("You may not approve the connection, so it is requested, and waits for somebody.")

    def _names(self) -> None:
        wiring, zone = self.wiring, {"resource_group": resources.group_of(self.wiring.zone_id)}
        if not wiring.has(needs.ZONE):
            command = az("network private-dns zone create", name=network.ZONE_NAME, **zone)
            self._add(needs.ZONE, wiring.zone_id, "keeps the private names", command, "private_dns")
        if not wiring.has(needs.ZONE_LINK):
            name, of_network = name_of(wiring.link_id), wiring.network_id
            command = az(
                "network private-dns link vnet create", name=name, zone_name=network.ZONE_NAME, **zone,
                virtual_network=of_network, registration_enabled=["false"],
            )  # fmt: skip
            details = f"lets {name_of(of_network)} ask the zone"
            self._add(needs.ZONE_LINK, wiring.link_id, details, command, "private_dns")
        if not wiring.has(needs.ZONE_GROUP):
            command = az(
                "network private-endpoint dns-zone-group create", name=name_of(wiring.zone_group_id),
                endpoint_name=name_of(wiring.endpoint_id), resource_group=resources.group_of(wiring.endpoint_id),
                private_dns_zone=wiring.zone_id, zone_name=CONFIG_NAME,
            )  # fmt: skip
            details = "keeps the host name in the zone"
            self._add(needs.ZONE_GROUP, wiring.zone_group_id, details, command, "private_dns")

    def _register(self, changes: int, commands: int) -> None:
        """Put the registration of the resource provider where what needs it begins, when it is not registered."""
        subscription = self.wiring.instance_id.split("/")[2]
        if resources.provider(self.clients, subscription, network.NAMESPACE).state in ("Registered", "Unknown"):
            return
        scope = f"/subscriptions/{subscription}"
        command = az("provider register", namespace=network.NAMESPACE, subscription=subscription)
        named = f"{scope}/providers/{network.NAMESPACE}"
        change = Change("register", needs.PROVIDER, network.NAMESPACE, named, "needed once in a subscription")
        self.draft.changes.insert(changes, change)
        self.draft.commands.insert(commands, command)
        self._permit(f"{network.NAMESPACE}/register/action", scope, "", command)

    def _add(
        self, kind: str, resource_id: str, details: str, command: str, field: str, without: frozenset[str] = frozenset()
    ) -> None:
        """Add what makes a part, with the permissions that it takes, apart from the actions in `without`."""
        self.draft.changes.append(Change("create", kind, name_of(resource_id), resource_id, details))
        self.draft.commands.append(command)
        referred = self._referred(resource_id)
        for need in NEEDS["create", kind]:
            if need.action not in without:
                self._permit(need.action, referred.get(need.action) or self._near(resource_id), field, command)

    def _referred(self, resource_id: str) -> Mapping[str, str]:
        """Return where Azure asks for actions on what a part refers to; empty where that is still to be made."""
        wiring = self.wiring
        return {
            needs.APPROVE_CONNECTION: self.places.nearest("instance"),
            needs.JOIN_SUBNET: wiring.subnet_id if wiring.subnet else self._near(wiring.subnet_id),
            needs.JOIN_NETWORK: wiring.network_id if wiring.network else self._near(wiring.network_id),
            needs.JOIN_ZONE: wiring.zone_id if wiring.zone else self._near(wiring.zone_id),
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


CONFIG_NAME = network.ZONE_NAME.replace(".", "-")
"""What the portal calls the zone inside the group."""
