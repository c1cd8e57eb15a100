"""A Terraform file for the provider azurerm, with azapi for what azurerm doesn't have.

The arguments are those of azurerm 4's documentation. What exists already is imported, so that Terraform changes it
instead of failing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..azure.clouds import Cloud
from ..azure.resource_ids import group_scope_of, name_of, parent_of
from .resources import GROUP_TYPE, Resource, before

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "$${", "%{": "%%{"}
_REGISTRATION = "azurerm_resource_provider_registration"
_ZONE_GROUP = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"


class Block(dict[str, Any]):
    """A nested block, which HCL writes without an equals sign."""


@dataclass(frozen=True)
class _Kind:
    """How azurerm names a type of resource, and what it says of one."""

    name: str
    arguments: Callable[[Resource], Mapping[str, Any]]


def file(resources: Sequence[Resource], registrations: Sequence[str], cloud: Cloud) -> str:
    """Write `main.tf`."""
    ids = {one.id for one in resources}
    zone_groups = {parent_of(one.id): one for one in resources if one.type == _ZONE_GROUP and parent_of(one.id) in ids}
    shown = [one for one in resources if one not in zone_groups.values()]
    addresses = _addresses(shown)
    subscriptions = list(dict.fromkeys(one.subscription for one in shown))
    blocks = [_requirements(shown), *(_provider(one, number, cloud) for number, one in enumerate(subscriptions))]
    if _needs_azapi(shown) and (chosen := _environment(cloud)):
        blocks.append(_block("provider", ["azapi"], chosen))
    for namespace in registrations:
        blocks.append(_block("resource", [_REGISTRATION, _identifier(namespace)], {"name": namespace}))
    for one in shown:
        zone_group = zone_groups.get(one.id)
        values = _values(one, zone_group, addresses)
        # azapi names its resources by whole ids, so one provider serves all subscriptions.
        if (number := subscriptions.index(one.subscription)) and _kind(one).startswith("azurerm_"):
            values["provider"] = _Expression(f"azurerm.other{number}")
        needed = [*before(one, shown), *(before(zone_group, shown) if zone_group else ())]
        first = [f"{_REGISTRATION}.{_identifier(name)}" for name in registrations if one.type.startswith(f"{name}/")]
        blocks += _declared(one, addresses, values, [*first, *(addresses[two.id] for two in needed if two is not one)])
    return "\n\n".join(blocks) + "\n"


def _values(resource: Resource, zone_group: Resource | None, addresses: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of a resource. What the file also creates is named by reference."""
    known = _KINDS.get(resource.type)
    values = dict(known.arguments(resource)) if known else _generic(resource)
    if zone_group:
        values["private_dns_zone_group"] = _zone_group(zone_group)
    named = {"resource_group_name": group_scope_of(resource.id)}
    named |= dict.fromkeys(("virtual_network_name", "private_dns_zone_name"), parent_of(resource.id))
    for argument, of in named.items():
        if argument in values and of in addresses:
            values[argument] = _Expression(f"{addresses[of]}.name")
    referring: dict[str, Any] = _referring(values, addresses)
    return referring


