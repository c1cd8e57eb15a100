"""A resource group as a template: `exportTemplate`.

The form is Azure's: a parameter for each resource's name, called after type and name, and `dependsOn` for children
(export quoted in pulumi-azure-native issue 1165). Modelled: which properties are left out as read-only, and that the
answer comes at once (on Azure, large groups take an operation).
"""

from __future__ import annotations

import re
from typing import Any

from ..context import Context
from ..http import Answer
from ..store import Document
from . import errors
from .bodies import text, texts
from .calls import ArmRoute, Call, public
from .inventory import Inventory
from .providers import provider

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_NAMES = """
createdat createdtime creationtime clientid createdon customdnsconfigs dataingestionuri endpoint etag fqdn hostname
internalid isautoregistered lastupdatedtime maxnumberofrecordsets maxnumberofvirtualnetworklinks
maxnumberofvirtualnetworklinkswithregistration networkinterfaces numberofrecordsets numberofvirtualnetworklinks
numberofvirtualnetworklinkswithregistration primaryendpoints primarylocation principalid privateendpointconnections
provisioningstate resourceguid servicebusendpoint state status statusofprimary tenantid updatedat uri
virtualnetworklinkstate
"""
_READ_ONLY = frozenset(_NAMES.split())
_FIELDS = ("location", "tags", "sku", "kind", "identity")
_LEFT_OUT = frozenset({"privateendpointconnections", "authorizationrules", "networkinterfaces"})
"""Types that the services make themselves."""


class GroupExports:
    """Serves `exportTemplate` of resource groups."""

    def __init__(self, context: Context, inventory: Inventory) -> None:
        self._context = context
        self._inventory = inventory

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        path = "/subscriptions/{subscription}/resourcegroups/{group}/exportTemplate"
        action = "Microsoft.Resources/subscriptions/resourceGroups/exportTemplate/action"
        return [ArmRoute("POST", path, self.export, action)]

    def export(self, call: Call) -> Answer:
        """Write the wanted resources (`*` for all) as a template."""
        body = call.body()
        wanted = {each.lower() for each in texts(body, "resources")}
        options = {each.strip().lower() for each in text(body, "options").split(",")}
        if text(body, "outputFormat").lower() == "bicep":
            raise errors.not_simulated("the export of a resource group as Bicep")
        if not wanted:
            raise errors.invalid_request_content("Required property 'resources' not found in JSON. Path ''.")
        group = call.target.scope.rpartition("/exportTemplate")[0] or call.target.scope
        found = [r for r in self._inventory.below(group) if _LEFT_OUT.isdisjoint(r["type"].lower().split("/"))]
        if "*" not in wanted:
            found = [resource for resource in found if resource["id"].lower() in wanted]
        template = _Template(options, found)
        resources = [template.resource(resource) for resource in sorted(found, key=lambda r: str(r["id"]).lower())]
        shown = {
            "$schema": SCHEMA,
            "contentVersion": "1.0.0.0",
            "parameters": template.parameters,
            "variables": {},
            "resources": resources,
        }
        return Answer(200, {"template": shown})


class _Template:
    """Writes resources, and remembers the parameters of their names."""

    def __init__(self, options: set[str], exported: list[Document]) -> None:
        self.parameters: dict[str, Any] = {}
        self._ids = {resource["id"].lower(): (resource["type"].split("/"), _names(resource)) for resource in exported}
        self._defaults = "includeparameterdefaultvalue" in options
        self._literal = not {"skipresourcenameparameterization", "skipallparameterization"}.isdisjoint(options)

    def resource(self, resource: Document) -> Document:
        """Return a resource as a template has it."""
        shown, kinds, names = public(resource), resource["type"].split("/"), _names(resource)
        written: Document = {"type": resource["type"], "apiVersion": _version(resource)}
        written["name"] = self._name(kinds, names)
        needed: list[str] = []
        if len(names) > 1:
            # A parent that's no resource, like a storage account's `blobServices/default`, is part of the name only.
            above = (kinds[:2], names[:1]) if resource["type"].count("/blobServices/") else (kinds[:-1], names[:-1])
            needed.append(self._id(*above))
        body = {field: shown[field] for field in _FIELDS if shown.get(field) is not None}
        body = self._linked(_writable({**body, "properties": shown.get("properties") or {}}), needed)
        return {**written, **({"dependsOn": sorted(set(needed))} if needed else {}), **body}

    def _linked(self, value: Any, needed: list[str]) -> Any:
        """Replace the ids of exported resources with expressions, and note what is needed first."""
        if isinstance(value, list):
            return [self._linked(each, needed) for each in value]
        if isinstance(value, dict):
            return {self._linked(name, needed): self._linked(each, needed) for name, each in value.items()}
        if not isinstance(value, str) or value.lower() not in self._ids:
            return value
        needed.append(self._id(*self._ids[value.lower()]))
        return needed[-1]

    def _name(self, kinds: list[str], names: list[str]) -> str:
        if self._literal:
            return "/".join(names)
        parameter = self._parameter(kinds[1], names[0])
        rest = "/".join(names[1:])
        return f"[concat({parameter}, '/{rest}')]" if rest else f"[{parameter}]"

    def _id(self, kinds: list[str], names: list[str]) -> str:
        first = f"'{names[0]}'" if self._literal else self._parameter(kinds[1], names[0])
        arguments = ", ".join([f"'{'/'.join(kinds)}'", first, *(f"'{name}'" for name in names[1:])])
        return f"[resourceId({arguments})]"

    def _parameter(self, kind: str, name: str) -> str:
        parameter = f"{kind}_{re.sub(r'[^A-Za-z0-9]', '_', name)}_name"
        default = {"defaultValue": name} if self._defaults else {}
        self.parameters[parameter] = {**default, "type": "String"}
        return f"parameters('{parameter}')"


def _names(resource: Document) -> list[str]:
    return str(resource["id"]).rpartition("/providers/")[2].split("/")[2::2]


def _version(resource: Document) -> str:
    namespace, _, kind = resource["type"].partition("/")
    owner = provider(namespace)
    assert owner is not None, "it has made the resource"
    known = owner.type(kind)
    return ((known.versions if known else ()) or owner.api_versions)[-1]


def _writable(value: Any) -> Any:
    """Return a value without what only the service writes."""
    if isinstance(value, list):
        return [_writable(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: each for name, each in value.items() if name.lower() not in _READ_ONLY and each is not None}
    return {name: _writable(each) for name, each in kept.items()}
