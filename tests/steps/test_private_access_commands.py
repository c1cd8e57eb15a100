"""The `az` commands that the plan of private access names: the real Azure CLI runs them, and the plan is empty then."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.steps import PrivateAccess, network
from tests import azure
from tests.sandbox.command_line import CommandLine
from tests.steps.world import GROUP, World

PROGRAM = os.environ.get("RUNBOOK_AZ", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="RUNBOOK_AZ does not name the Azure CLI's program")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    """A world with the instance, in a sandbox where nothing takes time, because az waits by the real clock."""
    with Sandbox() as sandbox:
        world = World(sandbox, ManualClock(), tmp_path / "run")
        world.create().apply()
        yield world
        world.close()
        azure.close_clients(sandbox)


def test_the_commands_of_the_plan_make_what_the_step_makes(made: World, tmp_path: Path) -> None:
    az = CommandLine(PROGRAM, made.sandbox, tmp_path)
    az.sign_in_as_user("owner")
    values = {"public_network_access": "disabled", "create_private_endpoint": True}
    step = PrivateAccess(made.context(), values)
    commands = step.plan().commands
    assert len(commands) == 7
    for command in commands:
        az(*shlex.split(command)[1:])
    assert step.plan().empty
    assert {check.status for check in step.verify().checks} == {"passed", "not tried"}
    instance = azure.management(made.sandbox).digital_twins.get(GROUP, "my-first-twins")
    assert network.public_access(instance) == "Disabled"
    assert [str(one) for one in network.connections(instance)] == ["pe-my-first-twins (Approved)"]
