"""The committed notebooks: their form, and that they run wherever notebooks are run."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from runbook_lib.guide import HOW_TO_BEGIN, NOTEBOOKS, Notebook, working_copy
from tests import plugin
from tests.notebooks import refresh

guide = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)


def read(notebook: Notebook) -> Any:
    return nbformat.read(notebook.path, as_version=4)  # type: ignore[no-untyped-call]


@guide
def test_is_valid_and_holds_no_widget_state(notebook: Notebook) -> None:
    content = read(notebook)
    nbformat.validate(content)
    assert "widgets" not in content.metadata
    assert "application/vnd.jupyter" not in notebook.path.read_text("utf-8")


@guide
def test_parameters_cell_says_what_the_model_says(notebook: Notebook) -> None:
    cells = [cell for cell in read(notebook).cells if "parameters" in cell.metadata.get("tags", [])]
    assert [cell.source for cell in cells] == [refresh.parameters_source(notebook.parameters)]


@guide
def test_papermill_lists_every_parameter_with_type_and_help(notebook: Notebook) -> None:
    import papermill

    found = papermill.inspect_notebook(str(notebook.path))
    assert list(found) == list(notebook.parameters.model_fields)
    for name, entry in found.items():
        assert entry["inferred_type_name"] in {"str", "int", "bool", "dict"}
        assert entry["help"] == notebook.parameters.model_fields[name].description
        ast.literal_eval(entry["default"])


@guide
def test_code_is_folded_and_safe_from_stray_keys(notebook: Notebook) -> None:
    for cell in read(notebook).cells:
        if cell.cell_type == "code":
            assert cell.metadata["jupyter"]["source_hidden"] is True
            # While a form's button has the focus, typed letters are notebook commands: `d d` would delete the form.
            assert cell.metadata["deletable"] is False
            assert cell.source.startswith("# "), "the first line is what JupyterLab shows in place of the code"


@guide
def test_every_code_cell_was_run(notebook: Notebook) -> None:
    # nbval passes over a cell without an execution count, so a notebook without outputs would compare nothing.
    assert all(cell.execution_count for cell in read(notebook).cells if cell.cell_type == "code")


@guide
def test_links_lead_somewhere(notebook: Notebook) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", "".join(cell.source for cell in read(notebook).cells)):
        assert (notebook.path.parent / target).exists(), target


def test_a_notebook_that_is_tested_alone_catches_up_on_those_before_it() -> None:
    # Trying it takes 15 seconds: python3 -m uv run --group dev pytest notebooks/01-create-instance.ipynb
    names = [notebook.name for notebook in NOTEBOOKS]
    assert plugin.left_out(names[0], set()) == []
    assert plugin.left_out(names[1], set()) == [NOTEBOOKS[0]]
    assert plugin.left_out(names[3], set(names[:2])) == [NOTEBOOKS[2]]
    assert plugin.left_out(names[-1], set(names)) == []
    assert plugin.left_out("not-of-the-guide", set()) == []


def test_a_refresh_changes_nothing() -> None:
    with refresh.new_sandbox():
        for notebook in NOTEBOOKS:
            assert refresh.execute(notebook.path, notebook.parameters) == notebook.path.read_text("utf-8")


@pytest.fixture
def kernels(tmp_path: Path) -> Any:
    with refresh.new_sandbox():
        yield {k: v for k, v in os.environ.items() if k != "RUNBOOK_MODE"}


def run(arguments: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def outputs(path: Path) -> str:
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return json.dumps([cell.get("outputs") for cell in notebook.cells], ensure_ascii=False)


def test_plain_papermill_runs_a_notebook_alone(kernels: dict[str, str], tmp_path: Path) -> None:
    create = next(n for n in NOTEBOOKS if n.name == "01-create-instance")
    done = run(
        ["papermill", str(create.path), "out.ipynb", "-p", "instance_name", "plain-papermill"], kernels, tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "plain-papermill.api.weu.digitaltwins.azure.net" in outputs(tmp_path / "out.ipynb")


def test_plain_papermill_stops_at_a_wrong_value(kernels: dict[str, str], tmp_path: Path) -> None:
    create = next(n for n in NOTEBOOKS if n.name == "01-create-instance")
    done = run(["papermill", str(create.path), "out.ipynb", "-p", "instance_name", "-bad-"], kernels, tmp_path)
    assert done.returncode == 1
    assert "ends with a hyphen" in done.stderr
    assert "Traceback" not in done.stderr.partition("What happened")[2], "people read sentences, no stack"


@pytest.mark.parametrize("runner", ["nbconvert", "jupyter execute"])
def test_other_runners_run_it_unattended(runner: str, kernels: dict[str, str], tmp_path: Path) -> None:
    start = NOTEBOOKS[0].path
    commands = {
        "nbconvert": ["nbconvert", "--to", "notebook", "--execute", "--output-dir", ".", "--output", "out", str(start)],
        "jupyter execute": ["jupyter", "execute", "--output=" + str(tmp_path / "out"), str(start)],
    }
    done = run(commands[runner], kernels, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "widget" not in outputs(tmp_path / "out.ipynb")
    assert "owner@contoso.onmicrosoft.com" in outputs(tmp_path / "out.ipynb")


def test_people_work_on_copies_without_outputs_that_say_how_to_begin(tmp_path: Path) -> None:
    folder = working_copy(tmp_path)
    assert sorted(path.stem for path in folder.glob("*.ipynb")) == [notebook.name for notebook in NOTEBOOKS]
    for notebook in NOTEBOOKS:
        copy = nbformat.read(folder / notebook.path.name, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(copy)
        code = [cell for cell in copy.cells if cell.cell_type == "code"]
        assert all(not cell.outputs and cell.execution_count is None for cell in code)
        assert copy.cells[0].source.endswith(HOW_TO_BEGIN)
        assert [cell.id for cell in copy.cells] == [cell.id for cell in read(notebook).cells]
    (folder / "00-start-here.ipynb").write_text("mine", "utf-8")
    assert working_copy(tmp_path) == folder
    assert (folder / "00-start-here.ipynb").read_text("utf-8") == "mine"


def test_run_all_shows_every_form_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refresh.new_sandbox() as home:
        # Voilà's cells run without a front end that answers, and still get forms.
        monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
        monkeypatch.setenv("RUNBOOK_MODE", "guided")
        for path in sorted(working_copy(tmp_path).glob("*.ipynb")):
            notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            NotebookClient(notebook, kernel_name="python3", extra_arguments=["--IPKernelApp.log_level=ERROR"]).execute()
            outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
            presented = sum(cell.source.count("present()") for cell in notebook.cells if cell.cell_type == "code")
            shown = [one for one in outputs if "application/vnd.jupyter.widget-view+json" in one.get("data", {})]
            assert len(shown) == presented, path.stem
            assert not [one for one in outputs if one.output_type in ("error", "stream")], path.stem
        events = [
            json.loads(line)["event"] for line in (home / "run" / "journal.jsonl").read_text("utf-8").splitlines()
        ]
    assert set(events) == {"session"}
