"""Private access to an instance: its parts, their names, and which of them exist. This module only reads.

Azure's generic resource client reads and writes them: the official network client would add 31 MB and 0.4 seconds of
import time for seven calls. The shapes are from a recording (azure-cli, May 2021) and how-to-enable-private-link.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import name_of, parent_of
from ..core.kinds import FAILED_STATES, run_tags
from . import kinds

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

NAMESPACE = "Microsoft.Network"
NETWORKS = f"{NAMESPACE}/virtualNetworks"
ENDPOINTS = f"{NAMESPACE}/privateEndpoints"
ZONES = f"{NAMESPACE}/privateDnsZones"
SUB_RESOURCE = "API"
"""The only sub-resource of an instance that private endpoints connect to."""
_VERSIONS = {
    kind.lower(): record.api_version
    for kind, record in ((NETWORKS, kinds.NETWORK), (ENDPOINTS, kinds.PRIVATE_ENDPOINT), (ZONES, kinds.ZONE))
}
PENDING_STATES = ("Creating", "Updating", "Deleting")
"""Provisioning states that pass by themselves (OpenAPI of Microsoft.Network)."""
SUBNET_LENGTH = 27
"""Prefix length of a subnet that the guide creates: 32 addresses, of which Azure reserves 5."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Connection:
    """A private endpoint's connection, as the instance sees it."""

    id: str
    name: str
    endpoint_id: str
    status: str
    """Pending, Approved, Rejected or Disconnected."""
    description: str = ""
    group_ids: tuple[str, ...] = ()
    """The sub-resources that it leads to."""
    settled: bool = True
    """Whether Azure has finished what was decided last: a decision that failed shows its status all the same."""

    @property
    def endpoint(self) -> str:
        """Name of the private endpoint."""
        return name_of(self.endpoint_id)

    def is_named(self, wanted: str) -> bool:
        """Tell whether a name or resource id means it, or its private endpoint."""
        return wanted.lower() in (text.lower() for text in (self.id, self.name, self.endpoint_id, self.endpoint))

    def __str__(self) -> str:
        return f"{self.endpoint} ({self.status})"


@dataclass(frozen=True)
class Topology:
    """The parts of one private endpoint: their resource ids, and the existing ones as Azure describes them."""

    instance_id: str
    region: str
    """Where the virtual network is or would be. The private endpoint has to be there too."""
    endpoint_id: str
    subnet_id: str
    zone_id: str
    address_range: str
    """The addresses of a virtual network that doesn't exist yet."""
    dns: bool
    """Whether you want private names."""
    network: Document | None = None
    endpoint: Document | None = None
    zone: Document | None = None
    link: Document | None = None
    zone_group: Document | None = None
    run_id: str = ""
    """The tag of what is made here, so that it can be told from what others make."""
    other_zones: tuple[str, ...] = ()
    """The zones in which the endpoint keeps its name so far, if the requested one isn't among them; in lower case."""
    asked_zone_id: str = ""
    """The requested zone, which has to exist; empty if any will do."""
    asked_subnet_id: str = ""
    """The requested subnet. An existing endpoint can be in another one."""

    @property
    def zone_name(self) -> str:
        """Name of the private DNS zone: the same in a whole cloud."""
        return name_of(self.zone_id)

    @property
    def config_name(self) -> str:
        """What the private endpoint calls its entry for the zone."""
        return self.zone_name.replace(".", "-")

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what is made here."""
        return run_tags(self.run_id)

    @property
    def network_id(self) -> str:
        """Resource id of the virtual network."""
        return parent_of(self.subnet_id)

    @property
    def link_id(self) -> str:
        """Resource id of the zone's link to the network."""
        there = str(self.link["id"]) if self.link else ""
        return there or f"{self.zone_id}/virtualNetworkLinks/link-{name_of(self.network_id)}"

    @property
    def zone_group_id(self) -> str:
        """Resource id of the group that keeps the endpoint's name in the zone."""
        there = str(self.zone_group["id"]) if self.zone_group else ""
        return there or f"{self.endpoint_id}/privateDnsZoneGroups/default"

    @property
    def subnet(self) -> Document | None:
        """The subnet, if it exists."""
        return next((one for one in self.subnets if str(one["id"]).lower() == self.subnet_id.lower()), None)

    @property
    def subnets(self) -> Sequence[Document]:
        """The network's subnets."""
        return properties_of(self.network).get("subnets") or ()

    @property
    def subnet_range(self) -> str:
        """Addresses for a subnet to be made: its own if it's there already, else the first free ones, if any are."""
        if own := _prefixes(self.subnet or {}):
            return own[0]  # an earlier run's, which Azure didn't finish: taking others would leave a hole
        taken = [prefix for one in self.subnets for prefix in _prefixes(one)]
        return free_range(self.space if self.network else (self.address_range,), taken)

    @property
    def space(self) -> Sequence[str]:
        """The network's addresses, if it exists."""
        return (properties_of(self.network).get("addressSpace") or {}).get("addressPrefixes") or ()

    @property
    def target_id(self) -> str:
        """Resource id of the private endpoint's target; empty without an endpoint."""
        return next((str(properties_of(one).get("privateLinkServiceId")) for one in _links_of(self.endpoint)), "")

    @property
    def addresses(self) -> dict[str, str]:
        """The names that resolve to the endpoint's private address, if Azure lists any."""
        found = names_of(self.zone_group)
        listed = properties_of(self.endpoint).get("customDnsConfigs") or ()
        return found or {str(one["fqdn"]): ", ".join(one["ipAddresses"]) for one in listed}

    @property
    def pending(self) -> list[str]:
        """Resource ids of the parts that Azure is still working on."""
        parts = (self.network, self.subnet, self.endpoint, self.zone, self.link, self.zone_group)
        return [str(part["id"]) for part in parts if part and state_of(part) in PENDING_STATES]

    def has(self, kind: str) -> bool:
        """Tell whether a part exists and hasn't failed; `kind` as changes name it."""
        part = self._part(kind)
        return part is not None and state_of(part) not in FAILED_STATES

    def is_there(self, kind: str) -> bool:
        """Tell whether a part exists, even if Azure has given it up; `kind` as changes name it."""
        return self._part(kind) is not None

    def _part(self, kind: str) -> Document | None:
        return {
            kinds.NETWORK.name: self.network,
            kinds.SUBNET.name: self.subnet,
            kinds.PRIVATE_ENDPOINT.name: self.endpoint,
            kinds.ZONE.name: self.zone,
            kinds.ZONE_LINK.name: self.link,
            kinds.ZONE_GROUP.name: self.zone_group,
        }[kind]


