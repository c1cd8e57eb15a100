"""The small company in the sandbox: its tenant, people, subscriptions and permissions.

Everything is derived from a seed, so that all learners, and the committed notebooks, see the same ids.
"""

from __future__ import annotations

import hashlib
import secrets
import string
import uuid
from dataclasses import dataclass
from typing import Any

from .clock import Clock, stamp
from .roles import CONTRIBUTOR, OWNER, READER, USER_ACCESS_ADMINISTRATOR
from .store import Document, Store

DOMAIN = "contoso.onmicrosoft.com"
_NAMESPACE = uuid.UUID("6f0c9f0e-6f3e-4a51-9d3b-0f3a3d7c2a11")


def derive_id(*parts: str) -> str:
    """Return a GUID that depends only on `parts` (compared without regard to case)."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts).lower()))


@dataclass(frozen=True)
class Persona:
    """An identity that a learner can sign in as."""

    name: str
    """The value for `sign_in` and `--as`, for example `operator`."""
    display_name: str
    about: str
    roles: tuple[str, ...] = ()
    """Role definition GUIDs held at the training subscription."""
    production_roles: tuple[str, ...] = ()
    """Role definition GUIDs held at the production subscription."""
    kind: str = "user"
    """`user` or `servicePrincipal`."""
    management_roles: tuple[str, ...] = ()
    """Role definition GUIDs held at the management group of both subscriptions."""
    eligible_roles: tuple[str, ...] = ()
    """Role definition GUIDs that it can activate at the training subscription (Privileged Identity Management)."""
    home: str = ""
    """Domain of a guest's own organization; empty for a member."""

    @property
    def id(self) -> str:
        """Object id in the directory."""
        return derive_id(self.kind, self.name)

    @property
    def user_principal_name(self) -> str:
        """Sign-in name: a member's is also the e-mail address, a guest's is made from it (B2B user properties)."""
        return f"{self.name}_{self.home}#EXT#@{DOMAIN}" if self.home else self.mail

    @property
    def mail(self) -> str:
        """E-mail address."""
        return f"{self.name}@{self.home or DOMAIN}"

    @property
    def app_id(self) -> str:
        """Application (client) id; only for a service principal."""
        return derive_id("application", self.name)


PERSONAS = (
    Persona("owner", "Olivia Owner", "Owner of the training subscription", (OWNER,), (READER,)),
    Persona("contributor", "Carlos Contributor", "can create resources, but can't give access", (CONTRIBUTOR,)),
    Persona("reader", "Ruth Reader", "can look, but can't change anything", (READER,)),
    Persona(
        "access-admin",
        "Amara Access-Admin",
        "can give access, but can't create resources",
        (USER_ACCESS_ADMINISTRATOR,),
    ),
    Persona(
        "operator",
        "Omar Operator",
        "Contributor and User Access Administrator: just enough for both parts",
        (CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR),
    ),
    Persona(
        "platform-owner",
        "Paula Platform-Owner",
        "Owner by the management group above both subscriptions",
        management_roles=(OWNER,),
    ),
    Persona(
        "eligible-owner",
        "Elif Eligible-Owner",
        "Reader who can activate Owner (Privileged Identity Management)",
        (READER,),
        eligible_roles=(OWNER,),
    ),
    Persona(
        "guest",
        "Günter Guest",
        "a guest with the operator's roles, who can't read the directory",
        (CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR),
        home="fabrikam.com",
    ),
    Persona(
        "setup-pipeline",
        "setup-pipeline",
        "a service principal with the operator's roles, for unattended runs",
        (CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR),
        kind="servicePrincipal",
    ),
)

GROUP_NAME = "Twin Engineers"
GROUP_ID = derive_id("group", GROUP_NAME)
GROUP_MEMBERS = ("contributor", "reader")

TENANT_ID = derive_id("tenant", DOMAIN)
TENANT_NAME = "Contoso"
TRAINING_ID = derive_id("subscription", "training")
PRODUCTION_ID = derive_id("subscription", "production")
SUBSCRIPTIONS = {TRAINING_ID: "Contoso Training", PRODUCTION_ID: "Contoso Production"}
ROOT_GROUP = f"/providers/Microsoft.Management/managementGroups/{TENANT_ID}"
"""The tenant's root management group, which has the tenant's id as its name (documented)."""
PLATFORM_GROUP = "/providers/Microsoft.Management/managementGroups/contoso-platform"
"""The management group between the root and both subscriptions."""

DIGITAL_TWINS_APP_ID = "0b07f429-9f4b-4714-9392-cc5e8e80c8b0"
"""The application that represents the service in every tenant (documented)."""
DIGITAL_TWINS_PRINCIPAL_ID = derive_id("servicePrincipal", DIGITAL_TWINS_APP_ID)
MICROSOFT_TENANT_ID = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that owns Microsoft's own applications (well known)."""

OTHER_CUSTOMERS_INSTANCE = "contoso-twins"
"""An instance name that another customer holds in every region, so that a learner can see a taken name."""


def security_identifier(object_id: str) -> str:
    """Return the SID that Entra derives from an object id: its four little-endian 32-bit parts (well known)."""
    raw = uuid.UUID(object_id).bytes_le
    return "S-1-12-1-" + "-".join(str(int.from_bytes(raw[at : at + 4], "little")) for at in range(0, 16, 4))


def persona(name: str) -> Persona:
    """Return the persona of that name. Raises KeyError if there isn't one."""
    return {p.name: p for p in PERSONAS}[name]


