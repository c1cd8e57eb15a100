"""Microsoft.ManagedIdentity: user-assigned identities and their federated credentials.

Answers as recorded (azure-cli, api-version 2023-01-31): ids have a lower-case `resourcegroups`, and an identity's
roles stay behind when it's deleted.
"""

from __future__ import annotations

import re
from typing import Any

from ..context import Context
from ..http import Answer
from ..regions import normalize
from ..store import Document
from ..world import TENANT_ID
from . import errors, name_errors
from .bodies import section, text, texts
from .calls import ArmRoute, Call, public
from .inventory import Inventory
from .paging import page
from .paths import parse, resource_key
from .principals import create_principal
from .tags import checked_tags

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
CREDENTIALS = "federatedIdentityCredentials"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]{2,127}")
MAXIMUM_CREDENTIALS = 20
"""Documented."""


class ManagedIdentity:
    """Serves user-assigned identities, and shows the system-assigned one of any resource."""

    def __init__(self, context: Context, inventory: Inventory) -> None:
        self._context = context
        self._inventory = inventory
        inventory.on_forget(TYPE, self._forget)

    def routes(self) -> list[ArmRoute]:
        """Return this provider's table of routes."""
        subscription, group = "/subscriptions/{subscription}", "/subscriptions/{subscription}/resourceGroups/{group}"
        one = f"{group}/providers/{TYPE}/{{name}}"
        credential = f"{group}/providers/{TYPE}/{{identity}}/{CREDENTIALS}"
        system = "{scope*}/providers/Microsoft.ManagedIdentity/identities/default"
        return [
            ArmRoute("GET", f"{subscription}/providers/{TYPE}", self.list_all, f"{TYPE}/read", anywhere=True),
            ArmRoute("GET", f"{group}/providers/{TYPE}", self.list_all, f"{TYPE}/read", anywhere=True),
            ArmRoute("GET", one, self.get, f"{TYPE}/read"),
            ArmRoute("PUT", one, self.put, f"{TYPE}/write"),
            ArmRoute("PATCH", one, self.patch, f"{TYPE}/write"),
            ArmRoute("DELETE", one, self.delete, f"{TYPE}/delete"),
            ArmRoute("POST", f"{one}/listAssociatedResources", self.users, f"{TYPE}/listAssociatedResources/action"),
            ArmRoute("GET", credential, self.credentials, f"{TYPE}/{CREDENTIALS}/read"),
            ArmRoute("GET", credential + "/{name}", self.credential, f"{TYPE}/{CREDENTIALS}/read"),
            ArmRoute("PUT", credential + "/{name}", self.put_credential, f"{TYPE}/{CREDENTIALS}/write"),
            ArmRoute("DELETE", credential + "/{name}", self.delete, f"{TYPE}/{CREDENTIALS}/delete"),
            ArmRoute("GET", system, self.system_assigned, "Microsoft.ManagedIdentity/identities/read"),
        ]

    def list_all(self, call: Call) -> Answer:
        """List the identities of a subscription or group that the caller can read."""
        permits = self._context.access.permits
        found = [
            i for i in self._inventory.below(call.target.scope, TYPE) if permits(call.caller, f"{TYPE}/read", i["id"])
        ]
        return page(call, [public(identity) for identity in found])

    def get(self, call: Call) -> Answer:
        """Show an identity."""
        return Answer(200, public(self._existing(call)))

    def put(self, call: Call) -> Answer:
        """Create an identity with its service principal (201), or replace its tags (200)."""
        name, body = call.values["name"], call.body()
        location, tags = normalize(body["location"]), checked_tags(body) or {}
        identity = self._inventory.get(call.target.scope)
        if identity and identity["location"] != location:
            raise errors.resource_in_other_location(identity["name"], call.target.group, identity["location"], location)
        if identity:
            identity["tags"] = tags
            self._inventory.put(identity)
            return Answer(200, public(identity))
        if not NAME.fullmatch(name):
            raise name_errors.invalid_resource_name(name, TYPE)
        identity = self._new(call, name, location, tags)
        self._inventory.put(identity)
        return Answer(201, identity, {"Location": str(identity["id"])})

    def patch(self, call: Call) -> Answer:
        """Replace the tags."""
        identity, body = self._existing(call), call.body()
        if body.get("tags") is not None:
            identity["tags"] = checked_tags(body) or {}
        self._inventory.put(identity)
        return Answer(200, public(identity))

    def delete(self, call: Call) -> Answer:
        """Delete an identity or a credential: 200 without a body, 204 if it didn't exist."""
        found = self._inventory.get(call.target.scope)
        if found is None:
            return Answer(204)
        self._inventory.forget(found)
        return Answer(200)

    def users(self, call: Call) -> Answer:
        """List the resources that an identity is assigned to (an operation of the preview versions)."""
        wanted = self._existing(call)["id"].lower()
        found = [
            self._user(resource)
            for document in self._context.store.list("subscription")
            for resource in self._inventory.below(f"/subscriptions/{document['subscriptionId']}")
            if wanted in map(str.lower, (resource.get("identity") or {}).get("userAssignedIdentities") or {})
        ]
        return Answer(200, {"totalCount": len(found), "value": found})

    def credentials(self, call: Call) -> Answer:
        """List an identity's federated credentials."""
        return page(call, self._inventory.children(call.target.scope, CREDENTIALS))

    def credential(self, call: Call) -> Answer:
        """Show one credential."""
        return Answer(200, self._existing(call))

    def put_credential(self, call: Call) -> Answer:
        """Trust the tokens of another issuer: 201 for a new credential, 200 for a changed one."""
        identity = self._inventory.get("/".join(call.target.scope.split("/")[:9]))
        assert identity is not None, "the gateway has looked"
        name, existing = call.values["name"], self._inventory.get(call.target.scope)
        if not NAME.fullmatch(name):
            raise name_errors.invalid_resource_name(name, f"{TYPE}/{CREDENTIALS}")
        if not existing and len(self._inventory.children(identity["id"], CREDENTIALS)) >= MAXIMUM_CREDENTIALS:
            raise errors.bad_request(f"Too many federated identity credentials: the limit is {MAXIMUM_CREDENTIALS}.")
        given = _credential(call.body())
        for other in self._inventory.children(identity["id"], CREDENTIALS):
            if other["name"].lower() != name.lower() and _trusted(other["properties"]) == _trusted(given):
                # Source: bicep-types-az issue 2054. Modelled: the code.
                raise errors.conflict("Issuer and subject combination already exists for this Managed Identity.")
        credential: Document = {
            "id": f"{identity['id']}/{CREDENTIALS}/{name}",
            "name": name,
            "type": f"{TYPE}/{CREDENTIALS}",
            "properties": given,
        }
        self._inventory.put(credential)
        headers = {} if existing else {"Location": credential["id"]}
        return Answer(200 if existing else 201, credential, headers)

    def system_assigned(self, call: Call) -> Answer:
        """Show the system-assigned identity of the resource that the path names."""
        scope = "/" + call.values["scope"].strip("/")
        resource = self._inventory.get(scope)
        principal_id = ((resource or {}).get("identity") or {}).get("principalId")
        principal = self._context.store.get("servicePrincipal", principal_id or "")
        if resource is None or principal is None:
            raise errors.resource_not_found("Microsoft.ManagedIdentity/identities", "default", call.target.group)
        return Answer(
            200,
            {
                "id": f"{resource['id']}/providers/Microsoft.ManagedIdentity/identities/default",
                "name": "default",
                "type": "Microsoft.ManagedIdentity/identities",
                "location": resource["location"],
                "tags": resource.get("tags") or {},
                "properties": {"tenantId": TENANT_ID, "principalId": principal_id, "clientId": principal["appId"]},
            },
        )

    def _existing(self, call: Call) -> Document:
        found = self._inventory.get(call.target.scope)
        if found is None:
            name = "/".join(call.target.scope.split("/")[8:])
            raise errors.resource_not_found(TYPE, name, call.target.group)
        return found

    def _new(self, call: Call, name: str, location: str, tags: dict[str, str]) -> Document:
        group = self._context.store.get("resource-group", resource_key(call.target.subscription, call.target.group))
        assert group is not None, "the gateway has looked"
        group_id = group["id"].replace("/resourceGroups/", "/resourcegroups/")
        identity_id = f"{group_id}/providers/{TYPE}/{name}"
        principal = create_principal(self._context, name, identity_id, explicit=True)
        return {
            "id": identity_id,
            "name": name,
            "type": TYPE,
            "location": location,
            "tags": tags,
            "properties": {"tenantId": TENANT_ID, **principal},
        }

    def _user(self, resource: Document) -> dict[str, Any]:
        target = parse(resource["id"])
        subscription = self._context.store.get("subscription", target.subscription)
        return {
            "id": resource["id"],
            "name": resource["name"],
            "type": resource["type"],
            "resourceGroup": target.group,
            "subscriptionId": target.subscription,
            "subscriptionDisplayName": subscription["displayName"] if subscription else "",
        }

    def _forget(self, identity: Document) -> None:
        self._context.store.delete("servicePrincipal", identity["properties"]["principalId"])


def _trusted(credential: dict[str, Any]) -> tuple[str, str]:
    return credential["issuer"], credential["subject"]


def _credential(body: dict[str, Any]) -> dict[str, Any]:
    given = section(body, "properties")
    found: dict[str, Any] = {
        "issuer": text(given, "issuer", "properties"),
        "subject": text(given, "subject", "properties"),
        "audiences": texts(given, "audiences", "properties"),
    }
    if not all(found.values()) or not found["issuer"].startswith("https://"):
        # Source: istio-aks-example issue 6.
        message = "Federated Identity Credential must specify 'issuer', 'subject' and 'audience'."
        raise errors.bad_request(f"The request format was unexpected. {message}")
    return found
