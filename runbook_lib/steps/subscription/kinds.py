"""What the guide creates in a subscription: a registration, a resource group."""

from __future__ import annotations

from ...azure.permissions import CREATE_GROUP, REGISTER
from ..core.kinds import Kind, RequiredPermission, deletes, register

PROVIDER = register(
    Kind("Resource provider", {"register": (RequiredPermission(REGISTER, "subscription"),)}, usual_seconds=60)
)
"""No recording tells how long registering takes; a minute is typical."""

GROUP = register(
    Kind(
        "Resource group",
        {
            "create": (RequiredPermission(CREATE_GROUP, "subscription"),),
            "delete": deletes("Microsoft.Resources/subscriptions/resourceGroups"),
        },
        rank=15,
        api_version="2022-09-01",
        usual_seconds=2,
    )
)
