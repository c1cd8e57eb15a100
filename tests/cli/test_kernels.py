"""A run keeps one kernel, and nobody can tell: each notebook is executed as if it had a kernel of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from runbook_lib import guide
from runbook_lib.cli import headless, interrupts
from runbook_lib.guide import Notebook
from runbook_lib.parameters import StartHereParameters

Run = Callable[..., list[Any]]
v4: Any = nbformat.v4
read: Any = nbformat.read
write: Any = nbformat.write


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run notebooks made of these cells, one after the other, and return them as executed."""
    monkeypatch.setattr(guide, "folder", lambda: tmp_path / "originals")
    (tmp_path / "originals").mkdir()
    (tmp_path / "run").mkdir()

    def run(*notebooks: Sequence[str], values: dict[str, Any] | None = None) -> list[Any]:
        made = []
        for number, cells in enumerate(notebooks):
            one = Notebook(f"{number:02}-made", "Made", StartHereParameters, ())
            content = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
            content.cells[0].metadata.tags = ["parameters"]
            content.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
            write(content, one.path)
            made.append(one)
        headless.execute(headless.Run(made, values or {}, tmp_path / "run"), print)
        return [read(tmp_path / "run" / one.path.name, as_version=4) for one in made]

    yield run
    interrupts.end_kernels()


def printed(notebook: Any) -> list[str]:
    return ["".join(output.text) for cell in notebook.cells for output in cell.outputs]


def test_the_next_notebook_gets_the_same_kernel_with_nothing_in_it(run: Run) -> None:
    first, second = run(
        ["import os", "left = 'behind'", "print(os.getpid())"],
        ["import os", "print('left' in globals(), In[1:2], len(Out))", "print(os.getpid())"],
    )
    assert printed(second)[0] == "False ['import os'] 0\n"
    assert printed(first)[-1] == printed(second)[-1]
    assert [cell.execution_count for cell in second.cells] == [1, 2, 3]


def test_it_looks_as_if_plain_papermill_had_run_it(run: Run, tmp_path: Path) -> None:
    cells = ["instance_name = ''", "instance_name", "print('to', instance_name)", "import sys; sys.exit"]
    kept = run(cells, cells, values={"instance_name": "plant-7"})[1]
    papermill.execute_notebook(
        str(tmp_path / "originals" / "01-made.ipynb"),
        str(tmp_path / "plain.ipynb"),
        parameters={"instance_name": "plant-7"},
        progress_bar=False,
    )
    plain = read(tmp_path / "plain.ipynb", as_version=4)
    assert [dict(cell.metadata.papermill).keys() for cell in kept.cells] == [
        dict(cell.metadata.papermill).keys() for cell in plain.cells
    ]
    assert kept.metadata.papermill.keys() == plain.metadata.papermill.keys()
    for one in (*kept.cells, *plain.cells):
        one.metadata.pop("papermill")
        one.metadata.execution = sorted(one.metadata.execution)  # the names; the times differ
        one.pop("id")
    assert kept.cells == plain.cells
    assert kept.metadata.language_info == plain.metadata.language_info


def test_while_a_cell_runs_the_file_has_all_cells_before_it(run: Run) -> None:
    look = "import json; cells = json.load(open('00-made.ipynb'))['cells']\n"
    show = "print([(c['metadata']['papermill']['status'], len(c['outputs'])) for c in cells])"
    (made,) = run(["print('first')", "print('second')", look + show, "print('last')"])
    assert printed(made)[2] == "[('completed', 1), ('completed', 1), ('running', 0), ('pending', 0)]\n"


def test_a_notebook_that_fails_stops_the_run_with_its_own_error(run: Run) -> None:
    with pytest.raises(headless.NotebookFailed, match="no such door") as stopped:
        run(["1"], ["raise KeyError('no such door')"], ["print('never')"])
    assert stopped.value.notebook.name == "01-made"
    assert stopped.value.cause_name == "KeyError"


def test_a_kernel_that_died_between_notebooks_is_replaced(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = headless._execute_one

    def then_kill(*arguments: Any) -> None:
        real(*arguments)
        process = interrupts._State.kernels[-1]
        if len(interrupts._State.kernels) == 1:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    monkeypatch.setattr(headless, "_execute_one", then_kill)
    first, second = run(["import os", "print(os.getpid())"], ["import os", "print(os.getpid())"])
    assert printed(first) != printed(second)


def test_no_kernel_outlives_the_run(run: Run) -> None:
    (only,) = run(["import os", "print(os.getpid())"])
    assert not Path(f"/proc/{printed(only)[0].strip()}").exists()
