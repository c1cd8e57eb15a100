"""Azure's built-in roles that the guide touches, by their lasting ids.

Permissions as Microsoft's role listing gives them (built-in roles reference and recorded role definitions, 2024).
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


BUILT_IN = (
    Role(OWNER, "Owner", "May manage everything, and may assign roles.", ("*",)),
    Role(
        CONTRIBUTOR, "Contributor", "May manage everything, but may not assign roles.", ("*",),
        (
            "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
        ),
    ),
    Role(READER, "Reader", "May look at everything, but may not change anything.", ("*/read",)),
    Role(
        USER_ACCESS_ADMINISTRATOR, "User Access Administrator", "May manage who has access to Azure resources.",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        RBAC_ADMINISTRATOR, "Role Based Access Control Administrator", "May manage access by assigning roles.",
        (
            "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete",
            "*/read", "Microsoft.Support/*",
        ),
    ),
    Role(
        DATA_OWNER, "Azure Digital Twins Data Owner", "Full access to the Azure Digital Twins data plane.",
        data_actions=tuple(
            f"Microsoft.DigitalTwins/{part}/*"
            for part in (
                "digitaltwins", "digitaltwins/commands", "digitaltwins/relationships", "eventroutes", "jobs", "models",
                "query",
            )
        ),
    ),
    Role(
        DATA_READER, "Azure Digital Twins Data Reader", "Read-only access to the Azure Digital Twins data plane.",
        data_actions=tuple(
            f"Microsoft.DigitalTwins/{part}"
            for part in (
                "digitaltwins/read", "digitaltwins/relationships/read", "eventroutes/read", "jobs/import/read",
                "jobs/imports/read", "jobs/deletions/read", "models/read", "query/action",
            )
        ),
    ),
)  # fmt: skip
