"""A template with its parameters: which resources it asks for, and in which order."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ...store import Document
from ..bodies import section
from .errors import invalid_template, not_simulated
from .expressions import Scope, evaluate

_TYPES = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "object": dict,
    "secureobject": dict,
    "array": list,
}
PATH = "properties.template"
_SECRET = {"securestring": "SecureString", "secureobject": "SecureObject"}
"""How answers spell the types whose values they don't show."""
_KEPT = ("location", "tags", "identity", "sku", "kind", "properties")


@dataclass(frozen=True)
class Wanted:
    """A resource that a template asks for."""

    id: str
    api_version: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A template whose expressions are evaluated."""

    resources: list[Wanted]
    parameters: dict[str, Any]
    """As answers show them: type and value, but no value if it's a secret."""
    outputs: dict[str, Any]
    hash: str


def read_template(body: dict[str, Any], group: Document, subscription: str) -> Template:
    """Evaluate a deployment's body. Raises ArmError if it isn't a template, or needs what the sandbox doesn't have."""
    properties = body.get("properties")
    template = properties.get("template") if isinstance(properties, dict) else None
    if not isinstance(properties, dict) or not isinstance(template, dict):
        raise not_simulated("a deployment without a template in its body")
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise not_simulated("deployments in complete mode")
    values = _parameters(section(template, "parameters", PATH), section(properties, "parameters", "properties"))
    scope = _scope(values, section(template, "variables", PATH), group, subscription)
    outputs = evaluate(section(template, "outputs", PATH), scope)
    listed = template.get("resources") or []
    if not isinstance(listed, list):
        raise not_simulated("templates whose resources have symbolic names")
    # Whatever `dependsOn` says: a child comes after its parent, and roles come last.
    found = [_wanted(each, scope, group["id"]) for each in listed]
    resources = sorted(found, key=lambda wanted: (wanted.id.count("/providers/"), wanted.id.count("/")))
    _check_nested(resources)
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return Template(resources, _shown(values), outputs, str(int.from_bytes(digest[:8])))


def _parameters(declared: dict[str, Any], given: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return type and value of each parameter."""
    unknown = [name for name in given if name.lower() not in {known.lower() for known in declared}]
    if unknown:
        raise invalid_template(f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid")
    low = {name.lower(): each.get("value") for name, each in given.items() if isinstance(each, dict)}
    found = {}
    for name in declared:
        about = section(declared, name, f"{PATH}.parameters")
        kind = str(about.get("type", "")).lower()
        value = low.get(name.lower(), evaluate(about.get("defaultValue"), {}))
        if value is None:
            raise invalid_template(f"The value for the template parameter '{name}' is not provided")
        is_other = isinstance(value, bool) != (kind == "bool")  # to Python a bool is an int
        if kind not in _TYPES or is_other or not isinstance(value, _TYPES[kind]):
            raise invalid_template(f"The value of the template parameter '{name}' is not of type '{about.get('type')}'")
        allowed = about.get("allowedValues") or []
        if not isinstance(allowed, list) or (allowed and value not in allowed):
            raise invalid_template(f"The value of the template parameter '{name}' is not one of those allowed")
        found[name] = (kind, value)
    return found


def _shown(values: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    return {
        name: {"type": _SECRET[kind]} if kind in _SECRET else {"type": kind.title(), "value": value}
        for name, (kind, value) in values.items()
    }


def _scope(values: dict[str, tuple[str, Any]], variables: dict[str, Any], group: Document, subscription: str) -> Scope:
    low = {name.lower(): value for name, (_, value) in values.items()}
    raw = {name.lower(): value for name, value in variables.items()}

    def resource_id(*parts: str) -> str:
        kind = next(number for number, part in enumerate(parts) if "/" in part)
        if kind:
            raise ValueError("other groups and subscriptions are beyond the sandbox")
        return _id(group["id"], parts[0], list(parts[1:]))

    scope: dict[str, Any] = {
        "parameters": lambda name: low[name.lower()],
        "variables": lambda name: evaluate(raw[name.lower()], scope),
        "resourceGroup": lambda: group,
        "subscription": lambda: {"id": f"/subscriptions/{subscription}", "subscriptionId": subscription},
        "resourceId": resource_id,
    }
    return scope


def _wanted(given: Any, scope: Scope, group_id: str) -> Wanted:
    if not isinstance(given, dict) or not all(isinstance(given.get(n), str) for n in ("type", "name", "apiVersion")):
        raise invalid_template("A resource needs a type, a name and an apiVersion")
    for beyond in ("copy", "condition", "resources"):
        if given.get(beyond):
            raise not_simulated(f"'{beyond}' in a template's resource")
    found = evaluate({name: each for name, each in given.items() if name != "dependsOn"}, scope)
    kind, names = found["type"], found["name"].split("/")
    if kind.lower() == "microsoft.resources/deployments":
        raise not_simulated("deployments within deployments")
    if len(names) != kind.count("/"):
        raise invalid_template(f"The name '{found['name']}' of a resource of type '{kind}' has not as many segments")
    above = found.get("scope") or group_id
    above = above if above.startswith("/") else f"{group_id}/providers/{above}"
    body = {name: found[name] for name in _KEPT if found.get(name) is not None}
    return Wanted(_id(above, kind, names), found["apiVersion"], body)


def _id(above: str, kind: str, names: list[str]) -> str:
    namespace, *types = kind.split("/")
    return f"{above}/providers/{namespace}/" + "/".join(f"{t}/{n}" for t, n in zip(types, names, strict=True))


def _check_nested(resources: list[Wanted]) -> None:
    """Refuse what would have to wait for another resource of the same template: the sandbox starts all at once."""
    ids = [wanted.id.lower() for wanted in resources]
    for wanted in resources:
        parent = wanted.id.lower().rpartition("/")[0].rpartition("/")[0]
        if parent in ids and "/providers/microsoft.digitaltwins/" in parent:
            raise not_simulated("an instance and what belongs to it in one template")
