"""05-connect-a-client, run again with one parameter changed, in whichever of its three steps takes it."""

from __future__ import annotations

import pytest

from runbook_lib.errors import InputError
from runbook_lib.steps.data.example import Factory
from tests.steps import data
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
from .rerun import Make, Rerun, prove, writes

PLANT = Factory("plant-7")
BUILT = writes(
    *(f"PUT digitaltwins/{twin.id}" for twin in PLANT.twins),
    *(f"PUT relationships/{relationship.id}" for relationship in PLANT.relationships),
)
WRITTEN_ONLY = "The code is for elsewhere, so it is written and not run: nothing goes over the wire."

SHARED = (
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
        plan=NAMESAKE_HOST,
        asks=NAMESAKE_HOST,
        checks=NAMESAKE_HOST,
    ),
    Rerun(
        "instance_name",
        ANOTHER,
        meanwhile=another_instance,
        plan=ANOTHER_HOST,
        asks=ANOTHER_HOST,
        checks=ANOTHER_HOST,
    ),
    Rerun(
        "host_name",
        ANOTHER_HOST,
        meanwhile=another_instance,
        plan=ANOTHER_HOST,
        asks=ANOTHER_HOST,
        checks=ANOTHER_HOST,
    ),
)
CODE = (
    Rerun(
        "credential",
        "browser",
        plan="InteractiveBrowserCredential",
        checks="it opens a browser window",
        reason=WRITTEN_ONLY,
    ),
    Rerun("language", "dotnet", plan="C#", checks="not .NET", reason=WRITTEN_ONLY),
)
GRAPH = (Rerun("twin_prefix", "plant-7", plan="plant-7-mixer", writes=BUILT, checks="plant-7-mixer"),)
ROWS = (*SHARED, *CODE, *GRAPH)
STEPS: dict[str, Make] = {"twin_prefix": data.build}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.parameter)
def test_connect_a_client(let_in: World, row: Rerun) -> None:
    prove(let_in, STEPS.get(row.parameter, data.connect), row)
