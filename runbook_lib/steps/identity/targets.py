"""The roles that an instance's identity needs where its endpoints and data history send to.

Documented: how-to-create-endpoints (identity-based endpoints, dead-lettering) and how-to-create-data-history-connection
name the roles. That the identity also has to be a database administrator inside Data Explorer isn't visible in Azure
Resource Manager.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlparse

from ...azure.actions import allows
from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import subscription_of
from ..core.recipes import az
from ..directory import role_assignments
from ..subscription import resources

_SEND = {
    "EventHub": ("Microsoft.EventHub/namespaces", "eventhubs", "Azure Event Hubs Data Sender"),
    "ServiceBus": ("Microsoft.ServiceBus/namespaces", "topics", "Azure Service Bus Data Sender"),
}
_WRITE_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
_WRITE_DATABASE = "Microsoft.Kusto/clusters/databases/write"
_HUB = "Microsoft.EventHub/namespaces/messages"


@dataclass(frozen=True)
class Target:
    """Something that an identity sends to, and the role that it needs there."""

    role: str
    """The role that the documentation names."""
    actions: tuple[str, ...]
    data: bool = True
    scope: str = ""
    """Resource id; empty if only the name is known."""
    type: str = ""
    name: str = ""
    """Type and name of the resource to look for, if there's no id; these names are unique in all of Azure."""
    below: str = ""
    """What to append to the id of that resource."""

    def grant(self, object_id: str, scope: str) -> str:
        """Write the `az` command that gives the role."""
        who = {"assignee_object_id": object_id, "assignee_principal_type": "ServicePrincipal"}
        return az("role assignment create", **who, role=self.role, scope=scope)


@dataclass(frozen=True)
class Standing:
    """Whether an identity has the role that it needs at a target."""

    has: Literal["yes", "no", "unknown"]
    scope: str
    """Resource id of the target; its name if it isn't found."""
    held: str = ""
    """The role that it has there."""


def of_endpoint(properties: Any) -> tuple[Target, ...]:
    """Return what an endpoint with identity-based authentication sends to."""
    found: list[Target] = []
    if known := _SEND.get(str(properties.endpoint_type)):
        kind, entities, role = known
        namespace = _host(str(properties.endpoint_uri or "")).partition(".")[0]
        below = f"/{entities}/{properties.entity_path}" if properties.entity_path else ""
        found.append(Target(role, (f"{kind}/messages/send/action",), type=kind, name=namespace, below=below))
    if properties.dead_letter_uri:
        account = _host(str(properties.dead_letter_uri)).partition(".")[0]
        container = urlparse(str(properties.dead_letter_uri)).path.strip("/").partition("/")[0]
        below = f"/blobServices/default/containers/{container}"
        kind, role = "Microsoft.Storage/storageAccounts", "Storage Blob Data Contributor"
        found.append(Target(role, (_WRITE_BLOBS,), type=kind, name=account, below=below))
    return tuple(found)


def of_connection(properties: Any) -> tuple[Target, ...]:
    """Return what a data history connection writes to."""
    hub = f"{properties.event_hub_namespace_resource_id}/eventhubs/{properties.event_hub_entity_path}"
    database = f"{properties.adx_resource_id}/databases/{properties.adx_database_name}"
    return (
        Target("Azure Event Hubs Data Owner", (f"{_HUB}/send/action", f"{_HUB}/receive/action"), scope=hub),
        Target("Contributor", (_WRITE_DATABASE,), data=False, scope=database),
    )


@dataclass
class Finder:
    """Finds targets by their names, in the instance's subscription first, then in all others that the account sees."""

    clients: Clients
    subscription: str
    """Id of the instance's subscription."""
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def find(self, target: Target) -> str:
        """Return the resource id of a target; empty if the account can't see it in any subscription."""
        if target.scope:
            return target.scope
        key = (target.type, target.name)
        if key not in self._known:
            self._known[key] = self._look(target)
        return f"{self._known[key]}{target.below}" if self._known[key] else ""

    def _look(self, target: Target) -> str:
        found = (self._in(one, target) for one in resources.everywhere(self.clients, self.subscription))
        return next(filter(None, found), "")

    def _in(self, subscription: str, target: Target) -> str:
        choice = f"resourceType eq '{target.type}' and name eq '{target.name}'"
        listed = self.clients.resources(subscription).resources.list
        found = ask(lambda: list(listed(filter=choice)), {403: [], 404: []})
        return str(found[0].id) if found else ""


def standing(finder: Finder, object_id: str, target: Target) -> Standing:
    """Tell whether a principal has what it needs at a target."""
    clients, scope = finder.clients, finder.find(target)
    if not scope:
        return Standing("unknown", f"{target.name}{target.below}")
    where = subscription_of(scope)
    look = {403: None, 404: None}
    found = ask(lambda: role_assignments.assignments_of(clients, where, scope, object_id), look)
    roles = ask(lambda: list(clients.authorization(where).role_definitions.list(scope)), look)
    if found is None or roles is None:
        return Standing("unknown", scope)
    permitting = {
        str(role.name).lower()
        for role in roles
        if all(allows(_permissions(role), action, data=target.data) for action in target.actions)
    }
    fitting = [one for one in found if one.role_id.lower() in permitting]
    certain = next((one for one in fitting if not one.condition), None)
    if certain:
        return Standing("yes", scope, f"{certain.role} at {certain.scope}")
    return Standing("unknown" if fitting else "no", scope)


def _host(address: str) -> str:
    return urlparse(address).netloc.partition(":")[0]


def _permissions(role: Any) -> list[dict[str, Any]]:
    return [
        {
            "actions": entry.actions,
            "notActions": entry.not_actions,
            "dataActions": entry.data_actions,
            "notDataActions": entry.not_data_actions,
        }
        for entry in role.permissions or ()
    ]