def connections(instance: DigitalTwinsDescription) -> list[Connection]:
    """Return the private endpoint connections of an instance."""
    found = []
    for one in instance.private_endpoint_connections or []:
        state = one.properties.private_link_service_connection_state
        endpoint = str(one.properties.private_endpoint.id) if one.properties.private_endpoint else ""
        status = _word(state.status) if state else "Disconnected"
        description = str(state.description or "") if state else ""
        groups = tuple(one.properties.group_ids or ())
        settled = _word(one.properties.provisioning_state) in ("", "Succeeded")
        found.append(Connection(str(one.id), str(one.name), endpoint, status, description, groups, settled))
    return sorted(found, key=lambda one: one.endpoint.lower())


def public_access(instance: DigitalTwinsDescription) -> str:
    """Return Enabled or Disabled."""
    return _word(instance.public_network_access) or "Enabled"


def _word(value: Any) -> str:
    return str(getattr(value, "value", value) or "")


# 409: the resource provider isn't registered, so there are none.
_NONE = {404: None, 409: None}


def read(clients: Clients, resource_id: str) -> Document | None:
    """Return a resource as Azure describes it; None if it or its parent doesn't exist."""
    return ask(lambda: clients.arm.get(resource_id, {"api-version": version_of(resource_id)}), _NONE)


def children(clients: Clients, path: str) -> list[Document]:
    """List resources; empty if their parent doesn't exist."""
    return ask(lambda: clients.arm.list(path, {"api-version": version_of(path)}), _NONE) or []


def version_of(resource_id: str) -> str:
    """Return the API version for a resource of Microsoft.Network, or for a list of them."""
    kind = "/".join(resource_id.partition("/providers/")[2].split("/")[:2])
    return _VERSIONS[kind.lower()]


def free_range(space: Iterable[str], taken: Iterable[str]) -> str:
    """Return the first addresses in a space for a new subnet that are free; empty if none are."""
    used = [one for one in map(ipaddress.ip_network, taken) if isinstance(one, ipaddress.IPv4Network)]
    for prefix in map(ipaddress.ip_network, space):
        if isinstance(prefix, ipaddress.IPv4Network):
            length = max(SUBNET_LENGTH, prefix.prefixlen)
            fitting = (one for one in prefix.subnets(new_prefix=length) if not any(map(one.overlaps, used)))
            if found := next(fitting, None):
                return str(found)
    return ""


def names_of(zone_group: Document | None) -> dict[str, str]:
    """Return the names in a zone group, in lower case, with their addresses."""
    return {
        str(record["fqdn"]).lower().rstrip("."): ", ".join(record.get("ipAddresses") or ())
        for config in properties_of(zone_group).get("privateDnsZoneConfigs") or ()
        for record in properties_of(config).get("recordSets") or ()
    }


def lies_within(prefix: str, space: Iterable[str]) -> bool:
    """Tell whether addresses are part of a space."""
    wanted = ipaddress.IPv4Network(prefix)
    networks = map(ipaddress.ip_network, space)
    return any(isinstance(one, ipaddress.IPv4Network) and wanted.subnet_of(one) for one in networks)


def state_of(resource: Document | None) -> str:
    """Return the provisioning state of a resource."""
    return str(properties_of(resource).get("provisioningState") or "")


def _prefixes(subnet: Document) -> list[str]:
    properties = properties_of(subnet)
    return list(properties.get("addressPrefixes") or filter(None, [properties.get("addressPrefix")]))


def _links_of(endpoint: Document | None) -> list[Document]:
    properties = properties_of(endpoint)
    return [
        *(properties.get("privateLinkServiceConnections") or ()),
        *(properties.get("manualPrivateLinkServiceConnections") or ()),
    ]


def properties_of(resource: Document | None) -> Document:
    """Return the properties of a resource; empty if it doesn't exist."""
    found: Document = (resource or {}).get("properties") or {}
    return found
