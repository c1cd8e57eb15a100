"""What plans tell people to do by hand about managed identities ends where the step itself would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.world import TRAINING_ID
from runbook_lib.steps.identity import survey
from tests.sandbox.command_line import CommandLine, with_az
from tests.steps.by_hand import run_commands, run_program
from tests.steps.plant import identity_of, identity_step, somebody_changes, somebody_makes_identity
from tests.steps.world import GROUP, World

KEEP = {"system_assigned": "keep"}
NEW: dict[str, Any] = {"associate_identity": "id-new", "create_identity": True}
ALL_AT_ONCE = {"system_assigned": "on", "associate_identity": "id-plant", "remove_identity": "id-old"}


def furnish(world: World) -> World:
    """Make an instance with two user-assigned identities, and a third identity that it does not have."""
    world.start_here().apply()
    world.create().apply()
    for name in ("id-old", "id-kept", "id-plant"):
        somebody_makes_identity(world, name)
    somebody_changes(world, "UserAssigned", full("id-old"), full("id-kept"))
    world.slept.clear()
    return world


@pytest.fixture
def there(world: World) -> World:
    return furnish(world)


def full(name: str) -> str:
    return survey.identity_id(TRAINING_ID, GROUP, name)


def held(world: World) -> tuple[bool, set[str]]:
    """Whether the instance's own identity is on, and the names of the others."""
    found = identity_of(world)
    return "principal_id" in found, {key.rpartition("/")[2] for key in found.get("user_assigned_identities") or {}}


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("UserAssigned", {}, (True, {"id-old", "id-kept"})),
        ("SystemAssigned,UserAssigned", {"system_assigned": "off"}, (False, {"id-old", "id-kept"})),
        ("SystemAssigned", {"system_assigned": "off"}, (False, set())),
        ("UserAssigned", {**KEEP, "associate_identity": "id-plant"}, (False, {"id-old", "id-kept", "id-plant"})),
        ("UserAssigned", {**KEEP, "remove_identity": "id-old"}, (False, {"id-kept"})),
        ("UserAssigned", ALL_AT_ONCE, (True, {"id-kept", "id-plant"})),
        (
            "SystemAssigned,UserAssigned",
            {**NEW, "system_assigned": "off", "remove_identity": "id-old"},
            (False, {"id-kept", "id-new"}),
        ),
    ],
)
def test_the_program_leaves_the_identities_that_the_step_would(
    there: World, tmp_path: Path, before: str, values: dict[str, Any], after: tuple[bool, set[str]]
) -> None:
    held_before = [full("id-old"), full("id-kept")] if "UserAssigned" in before else []
    somebody_changes(there, before, *held_before)
    step = identity_step(there, **values)
    run_program(there, step.plan(), tmp_path)
    assert held(there) == after
    assert step.plan().empty
    assert step.verify().passed


def test_the_program_registers_the_provider_and_waits_before_it_makes_an_identity(there: World, tmp_path: Path) -> None:
    there.somebody_unregisters(survey.NAMESPACE)
    step = identity_step(there, **KEEP, **NEW)
    plan = step.plan()
    assert [change.action for change in plan.changes] == ["register", "create", "assign"]
    run_program(there, plan, tmp_path)
    assert held(there) == (False, {"id-old", "id-kept", "id-new"})
    assert step.plan().empty


def test_each_call_reckons_with_the_changes_before_it(there: World) -> None:
    plan = identity_step(there, **ALL_AT_ONCE).plan()
    bodies = [way.calls[0].arguments[2].value.identity for way in plan.recipes]
    assert [body.type for body in bodies] == ["SystemAssigned,UserAssigned"] * 3
    named = [
        {key.rpartition("/")[2]: value is not None for key, value in body.user_assigned_identities.items()}
        for body in bodies
    ]
    assert named == [
        {"id-old": True, "id-kept": True},
        {"id-old": True, "id-kept": True, "id-plant": True},
        {"id-old": False, "id-kept": True, "id-plant": True},
    ]


def test_the_portal_is_named_by_its_pages(there: World) -> None:
    plan = identity_step(there, system_assigned="on", remove_identity="id-old", **NEW).plan()
    assert [way.portal for way in plan.recipes] == [
        "my-first-twins > Identity > System-assigned > On > Save > Yes",
        "Managed Identities > Create > Resource group: rg-digital-twins > Region: westeurope > Name: id-new"
        " > Review + create > Create",
        "my-first-twins > Identity > User-assigned (preview) > Associate a user-assigned managed identity"
        " > id-new > Add",
        "my-first-twins > Identity > User-assigned (preview) > id-old > Remove > Yes",
    ]


@with_az
def test_the_commands_leave_the_identities_that_the_step_would(quick: World, az: CommandLine) -> None:
    furnish(quick)
    quick.somebody_unregisters(survey.NAMESPACE)
    clients = quick.context().clients
    step = identity_step(quick, system_assigned="on", remove_identity="id-old", **NEW)
    run = run_commands(az, step.plan(), clients)
    assert [line.split(" --")[0] for line in run if not line.startswith("az dt")] == [
        "az provider register",
        "az identity create",
    ]
    assert held(quick) == (True, {"id-kept", "id-new"})
    assert step.plan().empty
    off = identity_step(quick, system_assigned="off")
    run_commands(az, off.plan(), clients)
    assert held(quick) == (False, {"id-kept", "id-new"})
    assert off.plan().empty
