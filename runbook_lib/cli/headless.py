"""Runs the guide's notebooks unattended, with papermill."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors
from ..errors import InputError, RunbookError, TimedOut
from ..guide import NOTEBOOKS, Notebook, defaults, unknown_parameters
from ..parameters import validate
from ..sandbox import default_home
from . import interrupts, machine

if TYPE_CHECKING:
    from .kernels import KeptKernel

Print = Callable[[str], None]

KERNEL_LOG = "kernels.log"


class NotebookFailed(RunbookError):
    """A notebook stopped."""

    def __init__(self, notebook: Notebook, output: Path, name: str, text: str) -> None:
        super().__init__(text)
        self.notebook = notebook
        self.output = output
        self.status = _status(name, text)
        self.cause_name = name


def _status(name: str, text: str) -> int:
    """Return the exit code for an exception in a kernel. One that we failed to explain is our bug."""
    cause = getattr(errors, name, None)
    if isinstance(cause, type) and issubclass(cause, RunbookError):
        return cause.exit_code
    if name == "KeyboardInterrupt":
        return interrupts.INTERRUPTED_EXIT_CODE
    explained = machine.explain_by_name(name, text)
    return explained.exit_code if explained else errors.BUG_EXIT_CODE


def _ignore(_: str) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Run:
    """A headless run: its notebooks, its values, and the folder for its record."""

    notebooks: Sequence[Notebook]
    values: Mapping[str, Any]
    folder: Path = Path()
    done: Sequence[str] = ()
    """Names of the notebooks that an earlier attempt has finished. They aren't run again."""
    finished: Print = _ignore
    """Called with the name of each notebook that is through."""


def prepare(notebooks: Sequence[Notebook], values: Mapping[str, Any], folder: Path = Path()) -> Run:
    """Check all values before anything runs.

    Raises InputError for an unknown name or an invalid value.
    """
    _check_names(values)
    checked: dict[str, Any] = {}
    for notebook in NOTEBOOKS:
        mine = {name: value for name, value in values.items() if name in notebook.parameters.model_fields}
        model = validate(notebook.parameters, mine)
        checked |= {name: getattr(model, name) for name in mine}
    if checked.get("mode") == "guided":
        raise InputError(
            "The mode guided shows forms, and nobody is here to fill them in.",
            remedy="Leave mode out, or open the guide with `runbook lab`.",
        )
    return Run(notebooks, checked, folder)


def _check_names(values: Mapping[str, Any]) -> None:
    known = defaults()
    if unknown := [name for name in values if name not in known]:
        raise unknown_parameters(unknown)


def execute(run: Run, say: Print, kernel: KeptKernel | None = None) -> None:
    """Run the notebooks one by one, in a kernel that ends with them or in the one given; stop at the first that fails.

    The run's folder keeps the executed notebooks, including the one that failed, up to the cell where it failed.
    Raises NotebookFailed, whose `status` is the exit code, and TimedOut if a kernel doesn't start or answer.
    """
    from .kernels import KeptKernel

    with (
        _kernel_environment(run.folder),
        _kernel_log(run.folder / KERNEL_LOG),
        nullcontext(kernel) if kernel else closing(KeptKernel(run.folder / KERNEL_LOG, run.folder)) as used,
    ):
        for number, notebook in enumerate(run.notebooks, 1):
            interrupts.stop_if_pressed()
            if notebook.name in run.done:
                continue
            say(f"[{number}/{len(run.notebooks)}] {notebook.name}: {notebook.title}")
            _execute_one(run, notebook, say, used)
            run.finished(notebook.name)


def _execute_one(run: Run, notebook: Notebook, say: Print, kernel: KeptKernel) -> None:
    # jsonschema's optional format checker compiles a grammar on import, which takes over a second. We don't use it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None makes the import fail right away
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from .engine import use_engine

    output = run.folder / notebook.path.name
    values = {name: value for name, value in run.values.items() if name in notebook.parameters.model_fields}
    try:
        _retry_if_kernel_died(
            partial(kernel.for_notebook, run.folder),
            kernel.close,
            papermill.execute_notebook,
            literal_path(notebook.path),
            literal_path(output),
            parameters=values,
            kernel_name="python3",
            engine_name=use_engine(),
            progress_bar=False,
            stdout_file=_Lines(lambda line: say(f"      {line}")),
            start_timeout=60,
            # The kernel's working folder must not depend on where the command was called.
            cwd=str(run.folder),
        )
    except papermill.PapermillExecutionError as error:
        raise NotebookFailed(notebook, output, error.ename, str(error.evalue)) from error
    except KernelNotStarted as error:
        raise machine.MachineFailed(
            f"The kernel of {notebook.name} didn't start.",
            meaning="Python's kernel ended before it ran anything. Most often, memory, disk or file handles ran out.",
            remedy="Check them (free, df, ulimit -n), then run the same command again.",
        ) from error
    except (CellTimeoutError, DeadKernelError, TimeoutError) as error:
        raise TimedOut(
            f"The kernel of {notebook.name} stopped answering: {error}",
            remedy="Run the same command again. It finds what already exists and creates nothing twice.",
        ) from error


def _retry_if_kernel_died(
    manager: Callable[[], Any],
    close: Callable[[], None],
    execute_notebook: Callable[..., Any],
    *arguments: Any,
    **options: Any,
) -> None:
    """Run a notebook. If its kernel dies before the first cell, run it once more.

    Jupyter picks free ports for a kernel and binds them a moment later. On a busy machine, another program can be
    faster. Nothing has run by then, so a second try is safe.
    """
    try:
        execute_notebook(*arguments, km=manager(), **options)
    except RuntimeError as error:
        close()
        if interrupts.pressed():
            raise
        if "Kernel didn't respond" in str(error):
            raise KernelNotStarted from error
        if "Kernel died before replying" not in str(error):
            raise
    else:
        return
    try:
        execute_notebook(*arguments, km=manager(), **options)
    except RuntimeError as error:
        if "Kernel died before replying" not in str(error) and "Kernel didn't respond" not in str(error):
            raise
        raise KernelNotStarted from error


class KernelNotStarted(Exception):
    """A kernel died twice before it ran anything, or never answered."""


def literal_path(path: Path) -> str:
    """Write a path for papermill, which takes braces in it for parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


class _Lines:
    """A file for papermill that passes on each printed line right away."""

    def __init__(self, say: Print) -> None:
        self._say = say
        self._rest = ""

    def write(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._say(line)

    def flush(self) -> None:
        if self._rest:
            self._say(self._rest)
        self._rest = ""


@contextmanager
def _kernel_log(path: Path) -> Iterator[None]:
    """Keep what kernels print past their notebooks, and no empty file."""
    try:
        yield
    finally:
        with suppress(OSError):
            if path.stat().st_size == 0:
                path.unlink()


@contextmanager
def _kernel_environment(folder: Path) -> Iterator[None]:
    """Tell the kernels, which inherit our environment, where this run's record is and that the run is unattended."""
    before = dict(os.environ)
    # The kernels work in another folder, and a relative home would mean another sandbox there.
    home = {"RUNBOOK_HOME": str(default_home())} if os.environ.get("RUNBOOK_HOME") else {}
    os.environ |= {"RUNBOOK_RUN_DIR": str(folder), "RUNBOOK_MODE": "unattended", **home}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