def _referring(value: Any, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return type(value)({name: _referring(one, addresses) for name, one in value.items()})  # type: ignore[call-arg]  # dict or Block
    if isinstance(value, list):
        return [_referring(one, addresses) for one in value]
    return _Expression(f"{addresses[value]}.id") if isinstance(value, str) and value in addresses else value


def _declared(
    resource: Resource, addresses: Mapping[str, str], values: Mapping[str, Any], needed: Sequence[str]
) -> list[str]:
    address = addresses[resource.id]
    labels = address.split(".")
    told = _block("resource", labels, values)
    if untold := [one for one in dict.fromkeys(needed) if f"{one}." not in told]:
        told = _block("resource", labels, {**values, "depends_on": _Expression(f"[{', '.join(untold)}]")})
    blocks = [told]
    if resource.exists:
        blocks.insert(0, _block("import", [], {"to": _Expression(address), "id": resource.id}))
    access = (resource.body.get("properties") or {}).get("publicNetworkAccess")
    if access and resource.type in _KINDS:
        blocks.append(_public_access(resource, address, access))
    return blocks


def _public_access(resource: Resource, address: str, access: str) -> str:
    """Write what azurerm's instance has no argument for."""
    values = {
        "type": f"{resource.type}@{resource.api_version}",
        "resource_id": _Expression(f"{address}.id"),
        "body": {"properties": {"publicNetworkAccess": access}},
    }
    return _block("resource", ["azapi_update_resource", "public_network_access"], values)


def _generic(resource: Resource) -> dict[str, Any]:
    parent = parent_of(resource.id) if "/" in resource.name else resource.id.rpartition("/providers/")[0]
    return {
        "type": f"{resource.type}@{resource.api_version}",
        "parent_id": parent,
        "name": name_of(resource.id),
        "body": dict(resource.body),
    }


def _common(resource: Resource) -> dict[str, Any]:
    values = {"name": name_of(resource.id), "resource_group_name": resource.group}
    if resource.body.get("location", "global") != "global":
        values["location"] = resource.body["location"]
    return values | ({"tags": dict(resource.body["tags"])} if resource.body.get("tags") else {})


def _group(resource: Resource) -> dict[str, Any]:
    values = _common(resource)
    del values["resource_group_name"]
    return values


def _instance(resource: Resource) -> dict[str, Any]:
    values, identity = _common(resource), resource.body.get("identity") or {}
    if identity.get("type", "None") != "None":
        kinds = ", ".join(part.strip() for part in str(identity["type"]).split(","))
        users = list(identity.get("userAssignedIdentities") or {})
        values["identity"] = Block({"type": kinds} | ({"identity_ids": users} if users else {}))
    return values


def _role(resource: Resource) -> dict[str, Any]:
    properties = resource.body["properties"]
    return {
        "name": name_of(resource.id),
        "scope": resource.extends,
        "role_definition_id": properties["roleDefinitionId"],
        "principal_id": properties["principalId"],
        "principal_type": properties["principalType"],
    }


def _network(resource: Resource) -> dict[str, Any]:
    return _common(resource) | {"address_space": resource.body["properties"]["addressSpace"]["addressPrefixes"]}


def _subnet(resource: Resource) -> dict[str, Any]:
    values = _common(resource) | {"virtual_network_name": name_of(parent_of(resource.id))}
    return values | {"address_prefixes": [resource.body["properties"]["addressPrefix"]]}


def _endpoint(resource: Resource) -> dict[str, Any]:
    properties = resource.body["properties"]
    asks = "manualPrivateLinkServiceConnections" in properties
    (connection,) = properties["manualPrivateLinkServiceConnections" if asks else "privateLinkServiceConnections"]
    target = connection["properties"]
    values: dict[str, Any] = {
        "name": connection["name"],
        "private_connection_resource_id": target["privateLinkServiceId"],
        "subresource_names": target["groupIds"],
        "is_manual_connection": asks,
    }
    values |= {"request_message": target["requestMessage"]} if asks else {}
    return _common(resource) | {"subnet_id": properties["subnet"]["id"], "private_service_connection": Block(values)}


def _link(resource: Resource) -> dict[str, Any]:
    properties = resource.body["properties"]
    return _common(resource) | {
        "private_dns_zone_name": name_of(parent_of(resource.id)),
        "virtual_network_id": properties["virtualNetwork"]["id"],
        "registration_enabled": properties["registrationEnabled"],
    }


def _zone_group(resource: Resource) -> Block:
    zones = [one["properties"]["privateDnsZoneId"] for one in resource.body["properties"]["privateDnsZoneConfigs"]]
    return Block({"name": name_of(resource.id), "private_dns_zone_ids": zones})


_KINDS: Mapping[str, _Kind] = {
    GROUP_TYPE: _Kind("azurerm_resource_group", _group),
    "Microsoft.DigitalTwins/digitalTwinsInstances": _Kind("azurerm_digital_twins_instance", _instance),
    "Microsoft.ManagedIdentity/userAssignedIdentities": _Kind("azurerm_user_assigned_identity", _common),
    "Microsoft.Authorization/roleAssignments": _Kind("azurerm_role_assignment", _role),
    "Microsoft.Network/virtualNetworks": _Kind("azurerm_virtual_network", _network),
    "Microsoft.Network/virtualNetworks/subnets": _Kind("azurerm_subnet", _subnet),
    "Microsoft.Network/privateEndpoints": _Kind("azurerm_private_endpoint", _endpoint),
    "Microsoft.Network/privateDnsZones": _Kind("azurerm_private_dns_zone", _common),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": _Kind(
        "azurerm_private_dns_zone_virtual_network_link", _link
    ),
}


