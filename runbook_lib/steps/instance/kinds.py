"""The instance itself."""

from __future__ import annotations

from ...azure.permissions import CREATE_INSTANCE
from ...azure.resource_ids import INSTANCE_TYPE
from ..core.kinds import Kind, RequiredPermission, deletes, register, register_activity
from ..subscription.kinds import GROUP

_WRITE = (RequiredPermission(CREATE_INSTANCE, "instance"),)

INSTANCE = register(
    Kind(
        "Azure Digital Twins instance",
        {"create": _WRITE, "update": _WRITE, "delete": deletes(INSTANCE_TYPE)},
        rank=14,
        api_version="2023-01-31",
        usual_seconds=35,  # recorded in 2023
    )
)

register_activity("01", "Create the resource group", GROUP.permissions["create"])
register_activity("01", "Create the instance", INSTANCE.permissions["create"])
