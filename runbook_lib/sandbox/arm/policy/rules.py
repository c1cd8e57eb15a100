"""Whether an assigned policy denies a resource (article "Azure Policy definition structure").

Only the effect `deny` does anything. Modelled: a condition or field that the sandbox doesn't know doesn't hold, so
such a policy denies nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ...regions import normalize
from ...store import Document, Store
from ..calls import Call
from ..deployments.expressions import evaluate
from ..errors import ArmError, gateway

ASSIGNMENT, DEFINITION = "policy-assignment", "policy-definition"
BUILT_IN: dict[str, Document] = {
    "e56962a6-4747-49cd-b67b-bf8b01975c4c": {
        "displayName": "Allowed locations",
        "parameters": {"listOfAllowedLocations": {"type": "Array"}},
        "policyRule": {
            "if": {
                "allOf": [
                    {"field": "location", "notIn": "[parameters('listOfAllowedLocations')]"},
                    {"field": "location", "notEquals": "global"},
                ]
            },
            "then": {"effect": "deny"},
        },
    },
    "6c112d4e-5bc7-47ae-a041-ea2d9dccd749": {
        "displayName": "Not allowed resource types",
        "parameters": {"listOfResourceTypesNotAllowed": {"type": "Array"}},
        "policyRule": {
            "if": {"field": "type", "in": "[parameters('listOfResourceTypesNotAllowed')]"},
            "then": {"effect": "deny"},
        },
    },
    "871b6d14-10aa-478d-b590-94f262ecfa99": {
        "displayName": "Require a tag on resources",
        "parameters": {"tagName": {"type": "String"}},
        "policyRule": {
            "if": {"field": "[concat('tags[', parameters('tagName'), ']')]", "exists": "false"},
            "then": {"effect": "deny"},
        },
    },
}
"""Built-in definitions that setting up an instance meets most often."""
_TAG = re.compile(r"tags(?:\.|\[')?\[?'?(?P<name>[^'\]]+)'?\]?(?:'\])?")


def check_policies(store: Store, call: Call, existing: Document | None) -> None:
    """Raise ArmError RequestDisallowedByPolicy if a policy at the resource's scope, or above it, denies the write."""
    if call.request.method not in ("PUT", "PATCH") or not call.target.type or "/" in call.target.type:
        return
    assignments = [a for a in store.list(ASSIGNMENT) if _covers(a, call.target.scope)]
    if not assignments:
        return
    body = {**(existing or {}), **call.body()} if call.request.method == "PATCH" else call.body()
    resource = {
        **body,
        "id": call.target.scope,
        "name": call.target.scope.rpartition("/")[2],
        "type": f"{call.target.namespace}/{call.target.type}",
    }
    for assignment in assignments:
        definition = definition_at(store, assignment["properties"]["policyDefinitionId"])
        if definition and _denies(assignment["properties"], definition["properties"], resource):
            raise _refusal(str(resource["name"]), assignment, definition)


def definition_at(store: Store, path: str) -> Document | None:
    """Return a built-in definition, or one that somebody made."""
    name = path.rpartition("/")[2].lower()
    if name in BUILT_IN:
        built_in = {"policyType": "BuiltIn", "mode": "Indexed", **BUILT_IN[name]}
        return {
            "id": f"/providers/Microsoft.Authorization/policyDefinitions/{name}",
            "type": "Microsoft.Authorization/policyDefinitions",
            "name": name,
            "properties": built_in,
        }
    return store.get(DEFINITION, path)


def _covers(assignment: Document, scope: str) -> bool:
    low, at = f"{scope.lower()}/", f"{assignment['properties']['scope'].lower()}/"
    excluded = (str(each).lower() for each in assignment["properties"].get("notScopes") or ())
    enforced = assignment["properties"].get("enforcementMode", "Default") == "Default"
    return enforced and low.startswith(at) and not any(low.startswith(f"{each}/") for each in excluded)


