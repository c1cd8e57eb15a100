"""What has to happen before all else in a test run: loaded by `-p tests.plugin`, ahead of nbval and all conftests."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import answers

if TYPE_CHECKING:
    from runbook_lib.guide import Notebook

# jsonschema would compile an Earley grammar for a format nobody checks here: a second at the start of each test run.
# Installations by uv leave the package out (see pyproject.toml); this is the same for those that came by pip.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

_failed_notebooks: set[str] = set()


class NotebookSandbox:
    """The sandbox that the kernels of nbval talk to: a process of its own, with a home of its own.

    nbval's items get no fixtures, not even automatic ones, so it lives in hooks and speaks through the environment,
    which the kernels inherit.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._saved: dict[str, str] = {}
        self._begun: set[str] = set()

    @pytest.hookimpl(tryfirst=True)  # before nbval starts the notebook's kernel
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Start it before the first cell of the first notebook, and catch up on the notebooks that were left out."""
        if not _is_notebook_cell(item):
            return
        if self._folder is None:
            self._start()
        name = item.path.stem
        if name not in self._begun:
            self._catch_up(name)
            self._begun.add(name)

    def _start(self) -> None:
        from runbook_lib import sandbox

        self._folder = tempfile.TemporaryDirectory(prefix="runbook-notebooks-")
        self._saved = dict(os.environ)
        os.environ.update(_kernel_environment(Path(self._folder.name)))
        _keep_no_history(Path(os.environ["IPYTHONDIR"]))
        sandbox.start(sandbox.default_home(), pace=sandbox.Pace.INSTANT)

    def _catch_up(self, name: str) -> None:
        """Run what the guide does before this notebook: it is compared with a run of the whole guide, in order."""
        from tests.notebooks import refresh

        for notebook in left_out(name, self._begun):
            refresh.execute(notebook.path, notebook.parameters)
            self._begun.add(notebook.name)

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Stop it and leave no trace."""
        if self._folder is None:
            return
        from runbook_lib import sandbox

        sandbox.stop(sandbox.default_home())
        os.environ.clear()
        os.environ.update(self._saved)
        self._folder.cleanup()
        self._folder = None


def left_out(name: str, begun: Collection[str]) -> list[Notebook]:
    """Return the notebooks that come before this one in the guide, and have not been begun; none for another one."""
    from runbook_lib.guide import NOTEBOOKS

    names = [notebook.name for notebook in NOTEBOOKS]
    earlier = NOTEBOOKS[: names.index(name)] if name in names else ()
    return [notebook for notebook in earlier if notebook.name not in begun]


def _kernel_environment(folder: Path) -> dict[str, str]:
    return {
        "RUNBOOK_HOME": str(folder / "home"),
        "RUNBOOK_MODE": "unattended",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter-runtime"),
    }


def _keep_no_history(folder: Path) -> None:
    """Let kernels write no history: one that ends a moment after the run would find its file gone, and complain."""
    profile = folder / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.HistoryManager.enabled = False\n")


def _is_notebook_cell(item: pytest.Item) -> bool:
    return type(item).__name__ == "IPyNbCell"


def _notebook_of(item: Any) -> str:
    return str(item.parent.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers, keep what belongs together on one: a file's tests, and all notebooks of the guide.

    The notebooks build on each other and on one sandbox, so their cells must run in one process and in order. The mark
    `xdist_group` would say the same, but pytest-xdist 3.8 cannot put it into pytest 9.2's node ids.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "notebooks" if file.endswith(".ipynb") else file

    return ByFile(config, log)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the notebooks of the exercises to tests/exercises: they hold no outputs, and stage troubles."""
    return True if collection_path.suffix == ".ipynb" and collection_path.parent.name == "exercises" else None


def pytest_configure(config: pytest.Config) -> None:
    """Register the notebooks' sandbox, and have all answers of all sandboxes judged."""
    config.pluginmanager.register(NotebookSandbox(), "notebook-sandbox")
    answers.register(config)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the notebooks in which a cell has failed."""
    if report.failed and "::Cell " in report.nodeid:
        _failed_notebooks.add(report.nodeid.rpartition("::")[0])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the rest of a notebook after its first failing cell: what follows would only repeat the failure."""
    if _is_notebook_cell(item) and _notebook_of(item) in _failed_notebooks:
        pytest.skip("an earlier cell of this notebook failed")
