"""Runs the guide's notebooks without anybody there, through papermill."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .. import errors
from ..errors import InputError, RunbookError, TimedOut
from ..guide import NOTEBOOKS, Notebook, defaults
from ..parameters import validate

Say = Callable[[str], None]


class NotebookFailed(RunbookError):
    """A notebook stopped."""

    def __init__(self, notebook: Notebook, output: Path, name: str, text: str) -> None:
        super().__init__(text)
        self.notebook = notebook
        self.output = output
        cause = getattr(errors, name, None)
        # An exception that is none of ours came through unexplained: that is our bug, and the exit code says so.
        ours = isinstance(cause, type) and issubclass(cause, RunbookError)
        self.status: int = cause.exit_code if ours else errors.BUG_EXIT_CODE  # type: ignore[union-attr]
        self.cause_name = name


@dataclass(frozen=True)
class Run:
    """A headless run: which notebooks, with which values, and where its record goes."""

    notebooks: Sequence[Notebook]
    values: Mapping[str, Any]
    folder: Path


def read_setup_file(path: Path) -> dict[str, Any]:
    """Read parameters from a YAML file: one flat mapping that serves all notebooks.

    Raises InputError when it cannot be read or is something else.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.", remedy="Check its name.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid YAML: {error}", remedy="Write one `name: value` a line.") from error
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise InputError(
            f"{path} holds a {type(content).__name__}, not parameters.", remedy="Write one `name: value` a line."
        )
    return content


def prepare(notebooks: Sequence[Notebook], values: Mapping[str, Any], folder: Path) -> Run:
    """Check all values before anything runs.

    Raises InputError for a name that no notebook of the guide takes, and for a value that breaks a rule.
    """
    known = defaults()
    if unknown := [name for name in values if name not in known]:
        raise InputError(
            f"No notebook has a parameter named {', '.join(unknown)}.",
            meaning="The guide's parameters are " + ", ".join(sorted(known)) + ".",
            remedy="Correct the name. `runbook run --help` and the README explain each.",
        )
    checked: dict[str, Any] = {}
    for notebook in NOTEBOOKS:
        mine = {name: value for name, value in values.items() if name in notebook.parameters.model_fields}
        model = validate(notebook.parameters, mine)
        checked |= {name: getattr(model, name) for name in mine}
    return Run(notebooks, checked, folder)


def execute(run: Run, say: Say) -> None:
    """Run the notebooks one after the other, and stop at the first that fails.

    Executed notebooks lie in the run's folder, also the one that failed, up to the cell where it did.
    Raises NotebookFailed, whose `status` is the exit code, and TimedOut when a kernel does not start or answer.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    with _kernels_know(run.folder):
        for number, notebook in enumerate(run.notebooks, 1):
            say(f"[{number}/{len(run.notebooks)}] {notebook.name}: {notebook.title}")
            _execute_one(run, notebook, say)


def _execute_one(run: Run, notebook: Notebook, say: Say) -> None:
    # jsonschema's optional format checker compiles an Earley grammar at import, over a second for nothing we use.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None makes the import fail at once
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    output = run.folder / notebook.path.name
    values = {name: value for name, value in run.values.items() if name in notebook.parameters.model_fields}
    try:
        _once_more_if_stillborn(
            papermill.execute_notebook,
            str(notebook.path),
            str(output),
            parameters=values,
            kernel_name="python3",
            progress_bar=False,
            stdout_file=_Lines(lambda line: say(f"      {line}")),
            start_timeout=60,
            # ipykernel 7.4 warns on stderr at every start that it talks over plain TCP; it is loopback.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            # The kernel's own working folder must not depend on where the command was called.
            cwd=str(run.folder),
        )
    except papermill.PapermillExecutionError as error:
        raise NotebookFailed(notebook, output, error.ename, str(error.evalue)) from error
    except (CellTimeoutError, DeadKernelError, TimeoutError) as error:
        raise TimedOut(
            f"The kernel of {notebook.name} stopped answering: {error}",
            remedy="Run the same command again: what is there already is found, not made twice.",
        ) from error


def _once_more_if_stillborn(execute_notebook: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Run a notebook, and again when its kernel died before its first cell.

    Jupyter picks free ports for a kernel and binds them a moment later; on a busy machine another program can be
    faster. Nothing has run then, so a second try is safe.
    """
    try:
        execute_notebook(*arguments, **options)
    except RuntimeError as error:
        if "Kernel died before replying" not in str(error):
            raise
        execute_notebook(*arguments, **options)


class _Lines:
    """A file for papermill that hands every printed line on at once."""

    def __init__(self, say: Say) -> None:
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
def _kernels_know(folder: Path) -> Iterator[None]:
    """Tell the kernels, which inherit our environment, where the record of this run lies and that nobody is there."""
    before = dict(os.environ)
    os.environ |= {"RUNBOOK_RUN_DIR": str(folder), "RUNBOOK_MODE": "unattended"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