def seed(store: Store, clock: Clock) -> None:
    """Fill an empty store with the company. A store that already has it stays as it is."""
    if store.get("tenant", TENANT_ID):
        return
    now = stamp(clock.now())
    with store.transaction():
        store.put("tenant", TENANT_ID, {"tenantId": TENANT_ID, "displayName": TENANT_NAME, "defaultDomain": DOMAIN})
        for number, (subscription_id, name) in enumerate(SUBSCRIPTIONS.items()):
            # A numbered key keeps the training subscription first in lists: clients take the first as their default.
            document = {"subscriptionId": subscription_id, "displayName": name, "order": number}
            store.put("subscription", subscription_id, document)
        for who in PERSONAS:
            _seed_principal(store, who, now)
        store.put("group", GROUP_ID, _group(now))
        store.put("servicePrincipal", DIGITAL_TWINS_PRINCIPAL_ID, _digital_twins_service(now))
        for who in PERSONAS:
            training = f"/subscriptions/{TRAINING_ID}"
            _seed_assignments(store, who, who.roles, training, now)
            _seed_assignments(store, who, who.production_roles, f"/subscriptions/{PRODUCTION_ID}", now)
            _seed_assignments(store, who, who.management_roles, PLATFORM_GROUP, now)
            for role in who.eligible_roles:
                eligibility = {"principalId": who.id, "role": role, "scope": training, "createdOn": now}
                name = derive_id("eligibility", who.name, role, training)
                store.put("role-eligibility", name, {"name": name, "principalType": "User", **eligibility})


def _seed_principal(store: Store, who: Persona, now: str) -> None:
    if who.kind == "user":
        _seed_user(store, who)
    else:
        _seed_application(store, who, now)


def _seed_user(store: Store, who: Persona) -> None:
    first, _, last = who.display_name.partition(" ")
    user: Document = {
        "id": who.id,
        "displayName": who.display_name,
        "givenName": first,
        "surname": last,
        "userPrincipalName": who.user_principal_name,
        "mail": who.mail,
        "userType": "Guest" if who.home else "Member",
        "jobTitle": None,
        "businessPhones": [],
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "accountEnabled": True,
        "persona": who.name,
    }
    store.put("user", who.id, user)


def _seed_application(store: Store, who: Persona, now: str) -> None:
    # It begins with a letter: programs that get it as an argument would take a leading hyphen for an option.
    secret = secrets.choice(string.ascii_letters) + secrets.token_urlsafe(30)
    store.put(
        "application",
        who.app_id,
        {
            "appId": who.app_id,
            "displayName": who.display_name,
            "servicePrincipalId": who.id,
            "secrets": [secret],
            "id": derive_id("applicationObject", who.name),
            "createdDateTime": now,
        },
    )
    principal = {
        "id": who.id,
        "appId": who.app_id,
        "displayName": who.display_name,
        "appDisplayName": who.display_name,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [who.app_id],
        "alternativeNames": [],
        "accountEnabled": True,
        "appOwnerOrganizationId": TENANT_ID,
        "createdDateTime": now,
        "persona": who.name,
        "mayReadDirectory": True,
        "signInAudience": "AzureADMyOrg",
    }
    store.put("servicePrincipal", who.id, principal)


def _group(now: str) -> dict[str, Any]:
    return {
        "id": GROUP_ID,
        "displayName": GROUP_NAME,
        "description": "Everybody who models the factory",
        "mailNickname": "twin-engineers",
        "mail": None,
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
        "members": [persona(name).id for name in GROUP_MEMBERS],
        "createdDateTime": now,
        "renewedDateTime": now,
        "securityIdentifier": security_identifier(GROUP_ID),
    }


def _digital_twins_service(now: str) -> Document:
    """Return the service's own principal. The article on app registrations documents its permission."""
    return {
        "id": DIGITAL_TWINS_PRINCIPAL_ID,
        "appId": DIGITAL_TWINS_APP_ID,
        "displayName": "Azure Digital Twins",
        "appDisplayName": "Azure Digital Twins",
        "servicePrincipalType": "Application",
        "alternativeNames": [],
        "servicePrincipalNames": ["https://digitaltwins.azure.net", DIGITAL_TWINS_APP_ID],
        "accountEnabled": True,
        "appOwnerOrganizationId": MICROSOFT_TENANT_ID,
        "createdDateTime": now,
        "mayReadDirectory": False,
        "signInAudience": "AzureADMultipleOrgs",
        "oauth2PermissionScopes": [
            {
                "id": "4589bd03-58cb-4e6c-b17f-b580e39652f8",
                "value": "Read.Write",
                "type": "User",
                "isEnabled": True,
                "adminConsentDisplayName": "Read and write access to Azure Digital Twins",
                "adminConsentDescription": "Allows the application to use Azure Digital Twins for the signed-in user.",
                "userConsentDisplayName": "Read and write access to Azure Digital Twins",
                "userConsentDescription": "Allows the application to use Azure Digital Twins for you.",
            }
        ],
    }


def _seed_assignments(store: Store, who: Persona, roles: tuple[str, ...], scope: str, now: str) -> None:
    for role in roles:
        _seed_assignment(store, who, role, scope, now)


def _seed_assignment(store: Store, who: Persona, role: str, scope: str, now: str) -> None:
    name = derive_id("assignment", who.name, role, scope)
    principal_type = "User" if who.kind == "user" else "ServicePrincipal"
    store.put(
        "role-assignment",
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        {
            "name": name,
            "scope": scope,
            "role": role,
            "principalId": who.id,
            "principalType": principal_type,
            "createdOn": now,
            "updatedOn": now,
            "createdBy": PERSONAS[0].id,
            "updatedBy": PERSONAS[0].id,
            "effectiveOn": now,
        },
    )


def fingerprint(secret: str) -> str:
    """Return a short one-way name of a secret, to show or log in its place."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]
