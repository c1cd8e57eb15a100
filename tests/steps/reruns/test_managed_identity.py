"""03-managed-identity, run again with one parameter changed."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.steps.identity.step import ManagedIdentity
from tests.steps.plant import identity_step, somebody_makes_identity
from tests.steps.world import World

from .places import ANOTHER, IN_PRODUCTION, OTHER_GROUP, PRODUCTION, a_namesake, another_instance
from .rerun import Rerun, prove, writes

INSTANCE = writes("PATCH digitalTwinsInstances/my-first-twins")
ASSOCIATED = {"associate_identity": "id-plant", "create_identity": True}


def make(world: World, **values: Any) -> ManagedIdentity:
    return identity_step(world, **values)


def an_identity(world: World) -> None:
    somebody_makes_identity(world, "id-plant")


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
        writes=INSTANCE,
        asks=f"resourceGroups/{OTHER_GROUP}/providers/Microsoft.DigitalTwins",
        reason="The checks name the instance, and both are called the same: the wire shows where they look.",
    ),
    Rerun(
        "instance_name",
        ANOTHER,
        meanwhile=another_instance,
        plan=ANOTHER,
        writes=writes(f"PATCH digitalTwinsInstances/{ANOTHER}"),
        checks=ANOTHER,
    ),
    Rerun(
        "system_assigned",
        "off",
        usual={"confirm": True},
        plan="turn off object id",
        writes=INSTANCE,
        checks="The system-assigned identity is off",
    ),
    Rerun(
        "associate_identity",
        "id-plant",
        meanwhile=an_identity,
        plan="associate with my-first-twins",
        writes=INSTANCE,
        checks="id-plant is associated",
    ),
    Rerun(
        "create_identity",
        True,
        usual={"associate_identity": "id-plant"},
        first={},
        plan="create User-assigned managed identity id-plant",
        writes=INSTANCE | writes("PUT userAssignedIdentities/id-plant"),
        checks="associated: id-plant",
    ),
    Rerun(
        "remove_identity",
        "id-plant",
        usual={"confirm": True},
        first=ASSOCIATED,
        plan="the identity itself stays",
        writes=INSTANCE,
        checks="id-plant isn't associated",
    ),
    Rerun(
        "confirm",
        True,
        usual={"system_assigned": "off"},
        first={},
        writes=INSTANCE,
        checks="The identities of my-first-twins are as requested",
        reason="The plan asks for agreement, whether it has been given beforehand or not.",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.parameter)
def test_managed_identity(there: World, row: Rerun) -> None:
    prove(there, make, row)


def test_without_confirm_the_same_rerun_is_refused(there: World) -> None:
    make(there).apply()
    with pytest.raises(InputError, match="confirm"):
        make(there, system_assigned="off").apply()