def _kind(resource: Resource) -> str:
    return _KINDS[resource.type].name if resource.type in _KINDS else "azapi_resource"


def _addresses(resources: Sequence[Resource]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in resources:
        address = f"{_kind(one)}.{_identifier(name_of(one.id))}"
        found[one.id] = address if address not in found.values() else f"{address}_{len(found)}"
    return found


def _identifier(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return plain if _IDENTIFIER.fullmatch(plain) else f"_{plain}"


def _requirements(resources: Sequence[Resource]) -> str:
    providers = {"azurerm": {"source": "hashicorp/azurerm", "version": "~> 4.0"}}
    if _needs_azapi(resources):
        providers["azapi"] = {"source": "Azure/azapi", "version": "~> 2.0"}
    return _block("terraform", [], {"required_providers": Block(providers)})


def _needs_azapi(resources: Sequence[Resource]) -> bool:
    return any(
        one.type not in _KINDS or "publicNetworkAccess" in (one.body.get("properties") or {}) for one in resources
    )


def _environment(cloud: Cloud) -> dict[str, Any]:
    """Name the cloud as both providers do; nothing for the one that they take by themselves."""
    return {} if cloud.is_default else {"environment": cloud.name.removeprefix("Azure").lower()}


def _provider(subscription: str, number: int, cloud: Cloud) -> str:
    values: dict[str, Any] = {"features": Block(), "subscription_id": subscription, **_environment(cloud)}
    return _block("provider", ["azurerm"], values | ({"alias": f"other{number}"} if number else {}))


class _Expression(str):
    """HCL that is written as it is."""


def _block(kind: str, labels: Sequence[str], values: Mapping[str, Any]) -> str:
    head = " ".join([kind, *(json.dumps(one) for one in labels)])
    return f"{head} {_body(values, 0)}"


def _body(values: Mapping[str, Any], depth: int) -> str:
    """Write arguments and blocks as `terraform fmt` does, which aligns the equals signs of neighbors."""
    if not values:
        return "{}"
    indent = "  " * depth
    lines: list[str] = []
    neighbors: list[tuple[str, str]] = []
    for name, value in [*values.items(), ("", Block())]:  # the last one ends the neighbors
        text, is_block = _literal(value, depth + 1), isinstance(value, Block)
        if not is_block and "\n" not in text:
            neighbors.append((_key(name), text))
            continue
        width = max((len(one) for one, _ in neighbors), default=0)
        lines += [f"{indent}  {one:<{width}} = {said}" for one, said in neighbors]
        neighbors = []
        lines += [f"{indent}  {_key(name)} {'' if is_block else '= '}{text}"] if name else []
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


def _literal(value: Any, depth: int) -> str:
    if isinstance(value, Mapping):
        return _body(value, depth)
    if isinstance(value, list):
        return "[" + ", ".join(_literal(one, depth) for one in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Expression | int):
        return str(value)
    return '"' + re.sub(r'[$%]\{|[\\"\n\r\t]', lambda found: _ESCAPED[found[0]], str(value)) + '"'


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)
