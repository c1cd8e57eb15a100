"""Resource ids: their parts, and the ids of what this guide creates.

Parsed by Microsoft's own parser (azure-mgmt-core), which ignores case where Azure Resource Manager does.
"""

from __future__ import annotations

INSTANCE_TYPE = "Microsoft.DigitalTwins/digitalTwinsInstances"
SYSTEM_SUFFIX = "/providers/Microsoft.ManagedIdentity/identities/default"
"""What Azure appends to a resource's id to name its system-assigned identity."""


def subscription_of(resource_id: str) -> str:
    """Return the id of the subscription that a resource id names; empty when it names none."""
    return _part(resource_id, "subscription")


def group_of(resource_id: str) -> str:
    """Return the resource group that a resource id names; empty when it names none."""
    return _part(resource_id, "resource_group")


def name_of(resource_id: str) -> str:
    """Return the last part of a resource id."""
    return resource_id.rpartition("/")[2]


def parent_of(resource_id: str) -> str:
    """Return the id of a child resource's parent: for a subnet, its virtual network."""
    return resource_id.rpartition("/")[0].rpartition("/")[0]


def scope_of(resource_id: str) -> str:
    """Return the scope of an extension resource, such as a role assignment or a lock."""
    return resource_id.rpartition("/providers/")[0]


def group_scope_of(resource_id: str) -> str:
    """Return the id of the resource group (or subscription) that contains a resource."""
    return resource_id.partition("/providers/")[0]


def names(resource_id: str) -> tuple[str, str, str]:
    """Return subscription, resource group and name, as clients expect them."""
    return subscription_of(resource_id), group_of(resource_id), name_of(resource_id)


def group_id(subscription: str, group: str) -> str:
    """Return the resource id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def instance_id(subscription: str, group: str, name: str) -> str:
    """Return the resource id of an Azure Digital Twins instance."""
    return f"{group_id(subscription, group)}/providers/{INSTANCE_TYPE}/{name}"


def lies_in(resource_id: str, scope: str) -> bool:
    """Tell whether a resource is `scope` or below it."""
    return f"{resource_id.lower().rstrip('/')}/".startswith(f"{scope.lower().rstrip('/')}/")


def _part(resource_id: str, part: str) -> str:
    from azure.mgmt.core.tools import parse_resource_id  # imports azure-core, so only when it's needed

    return str(parse_resource_id(resource_id).get(part) or "")