def _denies(assignment: dict[str, Any], definition: dict[str, Any], resource: dict[str, Any]) -> bool:
    declared = definition.get("parameters") or {}
    given = {name.lower(): each.get("value") for name, each in (assignment.get("parameters") or {}).items()}

    def parameter(name: str) -> Any:
        value = given.get(name.lower())
        return (declared.get(name) or {}).get("defaultValue") if value is None else value

    rule = evaluate(definition.get("policyRule") or {}, {"parameters": parameter})
    effect = str((rule.get("then") or {}).get("effect", "")).lower()
    return effect == "deny" and _holds(rule.get("if") or {}, resource)


def _holds(condition: dict[str, Any], resource: dict[str, Any]) -> bool:
    if "allOf" in condition:
        return all(_holds(each, resource) for each in condition["allOf"])
    if "anyOf" in condition:
        return any(_holds(each, resource) for each in condition["anyOf"])
    if "not" in condition:
        return not _holds(condition["not"], resource)
    found = _field(str(condition.get("field", "")), resource)
    return any(_compares(test, found, wanted) for test, wanted in condition.items() if test != "field")


def _compares(test: str, found: Any, wanted: Any) -> bool:
    low = _low(found)
    match test.lower():
        case "exists":
            return (found is not None) == (str(wanted).lower() == "true")
        case "equals":
            return bool(low == _low(wanted))
        case "notequals":
            return bool(low != _low(wanted))
        case "in":
            return low in [_low(each) for each in wanted]
        case "notin":
            return low not in [_low(each) for each in wanted]
        case "like":
            return _like(str(low), str(wanted))
        case "notlike":
            return not _like(str(low), str(wanted))
        case "contains":
            return str(_low(wanted)) in str(low)
        case _:
            return False


def _like(text: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern.lower()).replace(r"\*", ".*"), text) is not None


def _low(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _field(name: str, resource: dict[str, Any]) -> Any:
    """Return the value of a field: one of every resource's, a tag, or an alias of a property."""
    low = name.lower()
    if low == "location":
        return normalize(str(resource.get("location") or ""))
    if low in ("name", "type", "kind", "id"):
        return resource.get(low)
    if tag := _TAG.fullmatch(name):
        tags = {key.lower(): value for key, value in (resource.get("tags") or {}).items()}
        return tags.get(tag["name"].lower())
    if not low.startswith(f"{str(resource['type']).lower()}/"):
        return None
    found: Any = resource.get("properties")
    for part in name[len(str(resource["type"])) + 1 :].split("."):
        low_keys = {key.lower(): value for key, value in found.items()} if isinstance(found, dict) else {}
        found = low_keys.get(part.lower())
    return found


def _identifiers(assignment: Document, definition: Document) -> Iterator[tuple[str, dict[str, str]]]:
    for part, document in (("policyAssignment", assignment), ("policyDefinition", definition)):
        name = document["properties"].get("displayName") or document["name"]
        yield part, {"name": name, "id": document["id"]}


def _refusal(name: str, assignment: Document, definition: Document) -> ArmError:
    """Refuse the write. Text: quoted in the article "Resolve errors for request disallowed by policy"."""
    identifiers = json.dumps([dict(_identifiers(assignment, definition))], separators=(",", ":"))
    message = f"Resource '{name}' was disallowed by policy. Policy identifiers: '{identifiers}'."
    if reasons := assignment["properties"].get("nonComplianceMessages"):
        reason = f"Reasons: '{reasons[0]['message']}'. See error details for policy resource IDs."
        message = f"Resource '{name}' was disallowed by policy. {reason}"
    refusal = gateway(403, "RequestDisallowedByPolicy", message)
    refusal.extra |= {
        "target": name,
        "additionalInfo": [
            {
                "type": "PolicyViolation",
                "info": {
                    "policyDefinitionDisplayName": definition["properties"].get("displayName", ""),
                    "policyDefinitionId": definition["id"],
                    "policyDefinitionName": definition["name"],
                    "policyDefinitionEffect": "deny",
                    "policyAssignmentId": assignment["id"],
                    "policyAssignmentName": assignment["name"],
                    "policyAssignmentScope": assignment["properties"]["scope"],
                },
            }
        ],
    }
    return refusal
