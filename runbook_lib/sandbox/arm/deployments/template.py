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
    values: dict[str, tuple[str, Any]] = {}
    scope = _scope(values, section(template, "variables", PATH), group, subscription)
    _read_parameters(
        values, section(template, "parameters", PATH), section(properties, "parameters", "properties"), scope
    )
    outputs = evaluate(section(template, "outputs", PATH), scope)
    listed = template.get("resources") or []
    if not isinstance(listed, list):
        raise not_simulated("templates whose resources have symbolic names")
    # Whatever `dependsOn` says: a child comes after its parent, and roles come last.
    found = [_wanted(each, scope, group["id"]) for each in listed if _is_wanted(each, scope)]
    resources = sorted(found, key=lambda wanted: (wanted.id.count("/providers/"), wanted.id.count("/")))
    _check_nested(resources)
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return Template(resources, _shown(values), outputs, str(int.from_bytes(digest[:8])))


def _read_parameters(
    found: dict[str, tuple[str, Any]], declared: dict[str, Any], given: dict[str, Any], scope: Scope
) -> None:
    """Add type and value of each parameter. A default can use the functions of `scope`, which sees what's found."""
    unknown = [name for name in given if name.lower() not in {known.lower() for known in declared}]
    if unknown:
        raise invalid_template(f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid")
    low = {name.lower(): each.get("value") for name, each in given.items() if isinstance(each, dict)}
    for name in declared:
        about = section(declared, name, f"{PATH}.parameters")
        kind = str(about.get("type", "")).lower()
        value = low.get(name.lower())
        value = evaluate(about.get("defaultValue"), scope) if value is None else value
        if value is None:
            if about.get("nullable") is True or "defaultValue" in about:
                found[name] = (kind, None)
                continue
            raise invalid_template(f"The value for the template parameter '{name}' is not provided")
        is_other = isinstance(value, bool) != (kind == "bool")  # to Python a bool is an int
        if kind not in _TYPES or is_other or not isinstance(value, _TYPES[kind]):
            raise invalid_template(f"The value of the template parameter '{name}' is not of type '{about.get('type')}'")
        allowed = about.get("allowedValues") or []
        if not isinstance(allowed, list) or (allowed and value not in allowed):
            raise invalid_template(f"The value of the template parameter '{name}' is not one of those allowed")
        found[name] = (kind, value)


def _shown(values: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: {"type": _SECRET.get(kind, kind.title())} for name, (kind, _) in values.items()}
    for name, (kind, value) in values.items():
        if kind not in _SECRET and value is not None:
            shown[name]["value"] = value
    return shown


def _scope(values: dict[str, tuple[str, Any]], variables: dict[str, Any], group: Document, subscription: str) -> Scope:
    raw = {name.lower(): value for name, value in variables.items()}

    def resource_id(*parts: str) -> str:
        kind = next(number for number, part in enumerate(parts) if "/" in part)
        if kind:
            raise ValueError("other groups and subscriptions are beyond the sandbox")
        return _id(group["id"], parts[0], list(parts[1:]))

    scope: dict[str, Any] = {
        "parameters": lambda name: {known.lower(): value for known, (_, value) in values.items()}[name.lower()],
        "variables": lambda name: evaluate(raw[name.lower()], scope),
        "resourceGroup": lambda: group,
        "subscription": lambda: {"id": f"/subscriptions/{subscription}", "subscriptionId": subscription},
        "resourceId": resource_id,
    }
    return scope


def _is_wanted(given: Any, scope: Scope) -> bool:
    """Tell whether a resource's condition holds."""
    condition = evaluate(given.get("condition", True), scope) if isinstance(given, dict) else True
    if not isinstance(condition, bool):
        raise invalid_template("The 'condition' of a resource is neither true nor false")
    return condition


def _wanted(given: Any, scope: Scope, group_id: str) -> Wanted:
    if not isinstance(given, dict) or not all(isinstance(given.get(n), str) for n in ("type", "name", "apiVersion")):
        raise invalid_template("A resource needs a type, a name and an apiVersion")
    for beyond in ("copy", "resources"):
        if given.get(beyond):
            raise not_simulated(f"'{beyond}' in a template's resource")
    found = evaluate({name: each for name, each in given.items() if name not in ("dependsOn", "condition")}, scope)
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
