"""02-assign-access, run again with one parameter changed."""

from __future__ import annotations

import pytest

from runbook_lib.errors import InputError
from runbook_lib.sandbox.world import GROUP_ID
from tests.steps.world import World

from .places import (
    ANOTHER,
    ANOTHER_HOST,
    IN_PRODUCTION,
    NAMESAKE_HOST,
    OTHER_GROUP,
    PRODUCTION,
    a_namesake,
    another_instance,
)
from .rerun import Rerun, prove, writes

ROLE = writes("PUT roleAssignments/*")


def a_group_of_that_name(world: World) -> None:
    store = world.sandbox.cloud.store
    group = store.get("group", GROUP_ID)
    assert group is not None
    store.put("group", GROUP_ID, {**group, "displayName": "setup-pipeline"})


ROWS = (
    Rerun(
        "subscription",
        PRODUCTION,
        plan=PRODUCTION,
        asks=IN_PRODUCTION,
        refused=InputError,
        checks="can't see an instance",
        passed=False,
    ),
    Rerun(
        "resource_group",
        OTHER_GROUP,
        meanwhile=a_namesake,
        plan=OTHER_GROUP,
        asks=NAMESAKE_HOST,
        checks=NAMESAKE_HOST,
    ),
    Rerun(
        "instance_name",
        ANOTHER,
        meanwhile=another_instance,
        plan=ANOTHER,
        asks=ANOTHER_HOST,
        checks=ANOTHER,
    ),
    Rerun("principal", "Ruth Reader", plan="to Ruth Reader at the instance", writes=ROLE, checks="Ruth Reader"),
    Rerun(
        "principal_type",
        "group",
        usual={"principal": "setup-pipeline", "principal_type": "service-principal"},
        meanwhile=a_group_of_that_name,
        plan=GROUP_ID,
        writes=ROLE,
        checks="a member of setup-pipeline",
    ),
    Rerun(
        "role",
        "Azure Digital Twins Data Reader",
        plan="Azure Digital Twins Data Reader",
        writes=ROLE,
        checks="Azure Digital Twins Data Reader",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.parameter)
def test_assign_access(there: World, row: Rerun) -> None:
    prove(there, World.assign, row)
