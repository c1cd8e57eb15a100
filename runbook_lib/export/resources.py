"""The resources that a plan would write, whole and in an order in which they can be created."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..azure.clients import Clients
from ..azure.resource_ids import group_of, scope_of, subscription_of
from .requests import PlannedRequest

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
_KEPT = ("location", "tags", "identity")
_KEPT_PROPERTIES = ("publicNetworkAccess",)
"""What of an instance somebody can set (digitaltwins.json 2023-01-31), apart from connections, which others make."""


@dataclass(frozen=True)
class Resource:
    """A resource as a template names it."""

    id: str
    api_version: str
    body: Mapping[str, Any]
    exists: bool = False
    """Whether it's there already, and the plan changes it."""

    @property
    def type(self) -> str:
        """Type with its namespace: `Microsoft.Network/virtualNetworks/subnets`."""
        namespace, *rest = self._own
        return "/".join([namespace, *rest[::2]])

    @property
    def name(self) -> str:
        """Name, after those of its parents: `vnet/subnet`."""
        return "/".join(self._own[2::2])

    @property
    def subscription(self) -> str:
        """Id of the subscription."""
        return subscription_of(self.id)

    @property
    def group(self) -> str:
        """Name of the resource group that it lies in; empty for a group itself."""
        return "" if self.type == GROUP_TYPE else group_of(self.id)

    @property
    def extends(self) -> str:
        """Resource id of what it's an extension of, such as the instance of a role; empty if it isn't one."""
        scope = scope_of(self.id)
        return scope if "/providers/" in scope else ""

    @property
    def _own(self) -> list[str]:
        if "/providers/" not in self.id:
            return [*GROUP_TYPE.split("/"), self.id.rpartition("/")[2]]
        return self.id.rpartition("/providers/")[2].split("/")

    def needs(self, other: Resource) -> bool:
        """Tell whether the other one has to be there first: it lies in it, or names it."""
        mine, wanted = json.dumps({self.id: self.body}).lower(), re.escape(other.id.lower())
        return other.id != self.id and re.search(rf'"{wanted}["/]', mine) is not None


@dataclass(frozen=True)
class Written:
    """What a plan would write."""

    resources: tuple[Resource, ...]
    registrations: tuple[str, ...]
    """Namespaces of resource providers, which a template can't register."""
    left_out: tuple[str, ...]
    """What no template can say: data in an instance, deletions. As method and path."""


def written(requests: Iterable[PlannedRequest], clients: Clients) -> Written:
    """Sort what a plan would send. Reads what a change is about. Raises what the client raises."""
    found: dict[str, Resource] = {}
    registrations: list[str] = []
    left_out: list[str] = []
    for one in requests:
        path = re.sub("/resourcegroups/", "/resourceGroups/", one.path, flags=re.IGNORECASE)
        key = path.lower()
        if one.of_data or one.method == "DELETE":
            left_out += [f"{one.method} {path}"] if one.writes else []
        elif one.method == "POST" and path.endswith("/register"):
            registrations.append(path.split("/")[-2])
        elif one.method == "PUT":
            body = {name: value for name, value in (one.body or {}).items() if (name, value) != ("tags", {})}
            found[key] = Resource(path, one.api_version, body)
        elif one.method == "PATCH":
            before = found.get(key) or _existing(path, one.api_version, clients)
            found[key] = replace(before, body=_merged(before.body, one.body))
    return Written(_ordered(list(found.values())), tuple(dict.fromkeys(registrations)), tuple(left_out))


def _existing(resource_id: str, api_version: str, clients: Clients) -> Resource:
    there = clients.arm.get(resource_id, {"api-version": api_version})
    body = {name: there[name] for name in _KEPT if there.get(name)}
    if identity := body.get("identity"):
        users: dict[str, Any] = {one: {} for one in identity.get("userAssignedIdentities") or ()}
        body["identity"] = {"type": identity["type"], **({"userAssignedIdentities": users} if users else {})}
    properties = there.get("properties") or {}
    body["properties"] = {name: properties[name] for name in _KEPT_PROPERTIES if name in properties}
    return Resource(resource_id, api_version, body, exists=True)


def _merged(before: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396). Azure replaces tags as a whole, and an identity's type rules its map."""
    if not isinstance(patch, Mapping) or not isinstance(before, Mapping):
        return patch
    merged = dict(before)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = value if name == "tags" else _merged(merged.get(name, {}), value)
    if "UserAssigned" not in str(merged.get("type", "UserAssigned")):
        merged.pop("userAssignedIdentities", None)
    return merged


def before(resource: Resource, others: Sequence[Resource]) -> list[Resource]:
    """Return what a resource has to come after, without what those come after themselves."""
    needed = [one for one in others if resource.needs(one)]
    return [one for one in needed if not any(other.needs(one) for other in needed)]


def _ordered(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    ordered: list[Resource] = []
    left = list(resources)
    while left:
        ready = next(one for one in left if not any(one.needs(other) for other in left))
        ordered.append(ready)
        left.remove(ready)
    return tuple(ordered)


@dataclass(frozen=True)
class Part:
    """Resources that one deployment creates: those of a resource group that follow one another."""

    subscription: str
    group: str
    resources: tuple[Resource, ...]


def parts(resources: Iterable[Resource]) -> list[Part]:
    """Share resources out: groups are of a subscription, everything else lies in a group."""
    found: list[Part] = []
    for one in resources:
        if one.type == GROUP_TYPE:
            continue
        if found and (found[-1].subscription, found[-1].group.lower()) == (one.subscription, one.group.lower()):
            found[-1] = replace(found[-1], resources=(*found[-1].resources, one))
        else:
            found.append(Part(one.subscription, one.group, (one,)))
    return found


def groups(resources: Iterable[Resource]) -> list[Resource]:
    """Return the resource groups among resources."""
    return [one for one in resources if one.type == GROUP_TYPE]
