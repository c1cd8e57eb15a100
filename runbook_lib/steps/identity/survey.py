"""Managed identities of an instance: their names, ids and roles. This module only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import SYSTEM_SUFFIX, group_id, group_of, name_of, names, subscription_of
from ...parameters.naming_rules import is_identity_id
from ..core.problems import Problem
from ..core.step import Choice
from ..directory import role_assignments
from ..directory.role_assignments import Assignment
from ..subscription import resources

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription
    from azure.mgmt.msi.models import Identity as IdentityResource

NAMESPACE = "Microsoft.ManagedIdentity"
IDENTITY_TYPE = f"{NAMESPACE}/userAssignedIdentities"


@dataclass(frozen=True)
class Identity:
    """A managed identity, as far as the account can see it."""

    resource_id: str
    name: str
    object_id: str
    client_id: str

    def is_named(self, wanted: str) -> bool:
        """Tell whether a name, resource id, object id or client id means it."""
        known = (self.resource_id, self.name, self.object_id, self.client_id)
        return wanted.lower() in (text.lower() for text in known if text)

    @property
    def group(self) -> str:
        """Its resource group."""
        return group_of(self.resource_id)

    def __str__(self) -> str:
        return f"{self.name} (resource group {self.group}, object id {self.object_id})"


@dataclass(frozen=True)
class Lookup:
    """The result of looking for a user-assigned identity."""

    resource_id: str
    name: str
    found: Literal["yes", "no", "unknown"]


def identity_id(subscription: str, group: str, name: str) -> str:
    """Return the resource id of a user-assigned identity."""
    return f"{group_id(subscription, group)}/providers/{IDENTITY_TYPE}/{name}"


def system_id(instance: DigitalTwinsDescription) -> str:
    """Return the resource id of an instance's system-assigned identity."""
    return f"{instance.id}{SYSTEM_SUFFIX}"


def association_id(instance_id: str, of_identity: str) -> str:
    """Return the journal's id for an instance's association with an identity, for which Azure has none."""
    return f"{instance_id}#{of_identity}"


def system_identity(clients: Clients, instance: DigitalTwinsDescription) -> Identity | None:
    """Return the instance's system-assigned identity; its client id is empty if the account can't see it."""
    object_id = str(instance.identity.principal_id or "") if instance.identity else ""
    if not object_id:
        return None
    operations = clients.identities(subscription_of(str(instance.id))).system_assigned_identities
    seen = ask(lambda: operations.get_by_scope(str(instance.id)), {403: None, 404: None})
    client_id = str(seen.client_id or "") if seen else ""
    return Identity(system_id(instance), str(instance.name), object_id, client_id)


def associated(instance: DigitalTwinsDescription) -> list[Identity]:
    """Return the user-assigned identities that an instance has, by their ids."""
    known = (instance.identity.user_assigned_identities or {}) if instance.identity else {}
    return [
        Identity(key, name_of(key), str(value.principal_id or ""), str(value.client_id or ""))
        for key, value in sorted(known.items(), key=lambda item: item[0].lower())
    ]


def user_identities(clients: Clients, subscription: str) -> list[Identity]:
    """List the user-assigned identities of a subscription; empty when they can't be listed."""
    operations = clients.identities(subscription).user_assigned_identities
    # 409: the resource provider isn't registered, so there are none.
    found = ask(lambda: list(operations.list_by_subscription()), {403: None, 404: None, 409: None})
    return [_identity(one) for one in found or ()]


def look_up(clients: Clients, subscription: str, group: str, wanted: str) -> Lookup | Problem:
    """Find the identity that you mean, or where it would be; say why not if that isn't clear."""
    if is_identity_id(wanted):
        return _by_id(clients, wanted)
    fitting = [one for one in user_identities(clients, subscription) if one.is_named(wanted)]
    beside = [one for one in fitting if one.group.lower() == group.lower()]
    chosen = fitting if len(fitting) == 1 else beside
    if len(chosen) == 1:
        return Lookup(chosen[0].resource_id, chosen[0].name, "yes")
    if not fitting:
        return Lookup(identity_id(subscription, group, wanted), wanted, "no")
    message = f"Several user-assigned identities are named {wanted!r}."
    meaning = "They are: " + "; ".join(one.resource_id for one in fitting) + "."
    return Problem("associate_identity", message, meaning, "Give the resource id.")


def roles_of(clients: Clients, subscription: str, object_id: str) -> list[Assignment]:
    """List an identity's own roles at any scope in a subscription; empty if the account can't list them."""
    scope = f"/subscriptions/{subscription}"
    found = ask(lambda: role_assignments.assignments_below(clients, subscription, scope, object_id), {403: None})
    return sorted(found or (), key=lambda one: (one.scope.lower(), one.role))


def roles_everywhere(clients: Clients, subscription: str, object_id: str) -> list[Assignment]:
    """List an identity's own roles in all subscriptions that the account can see; `subscription` comes first."""
    found = (roles_of(clients, one, object_id) for one in resources.everywhere(clients, subscription))
    # What a management group gives shows in each of its subscriptions.
    return list({one.id.lower(): one for roles in found for one in roles}.values())


def offer_identities(clients: Clients, subscription: str) -> Sequence[Choice]:
    """List the user-assigned identities of a subscription for a form."""
    return [Choice(one.resource_id, f"{one.name} ({one.group})") for one in user_identities(clients, subscription)]


def _by_id(clients: Clients, wanted: str) -> Lookup:
    subscription, group, name = names(wanted)
    operations = clients.identities(subscription).user_assigned_identities
    unseen = {403: Lookup(wanted, name, "unknown"), 404: Lookup(wanted, name, "no")}
    found = ask(lambda: operations.get(group, name), unseen)
    return found if isinstance(found, Lookup) else Lookup(str(found.id), str(found.name), "yes")


def _identity(one: IdentityResource) -> Identity:
    return Identity(str(one.id), str(one.name), str(one.principal_id or ""), str(one.client_id or ""))
