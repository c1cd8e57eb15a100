"""What plans tell people to do by hand ends where the step itself would: the Python programs, and the `az` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runbook_lib.parameters.naming_rules import RUN_TAG
from runbook_lib.sandbox.world import persona
from tests import azure
from tests.sandbox.command_line import CommandLine, with_az
from tests.steps.by_hand import run_commands, run_program
from tests.steps.world import World

EVERYTHING: dict[str, Any] = {
    "grant_access": True,
    "system_identity": True,
    "tags": {"env": "test", "owner's team": "twins"},
}


def test_the_program_that_registers_waits_until_azure_has(world: World, tmp_path: Path) -> None:
    step = world.start_here()
    assert [change.action for change in step.plan().changes] == ["register"]
    run_program(world, step.plan(), tmp_path)
    assert step.plan().empty


def test_the_program_of_a_creation_makes_all_of_it(world: World, tmp_path: Path) -> None:
    step = world.create(**EVERYTHING)
    plan = step.plan()
    assert [change.action for change in plan.changes] == ["register", "create", "create", "assign"]
    run_program(world, plan, tmp_path)
    assert step.plan().empty
    assert step.verify().passed


def test_the_program_of_an_update_keeps_what_is_there(ready: World, tmp_path: Path) -> None:
    ready.create(tags={"env": "test"}).apply()
    step = ready.create(tags={"stage": "two"}, system_identity=True)
    run_program(ready, step.plan(), tmp_path)
    assert step.plan().empty
    made = azure.management(ready.sandbox).digital_twins.get("rg-digital-twins", "my-first-twins")
    assert made.tags == {"env": "test", "stage": "two", RUN_TAG: ready.journal.run_id}


def test_the_program_that_assigns_gives_the_very_role(ready: World, tmp_path: Path) -> None:
    ready.create().apply()
    step = ready.assign(principal=persona("reader").user_principal_name)
    run_program(ready, step.plan(), tmp_path)
    assert step.plan().empty


@with_az
def test_the_commands_of_the_first_parts_set_everything_up(quick: World, az: CommandLine) -> None:
    clients = quick.context().clients
    registered = run_commands(az, quick.start_here().plan(), clients)
    assert registered[0].startswith("az provider register")
    step = quick.create(**EVERYTHING)
    made = run_commands(az, step.plan(), clients)
    assert [line.split(" --")[0] for line in made] == ["az group create", "az role assignment create"]
    assert step.plan().empty
    assert step.verify().passed
    giving = quick.assign(principal=persona("reader").user_principal_name)
    assert len(run_commands(az, giving.plan(), clients)) == 1
    assert giving.plan().empty
