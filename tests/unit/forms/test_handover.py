"""A plan's values as a setup file that the command line reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbook_lib.cli.setup_file import read_setup_file
from runbook_lib.forms.handover import command, handover, setup_file
from runbook_lib.guide import Notebook, find
from runbook_lib.parameters import problems
from runbook_lib.record.journal import Journal
from runbook_lib.steps.clean_up.step import CleanUp
from runbook_lib.steps.core.context import Context
from runbook_lib.steps.core.results import Plan
from runbook_lib.steps.instance.step import CreateInstance

ODD = {
    "instance_name": "plant-7",
    "region": "North Europe",
    "grant_access": True,
    "resource_group": "2024",
    "tags": {"no": "007", "who: what": 'a "quoted" # name', "Straße": "ü"},
    "mode": "guided",
    "timeout_minutes": 20,
}


def made(kind: Any, folder: Path, values: dict[str, Any]) -> Any:
    return kind(Context(None, Journal(folder), None), values)  # type: ignore[arg-type]  # no Azure here


def read(folder: Path, notebook: Notebook, text: str) -> dict[str, Any]:
    (folder / "setup.yaml").write_text(text, "utf-8")
    values = read_setup_file(folder / "setup.yaml")
    assert problems(notebook.parameters, values) == {}
    return values


def test_the_setup_file_holds_what_differs_from_the_defaults(tmp_path: Path) -> None:
    notebook = find("01")
    text = setup_file(notebook, made(CreateInstance, tmp_path, ODD), Plan("create-instance", "", ()))
    assert read(tmp_path, notebook, text) == {
        "instance_name": "plant-7",
        "region": "northeurope",
        "grant_access": True,
        "resource_group": "2024",
        "tags": ODD["tags"],
        "timeout_minutes": 20,
    }


@pytest.mark.parametrize("values", [{}, {"instance_name": "my-first-twins"}])
def test_a_setup_file_can_hold_nothing_but_defaults(tmp_path: Path, values: dict[str, Any]) -> None:
    notebook = find("01")
    text = setup_file(notebook, made(CreateInstance, tmp_path, values), Plan("create-instance", "", ()))
    assert read(tmp_path, notebook, text) == {}


@pytest.mark.parametrize("values", [{}, {"confirm_clean_up": True}], ids=str)
def test_what_a_person_confirms_is_agreed_to_in_the_file(tmp_path: Path, values: dict[str, Any]) -> None:
    notebook = find("06")
    plan = Plan("clean-up", "", (), confirmation="1 thing will be deleted for good.")
    text = setup_file(notebook, made(CleanUp, tmp_path, values), plan)
    assert read(tmp_path, notebook, text) == {"confirm_clean_up": True}


def test_the_command_runs_this_notebook_with_the_file(tmp_path: Path) -> None:
    notebook = find("01")
    assert command(notebook) == "runbook run -f setup.yaml 01-create-instance"
    listing = handover(notebook, made(CreateInstance, tmp_path, ODD), Plan("create-instance", "", ()))
    assert listing.folded
    assert listing.content.endswith(command(notebook))
    assert read(tmp_path, notebook, listing.content)["region"] == "northeurope"
