"""An ARM template: JSON that Azure Resource Manager deploys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .resources import GROUP_TYPE, Part, Resource, before, groups, parts

DEPLOYMENTS = "2022-09-01"
_SCHEMAS = "https://schema.management.azure.com/schemas"
_GROUP_SCHEMA = f"{_SCHEMAS}/2019-04-01/deploymentTemplate.json#"
_SUBSCRIPTION_SCHEMA = f"{_SCHEMAS}/2018-05-01/subscriptionDeploymentTemplate.json#"


def template(resources: Sequence[Resource]) -> dict[str, Any]:
    """Write a template for a resource group if everything lies in an existing one, else for a subscription.

    The parts of a template for a subscription are nested deployments, one after the other.
    """
    found, new = parts(resources), groups(resources)
    if len(found) == 1 and not new:
        return _template(_GROUP_SCHEMA, [_resource(one, found[0].resources) for one in found[0].resources])
    items = [_group(one) for one in new]
    for number, part in enumerate(found, 1):
        items.append(_nested(number, part, new))
    return _template(_SUBSCRIPTION_SCHEMA, items)


def part_name(number: int) -> str:
    """Return the name of a part's deployment, from 1."""
    return f"adt-setup-{number}"


def _template(schema: str, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources)}


def _group(group: Resource) -> dict[str, Any]:
    return {"type": GROUP_TYPE, "apiVersion": group.api_version, "name": group.name, **_escaped(group.body)}


def _nested(number: int, part: Part, new: Sequence[Resource]) -> dict[str, Any]:
    needed = [f"Microsoft.Resources/deployments/{part_name(number - 1)}"] if number > 1 else []
    needed += [
        f"[subscriptionResourceId('{GROUP_TYPE}', '{one.name}')]"
        for one in new
        if one.name.lower() == part.group.lower()
    ]
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": DEPLOYMENTS,
        "name": part_name(number),
        "subscriptionId": part.subscription,
        "resourceGroup": part.group,
        **({"dependsOn": needed} if needed else {}),
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": _template(_GROUP_SCHEMA, [_resource(one, part.resources) for one in part.resources]),
        },
    }


def _resource(resource: Resource, siblings: Sequence[Resource]) -> dict[str, Any]:
    needed = [one.id for one in before(resource, siblings)]
    return {
        "type": resource.type,
        "apiVersion": resource.api_version,
        "name": resource.name,
        **({"scope": resource.extends.partition("/providers/")[2]} if resource.extends else {}),
        **({"dependsOn": needed} if needed else {}),
        **_escaped(resource.body),
    }


def _escaped(value: Any) -> Any:
    """Double the bracket that a text starts with: else Azure takes it for an expression."""
    if isinstance(value, Mapping):
        return {name: _escaped(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return f"[{value}" if isinstance(value, str) and value.startswith("[") else value
