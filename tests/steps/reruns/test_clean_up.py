"""06-clean-up, run again with one parameter changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runbook_lib.sandbox.roles import READER
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps.clean_up.step import CleanUp
from tests.steps.cleaning import after_first_parts, orphan
from tests.steps.world import World

from .places import (
    ANOTHER,
    ANOTHER_SCOPE,
    IN_PRODUCTION,
    OTHER_GROUP,
    OTHER_GROUP_SCOPE,
    PRODUCTION,
    a_namesake,
    another_instance,
)
from .rerun import Make, Rerun, prove, writes

SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
NO_WRITES = "Nothing is removed, as nothing is confirmed: what is asked for shows where it looks."


def an_orphan(world: World) -> None:
    orphan(world, SUBSCRIPTION)


def an_orphan_in_another_group(world: World) -> None:
    a_namesake(world)
    orphan(world, OTHER_GROUP_SCOPE)
    reader_of(world, OTHER_GROUP_SCOPE)


def an_orphan_at_another_instance(world: World) -> None:
    another_instance(world)
    orphan(world, ANOTHER_SCOPE)
    reader_of(world, ANOTHER_SCOPE)


def reader_of(world: World, scope: str) -> None:
    """Let the reader look there, and nowhere else."""
    world.take_roles_from("reader")
    world.somebody_assigns(READER, persona("reader").id, scope)


def as_reader(world: World, **values: Any) -> CleanUp:
    return world.clean_up("reader", **values)


Case = tuple[Callable[[World], object], Make, Rerun]

CASES: tuple[Case, ...] = (
    (
        World.somebody_makes_group,
        World.clean_up,
        Rerun(
            "subscription",
            PRODUCTION,
            meanwhile=an_orphan,
            plan="No orphaned role assignments were found.",
            asks=IN_PRODUCTION,
            checks="none in the subscription",
        ),
    ),
    (
        World.somebody_makes_group,
        as_reader,
        Rerun(
            "resource_group",
            OTHER_GROUP,
            meanwhile=an_orphan_in_another_group,
            plan="Reader",
            asks=f"{OTHER_GROUP_SCOPE}/providers/Microsoft.Authorization/roleAssignments",
            checks=f"Reader at {OTHER_GROUP_SCOPE}",
        ),
    ),
    (
        World.somebody_makes_group,
        as_reader,
        Rerun(
            "instance_name",
            ANOTHER,
            meanwhile=an_orphan_at_another_instance,
            plan="Reader",
            asks=f"{ANOTHER_SCOPE}/providers/Microsoft.Authorization/roleAssignments",
            checks=f"Reader at {ANOTHER_SCOPE}",
        ),
    ),
    (
        after_first_parts,
        World.clean_up,
        Rerun(
            "confirm_clean_up",
            True,
            writes=writes(
                "DELETE roleAssignments/*",
                "DELETE digitalTwinsInstances/my-first-twins",
                "DELETE resourcegroups/rg-digital-twins",
            ),
            checks="nothing is left to remove",
            reason="The plan asks for agreement, whether it has been given beforehand or not.",
        ),
    ),
    (
        World.somebody_makes_group,
        World.clean_up,
        Rerun(
            "remove_orphans",
            True,
            usual={"confirm_clean_up": True},
            meanwhile=an_orphan,
            plan="will be deleted for good",
            writes=writes("DELETE roleAssignments/*"),
            checks="none in the subscription",
        ),
    ),
)
ROWS = tuple(row for _, _, row in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[2].parameter)
def test_clean_up(ready: World, case: Case) -> None:
    prepare, make, row = case
    prepare(ready)
    prove(ready, make, row)
