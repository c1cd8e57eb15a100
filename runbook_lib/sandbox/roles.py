"""Azure's built-in roles that the guide uses, with their fixed ids.

Permissions from Microsoft's list of roles (built-in roles reference and recorded role definitions, 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
DATA_OWNER = "bcd981a7-7f74-457b-83e1-cceb9e632ffe"
DATA_READER = "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
MANAGED_IDENTITY_CONTRIBUTOR = "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"
EVENT_HUBS_DATA_SENDER = "2b629674-e913-4c01-ae53-ef4638d8f975"
EVENT_HUBS_DATA_OWNER = "f526a384-b230-433a-b45c-95f59c4a2dec"
SERVICE_BUS_DATA_SENDER = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
SERVICE_BUS_DATA_OWNER = "090c5cfd-751d-490a-894a-3ce6f1109419"
STORAGE_BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
STORAGE_BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
PRIVATE_DNS_ZONE_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"


@dataclass(frozen=True)
class Role:
    """A role definition: what it allows in the control plane (actions) and in the data plane (data actions)."""

    id: str
    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    created_on: str = "2015-02-02T21:55:09.8806423Z"
    updated_on: str = "2021-11-11T20:13:45.8978856Z"
    assignable_scopes: tuple[str, ...] = ("/",)
    kind: str = "BuiltInRole"
    """`BuiltInRole` or `CustomRole`."""
    created_by: str | None = None
    """Object id; None for the built-in ones."""
    updated_by: str | None = None
    further: tuple[Role, ...] = ()
    """More entries of a custom role's permissions: each allows by itself, and withholds only from itself."""


_COMMON = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Support/*",
)
"""What most roles of a single service have in addition to the service's own actions."""
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"

BUILT_IN = (
    Role(OWNER, "Owner", "May manage everything, and may assign roles.", ("*",)),
    Role(
        CONTRIBUTOR,
        "Contributor",
        "May manage everything, but may not assign roles.",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
        ),
    ),
    Role(READER, "Reader", "May look at everything, but may not change anything.", ("*/read",)),
    Role(
        USER_ACCESS_ADMINISTRATOR,
        "User Access Administrator",
        "May manage who has access to Azure resources.",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        RBAC_ADMINISTRATOR,
        "Role Based Access Control Administrator",
        "May manage access by assigning roles.",
        (
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ),
    ),
    Role(
        DATA_OWNER,
        "Azure Digital Twins Data Owner",
        "Full access to the Azure Digital Twins data plane.",
        data_actions=tuple(
            f"Microsoft.DigitalTwins/{part}/*"
            for part in (
                "digitaltwins",
                "digitaltwins/commands",
                "digitaltwins/relationships",
                "eventroutes",
                "jobs",
                "models",
                "query",
            )
        ),
    ),
    Role(
        DATA_READER,
        "Azure Digital Twins Data Reader",
        "Read-only access to the Azure Digital Twins data plane.",
        data_actions=tuple(
            f"Microsoft.DigitalTwins/{part}"
            for part in (
                "digitaltwins/read",
                "digitaltwins/relationships/read",
                "eventroutes/read",
                "jobs/import/read",
                "jobs/imports/read",
                "jobs/deletions/read",
                "models/read",
                "query/action",
            )
        ),
    ),
    Role(
        MANAGED_IDENTITY_OPERATOR,
        "Managed Identity Operator",
        "May read and assign user-assigned identities.",
        (f"{_IDENTITIES}/*/read", f"{_IDENTITIES}/*/assign/action", *_COMMON),
    ),
    Role(
        MANAGED_IDENTITY_CONTRIBUTOR,
        "Managed Identity Contributor",
        "May create, read, update and delete user-assigned identities, but may not assign them.",
        (
            f"{_IDENTITIES}/read",
            f"{_IDENTITIES}/write",
            f"{_IDENTITIES}/delete",
            f"{_IDENTITIES}/federatedIdentityCredentials/read",
            f"{_IDENTITIES}/federatedIdentityCredentials/write",
            f"{_IDENTITIES}/federatedIdentityCredentials/delete",
            f"{_IDENTITIES}/revokeTokens/action",
            *_COMMON,
        ),
    ),
    Role(
        EVENT_HUBS_DATA_SENDER,
        "Azure Event Hubs Data Sender",
        "May send events to event hubs.",
        ("Microsoft.EventHub/*/eventhubs/read",),
        data_actions=("Microsoft.EventHub/*/send/action",),
    ),
    Role(
        EVENT_HUBS_DATA_OWNER,
        "Azure Event Hubs Data Owner",
        "Full access to the events of event hubs.",
        ("Microsoft.EventHub/*",),
        data_actions=("Microsoft.EventHub/*",),
    ),
    Role(
        SERVICE_BUS_DATA_SENDER,
        "Azure Service Bus Data Sender",
        "May send messages to Service Bus.",
        (
            "Microsoft.ServiceBus/*/queues/read",
            "Microsoft.ServiceBus/*/topics/read",
            "Microsoft.ServiceBus/*/topics/subscriptions/read",
        ),
        data_actions=("Microsoft.ServiceBus/*/send/action",),
    ),
    Role(
        SERVICE_BUS_DATA_OWNER,
        "Azure Service Bus Data Owner",
        "Full access to the messages of Service Bus.",
        ("Microsoft.ServiceBus/*",),
        data_actions=("Microsoft.ServiceBus/*",),
    ),
    Role(
        STORAGE_BLOB_DATA_READER,
        "Storage Blob Data Reader",
        "May read blobs.",
        (
            f"{_CONTAINERS}/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ),
        data_actions=(f"{_CONTAINERS}/blobs/read",),
    ),
    Role(
        STORAGE_BLOB_DATA_CONTRIBUTOR,
        "Storage Blob Data Contributor",
        "May read, write and delete blobs.",
        (
            f"{_CONTAINERS}/delete",
            f"{_CONTAINERS}/read",
            f"{_CONTAINERS}/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ),
        data_actions=tuple(
            f"{_CONTAINERS}/blobs/{part}" for part in ("delete", "read", "write", "move/action", "add/action")
        ),
    ),
    Role(
        NETWORK_CONTRIBUTOR,
        "Network Contributor",
        "May manage networks, but not who has access to them.",
        ("Microsoft.Network/*", "Microsoft.ResourceHealth/availabilityStatuses/read", *_COMMON),
    ),
    Role(
        PRIVATE_DNS_ZONE_CONTRIBUTOR,
        "Private DNS Zone Contributor",
        "May manage private DNS zones.",
        (
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/privateDnsOperationResults/*",
            "Microsoft.Network/privateDnsOperationStatuses/*",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/join/action",
            *_COMMON,
        ),
    ),
)
