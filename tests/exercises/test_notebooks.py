"""The notebooks of the exercises: they say what their classes say, and run with their solution."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from runbook_lib.exercises import NAMES
from runbook_lib.guide import working_copy
from tests.exercises import notebooks
from tests.notebooks.refresh import new_sandbox

ALL = pytest.mark.parametrize("name", NAMES)


def test_there_is_no_notebook_without_an_exercise() -> None:
    assert sorted(path.stem for path in notebooks.FOLDER.glob("*.ipynb")) == sorted(NAMES)


@ALL
def test_notebook_says_what_its_class_says(name: str) -> None:
    nbformat.validate(nbformat.read(notebooks.path(name), as_version=4))  # type: ignore[no-untyped-call]
    assert notebooks.path(name).read_text("utf-8") == notebooks.text(name), "python -m tests.exercises.notebooks"


def test_the_page_lists_them_all() -> None:
    assert notebooks.PAGE.read_text("utf-8") == notebooks.page(), "python -m tests.exercises.notebooks"


def test_the_lab_has_copies_of_them_beside_the_guide(tmp_path: Path) -> None:
    copies = working_copy(tmp_path)
    assert sorted(path.stem for path in (copies / "exercises").iterdir()) == sorted(NAMES)
    assert (copies / "02-assign-access.ipynb").is_file()


@pytest.fixture(scope="module")
def lab() -> Iterator[Path]:
    """A sandbox for all of them, as a learner has one."""
    with new_sandbox() as home:
        yield home


def said(path: Path) -> str:
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return json.dumps([cell.get("outputs") for cell in notebook.cells], ensure_ascii=False)


def run(name: str, folder: Path, **parameters: Any) -> str:
    papermill.execute_notebook(
        str(notebooks.path(name)), str(folder / "out.ipynb"), parameters=parameters, progress_bar=False
    )
    return said(folder / "out.ipynb")


@ALL
def test_papermill_runs_it_with_its_solution(
    name: str, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(lab))
    output = run(name, tmp_path, solve=True)
    assert "Not tried yet" in output
    assert "A solution, carried out" in output
    assert "Solved." in output


def test_run_all_without_the_solution_gives_nothing_away(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(lab))
    output = run(NAMES[0], tmp_path, learner="bob")
    assert "Not tried yet" in output
    assert "A solution" not in output
    assert "Hint" not in output


def test_the_start_cell_can_be_run_again() -> None:
    # A submodule of the function's name would take its place in the package once it's imported.
    package = import_module("runbook_lib.exercises")
    for name in NAMES:
        package.kind(name)
    assert callable(package.exercise)
