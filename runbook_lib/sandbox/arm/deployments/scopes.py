"""The functions of the template language that depend on where, and with what, a template is deployed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...store import Document
from ...world import TENANT_ID
from ..bodies import sections
from .errors import invalid_template, not_simulated
from .expressions import evaluate
from .functions import LATER, Scope

GROUP_TYPE = "microsoft.resources/resourcegroups"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a template is deployed."""

    subscription: Document
    group: Document | None
    name: str
    """The deployment's."""
    location: str = ""
    """Of the deployment itself, if it's one of a subscription."""

    @property
    def subscription_id(self) -> str:
        """The subscription's path."""
        return f"/subscriptions/{self.subscription['subscriptionId']}"

    @property
    def scope(self) -> str:
        """The path below which the template's resources are."""
        return str(self.group["id"]) if self.group else self.subscription_id


def resource_path(above: str, kind: str, names: list[str]) -> str:
    """Return the path of a resource of a type below a scope. Raises ArmError if the names don't fit the type."""
    namespace, *types = kind.split("/")
    if not types or len(names) != len(types):
        name = "/".join(names)
        raise invalid_template(f"The name '{name}' of a resource of type '{kind}' has not as many segments")
    if kind.lower() == GROUP_TYPE:
        return f"{'/'.join(above.split('/')[:3])}/resourceGroups/{names[0]}"
    return f"{above}/providers/{namespace}/" + "/".join(f"{t}/{n}" for t, n in zip(types, names, strict=True))


def scope_of(
    place: Place, values: dict[str, tuple[str, Any]], variables: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> Scope:
    """Return the functions of a template. It sees parameters that are added to `values` later, too."""
    raw = {name.lower(): value for name, value in variables.items() if name != "copy"}
    for loop in sections(variables, "copy", "properties.template.variables"):
        raw[str(loop.get("name")).lower()] = {"copy": [loop]}

    def variable(name: str) -> Any:
        value = raw[name.lower()]
        found = evaluate(value, scope)
        looped = isinstance(value, dict) and value.keys() == {"copy"}
        return found[next(iter(found))] if looped and found else found

    scope: dict[str, Callable[..., Any]] = {
        "parameters": lambda name: {known.lower(): value for known, (_, value) in values.items()}[name.lower()],
        "variables": variable,
        "subscription": lambda: {**place.subscription, "id": place.subscription_id, "tenantId": TENANT_ID},
        "tenant": lambda: {"tenantId": TENANT_ID, "displayName": "Contoso", "countryCode": "US"},
        "deployment": lambda: {"name": place.name, "location": place.location, "properties": {"mode": "Incremental"}},
        "environment": lambda: _ENVIRONMENT,
        "reference": lambda *_: LATER,
        "listKeys": lambda *_: LATER,
        **_paths(place),
    }
    if place.group:
        scope["resourceGroup"] = lambda: place.group
    for name, function in functions.items():
        scope[name] = _own(function, scope)
    return scope


_ENVIRONMENT = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {"loginEndpoint": "https://login.microsoftonline.com/", "tenant": "common"},
    "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
}


def _paths(place: Place) -> dict[str, Callable[..., Any]]:
    def split(parts: tuple[str, ...]) -> tuple[list[str], str, list[str]]:
        kind = next(number for number, part in enumerate(parts) if "/" in part)
        return list(parts[:kind]), parts[kind], list(parts[kind + 1 :])

    def resource_id(*parts: str) -> str:
        before, kind, names = split(parts)
        above = place.scope
        if before:
            subscription = place.subscription_id
            if _GUID.fullmatch(before[0]):
                subscription = f"/subscriptions/{before.pop(0)}"
            above = f"{subscription}/resourceGroups/{before[0]}" if before else subscription
        return resource_path(above, kind, names)

    def of_subscription(*parts: str) -> str:
        before, kind, names = split(parts)
        return resource_path(f"/subscriptions/{before[0]}" if before else place.subscription_id, kind, names)

    def of_tenant(*parts: str) -> str:
        return resource_path("", parts[0], list(parts[1:]))

    def extension(above: str, kind: str, *names: str) -> str:
        return resource_path(above, kind, list(names))

    def of_management_group(group: str, kind: str, *names: str) -> str:
        return resource_path(f"/providers/Microsoft.Management/managementGroups/{group}", kind, list(names))

    return {
        "resourceId": resource_id,
        "subscriptionResourceId": of_subscription,
        "tenantResourceId": of_tenant,
        "extensionResourceId": extension,
        "managementGroupResourceId": of_management_group,
    }


def _own(function: dict[str, Any], scope: Scope) -> Callable[..., Any]:
    """Return a function that the template defines. It sees its own parameters, and other functions."""
    names = [str(each.get("name", "")).lower() for each in function.get("parameters", ())]

    def call(*arguments: Any) -> Any:
        given = dict(zip(names, arguments, strict=True))
        return evaluate(function["output"]["value"], {**scope, "parameters": lambda name: given[name.lower()]})

    return call


def functions_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the functions that a template defines, as `namespace.name`. Raises ArmError if they aren't any."""
    found: dict[str, dict[str, Any]] = {}
    try:
        for part in template.get("functions") or ():
            found |= {f"{part['namespace']}.{name}": each for name, each in part["members"].items()}
        if not all(isinstance(each["output"], dict) for each in found.values()):
            raise TypeError
    except (TypeError, LookupError, AttributeError):
        raise invalid_template("The 'functions' of the template are not valid") from None
    return found


def new_values(now: str) -> Scope:
    """Return the functions that only defaults of parameters can use: they aren't the same the next time."""

    def utc_now(form: str = "") -> str:
        if form not in ("", "u", "yyyyMMddHHmmss", "yyyy-MM-dd", "yyyyMMddTHHmmssZ"):
            raise not_simulated(f"the format '{form}' of utcNow")
        digits = re.sub(r"\D", "", now)[:14]
        known = {"": f"{digits[:8]}T{digits[8:]}Z", "yyyyMMddHHmmss": digits, "yyyy-MM-dd": now[:10], "u": now[:19]}
        return known.get(form, known[""])

    return {"newGuid": lambda: str(uuid.uuid4()), "utcNow": utc_now}
