"""01-create-instance, run again with one parameter changed."""

from __future__ import annotations

import pytest

from runbook_lib.errors import InputError, PermissionMissing
from tests.steps.world import World

from .network_rows import WIRED, network_rows
from .places import ANOTHER, IN_PRODUCTION, OTHER_GROUP, PRODUCTION, group_gone
from .rerun import Rerun, prove, writes

INSTANCE = "PUT digitalTwinsInstances/my-first-twins"
UPDATED = writes("PATCH digitalTwinsInstances/my-first-twins")
PRIVATE = {"connectivity": "private"}
ROWS = (
    Rerun(
        "subscription",
        PRODUCTION,
        plan=PRODUCTION,
        asks=IN_PRODUCTION,
        refused=PermissionMissing,
        checks="There is none in rg-digital-twins.",
        passed=False,
    ),
    Rerun(
        "resource_group",
        OTHER_GROUP,
        plan="already exists in region 'westeurope'",
        asks=OTHER_GROUP,
        refused=InputError,
        checks=f"There is none in {OTHER_GROUP}.",
        passed=False,
    ),
    Rerun(
        "create_resource_group",
        False,
        meanwhile=group_gone,
        plan="set create_resource_group to true",
        refused=InputError,
        spares=writes("PUT resourcegroups/rg-digital-twins", INSTANCE),
        checks="",
        passed=False,
        reason="Either way the checks find no instance: the other rerun has not made it yet.",
    ),
    Rerun(
        "instance_name",
        ANOTHER,
        plan=f"create Azure Digital Twins instance {ANOTHER}",
        writes=writes(f"PUT digitalTwinsInstances/{ANOTHER}"),
        checks=f"{ANOTHER}.api.weu.digitaltwins.azure.net",
    ),
    Rerun(
        "region",
        "northeurope",
        plan="cannot be created in northeurope",
        refused=InputError,
        checks="The instance my-first-twins is not as asked for",
        passed=False,
    ),
    Rerun(
        "grant_access",
        True,
        plan="to owner@contoso.onmicrosoft.com at the instance",
        writes=writes("PUT roleAssignments/*"),
        checks="You have Azure Digital Twins Data Owner",
    ),
    Rerun(
        "connectivity",
        "private",
        plan="create Private endpoint pe-my-first-twins",
        writes=WIRED,
        checks="The private endpoint pe-my-first-twins is there",
    ),
    Rerun(
        "connectivity",
        "public",
        usual=PRIVATE,
        plan="pe-my-first-twins (Approved)",
        reason="This notebook takes no way in away: the plan says what stays, and where it can be removed.",
    ),
    *network_rows(**PRIVATE),
    Rerun(
        "system_identity",
        True,
        plan="system-assigned identity on",
        writes=UPDATED,
        checks="It has a system-assigned identity",
    ),
    Rerun(
        "system_identity",
        False,
        usual={"system_identity": True},
        plan="it is left on",
        reason="This notebook takes no identity away, 03 does: the plan says that it stays.",
    ),
    Rerun("tags", {"team": "a"}, plan="tag team=a", writes=UPDATED, checks="It has the tags asked for"),
    Rerun(
        "tags",
        {},
        usual={"tags": {"team": "a"}},
        plan="which stay: team=a",
        reason="This notebook takes no tags away: the plan says that they stay.",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.parameter}={row.value}")
def test_create_instance(ready: World, row: Rerun) -> None:
    prove(ready, World.create, row)
