"""What Graph shows of a directory object: the default properties of each type as recorded, and nothing private."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..store import Document, Store
from ..world import DOMAIN


@dataclass(frozen=True)
class ObjectType:
    """A type of directory object."""

    name: str
    """As in `@odata.type`; it's also the store's kind."""
    collection: str
    """The segment in the path."""
    defaults: dict[str, Any]
    """The properties that every answer has, and their default values."""
    on_request: frozenset[str] = field(default_factory=frozenset)
    """Properties that you get only with `$select`."""
    keyed_by: str = "id"
    """The property whose value is the object's key in the store."""

    @property
    def properties(self) -> frozenset[str]:
        """All properties that can be requested."""
        return frozenset(self.defaults) | self.on_request

    def show(self, document: Document, select: tuple[str, ...] = ()) -> Document:
        """Return the public face of a document: the selected properties, or the default ones."""
        return {name: document.get(name, self.defaults.get(name)) for name in select or self.defaults}


def _empty(names: str, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(names.split()) | values


USER = ObjectType(
    "user",
    "users",
    _empty(
        "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname"
        " userPrincipalName id",
        businessPhones=[],
    ),
    frozenset({"accountEnabled", "userType", "mailNickname"}),
)
GROUP = ObjectType(
    "group",
    "groups",
    _empty(
        "id deletedDateTime classification createdDateTime creationOptions description displayName expirationDateTime"
        " groupTypes isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState"
        " onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName"
        " onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses"
        " renewedDateTime resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier theme"
        " visibility onPremisesProvisioningErrors",
        creationOptions=[],
        groupTypes=[],
        proxyAddresses=[],
        resourceBehaviorOptions=[],
        resourceProvisioningOptions=[],
        onPremisesProvisioningErrors=[],
    ),
)
SERVICE_PRINCIPAL = ObjectType(
    "servicePrincipal",
    "servicePrincipals",
    _empty(
        "id deletedDateTime accountEnabled alternativeNames appDisplayName appDescription appId applicationTemplateId"
        " appOwnerOrganizationId appRoleAssignmentRequired createdDateTime description disabledByMicrosoftStatus"
        " displayName homepage loginUrl logoutUrl notes notificationEmailAddresses preferredSingleSignOnMode"
        " preferredTokenSigningKeyThumbprint replyUrls servicePrincipalNames servicePrincipalType signInAudience tags"
        " tokenEncryptionKeyId samlSingleSignOnSettings verifiedPublisher addIns appRoles info keyCredentials"
        " oauth2PermissionScopes passwordCredentials resourceSpecificApplicationPermissions",
        accountEnabled=True,
        alternativeNames=[],
        appRoleAssignmentRequired=False,
        notificationEmailAddresses=[],
        replyUrls=[],
        servicePrincipalNames=[],
        servicePrincipalType="Application",
        tags=[],
        addIns=[],
        appRoles=[],
        keyCredentials=[],
        oauth2PermissionScopes=[],
        passwordCredentials=[],
        resourceSpecificApplicationPermissions=[],
        verifiedPublisher={"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        info={
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
    ),
)

APPLICATION = ObjectType(
    "application",
    "applications",
    _empty(
        "id deletedDateTime appId applicationTemplateId disabledByMicrosoftStatus createdDateTime displayName"
        " description groupMembershipClaims identifierUris isDeviceOnlyAuthSupported isFallbackPublicClient notes"
        " publisherDomain serviceManagementReference signInAudience tags tokenEncryptionKeyId uniqueName"
        " samlMetadataUrl defaultRedirectUri certification optionalClaims addIns api appRoles info keyCredentials"
        " passwordCredentials requiredResourceAccess web spa publicClient",
        identifierUris=[],
        publisherDomain=DOMAIN,
        signInAudience="AzureADMyOrg",
        tags=[],
        addIns=[],
        appRoles=[],
        keyCredentials=[],
        passwordCredentials=[],
        requiredResourceAccess=[],
        spa={"redirectUris": []},
        publicClient={"redirectUris": []},
        web={"homePageUrl": None, "logoutUrl": None, "redirectUris": []},
        api={
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "requestedAccessTokenVersion": None,
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        info={
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
    ),
    keyed_by="appId",
)

ORGANIZATION = ObjectType(
    "organization",
    "organization",
    _empty(
        "id deletedDateTime businessPhones city country countryLetterCode createdDateTime defaultUsageLocation"
        " displayName isMultipleDataLocationsForServicesEnabled marketingNotificationEmails onPremisesLastSyncDateTime"
        " onPremisesSyncEnabled partnerTenantType postalCode preferredLanguage securityComplianceNotificationMails"
        " securityComplianceNotificationPhones state street technicalNotificationMails tenantType assignedPlans"
        " provisionedPlans verifiedDomains privacyProfile",
        businessPhones=[],
        marketingNotificationEmails=[],
        securityComplianceNotificationMails=[],
        securityComplianceNotificationPhones=[],
        technicalNotificationMails=[],
        tenantType="AAD",
        assignedPlans=[],
        provisionedPlans=[],
    ),
)
"""The tenant itself. It isn't a directory object that others refer to, so it isn't among TYPES."""

TYPES = {kind.collection.lower(): kind for kind in (USER, GROUP, SERVICE_PRINCIPAL, APPLICATION)}


def organizations(store: Store) -> list[Document]:
    """Return the tenant as Graph shows it: as the only member of a collection."""
    return [
        {
            "id": tenant["tenantId"],
            "displayName": tenant["displayName"],
            "verifiedDomains": [
                {
                    "capabilities": "Email, OfficeCommunicationsOnline",
                    "isDefault": True,
                    "isInitial": True,
                    "name": tenant["defaultDomain"],
                    "type": "Managed",
                }
            ],
        }
        for tenant in store.list("tenant")
    ]


def get_object(store: Store, kind: ObjectType, object_id: str) -> Document | None:
    """Return an object of one type by its id, or None."""
    if kind.keyed_by == "id":
        return store.get(kind.name, object_id)
    return next((found for found in store.list(kind.name) if _same(found["id"], object_id)), None)


def by_app_id(store: Store, kind: ObjectType, app_id: str) -> Document | None:
    """Return an application or service principal by its application id, or None."""
    return next((found for found in store.list(kind.name) if _same(found["appId"], app_id)), None)


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def find_object(store: Store, object_id: str) -> tuple[ObjectType, Document] | None:
    """Return an object of any type by its id, or None."""
    for kind in TYPES.values():
        document = get_object(store, kind, object_id)
        if document is not None:
            return kind, document
    return None
