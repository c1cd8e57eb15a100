"""00-start-here, run again with one parameter changed."""

from __future__ import annotations

import pytest

from tests.steps.world import World

from .places import ANOTHER, ANOTHER_SCOPE, IN_PRODUCTION, OTHER_GROUP, PRODUCTION, a_namesake, another_instance
from .rerun import Rerun, prove, writes


def two_instances(world: World) -> None:
    world.somebody_makes_group()
    world.somebody_makes("my-first-twins", finished=True)
    another_instance(world)


def provider_gone(world: World) -> None:
    world.somebody_unregisters("Microsoft.DigitalTwins")


ROWS = (
    Rerun(
        "subscription",
        PRODUCTION,
        plan=f"Subscription {PRODUCTION}",
        asks=f"{IN_PRODUCTION}/resourcegroups",
        checks=PRODUCTION,
    ),
    Rerun(
        "resource_group",
        OTHER_GROUP,
        meanwhile=a_namesake,
        plan=f"Resource group {OTHER_GROUP} is there, in northeurope",
        asks=f"resourcegroups/{OTHER_GROUP}",
        reason="The checks tell of what may be done, and in both groups that is the same.",
    ),
    Rerun(
        "instance_name",
        ANOTHER,
        meanwhile=two_instances,
        plan="Write data (05) yes",
        asks=f"{ANOTHER_SCOPE}/providers/Microsoft.Authorization/permissions",
        checks="Write data (05), Clean up (06)",
    ),
    Rerun(
        "register_provider",
        False,
        meanwhile=provider_gone,
        plan="stays unregistered, as asked",
        spares=writes("POST Microsoft.DigitalTwins/register"),
        checks="Register it before creating an instance.",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.parameter)
def test_start_here(world: World, row: Rerun) -> None:
    prove(world, World.start_here, row)
