"""Target azure by the environment alone, after `az login`: an Owner by management group, a guest, an eligible Owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.sandbox.world import TRAINING_ID, persona
from tests.azure import close_clients
from tests.sandbox.command_line import PROGRAM, CommandLine, with_az

from .process import runbook

pytestmark = with_az


@dataclass
class Machine:
    """A machine on which somebody has signed in with `az`, and nothing else."""

    sandbox: Sandbox
    home: Path

    def sign_in(self, name: str) -> None:
        CommandLine(PROGRAM, self.sandbox, self.home).sign_in_as_user(name)

    def runbook(self, verb: str, *options: str) -> tuple[int, str]:
        program = Path(PROGRAM).parent
        known: Any = environment(self.sandbox.settings) | {
            "AZURE_CONFIG_DIR": str(self.home / ".azure"),
            "HOME": str(self.home),
            "PATH": f"{program}{os.pathsep}{os.environ['PATH']}",
            "RUNBOOK_HOME": str(self.home / "runbook"),
        }
        done = runbook(verb, "--target", "azure", "-p", "instance_name", "by-az", *options, **known)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with Sandbox() as running:
        yield Machine(running, tmp_path)
        close_clients(running)


def test_an_owner_by_management_group_plans_and_runs(machine: Machine) -> None:
    machine.sign_in("platform-owner")
    code, output = machine.runbook("plan")
    assert code == 10, output
    assert f"({TRAINING_ID}), from the default of az (az account set)" in output
    assert "4 changes in all. Nothing was done." in output
    code, output = machine.runbook("run", "01")
    assert code == 0, output
    assert f"as {persona('platform-owner').user_principal_name}" in output


def test_a_guest_makes_the_instance_and_is_told_how_to_name_people(machine: Machine) -> None:
    machine.sign_in("guest")
    code, output = machine.runbook("run", "01", "02", "-p", "principal", persona("reader").mail)
    assert code == 2, output
    assert "by-az.api.weu.digitaltwins.azure.net" in output
    assert "you aren't allowed to read the directory" in output
    assert "Set principal to the object id, and principal_type to user" in output


def test_an_eligible_owner_is_told_to_activate_and_nothing_is_made(machine: Machine) -> None:
    machine.sign_in("eligible-owner")
    for verb in ("plan", "run"):
        code, output = machine.runbook(verb, "01")
        assert code == 3, output
        assert "You're eligible for Owner here: activate it, then run this again." in output
        assert "Privileged Identity Management > My roles" in output
        assert "Message to send" not in output
    assert machine.sandbox.cloud.store.list("resource") == []
