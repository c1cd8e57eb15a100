"""A worker's own process: it runs one row after the other and keeps its kernel warm for the next.

It reads a task per line and answers each with a line, both as JSON. A worker ends when nobody writes to it any more: so
none outlives the command, or the machine's Dask worker, that it works for, however that ended.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ...azure.shared_pauses import VARIABLE
from ...record.run_file import RunFile
from .. import interrupts, machine

if TYPE_CHECKING:
    from ..kernels import KeptKernel

LOCK_SECONDS = 60.0
"""How long a row waits for a worker that was lost and hasn't ended yet."""
LOG = "workers.log"


@dataclass(frozen=True)
class Task:
    """A row to run."""

    name: str
    folder: str
    """Of the row's run, inside the fleet's. All workers see it."""
    fleet: str
    home: str
    notebooks: Sequence[str]
    attempt: str
    """What tells the command that runs the row from earlier ones."""
    resumes: bool = True
    """Whether notebooks that an earlier command has run are done."""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """How a row ended."""

    name: str
    code: int = 0
    """Its exit code."""
    notebook: str = ""
    """The one that stopped."""
    error: str = ""
    seconds: float = 0.0


class Worker:
    """Runs tasks, in the main thread of its process."""

    def __init__(self) -> None:
        self._kernel: KeptKernel | None = None

    def run(self, task: Task) -> Ended:
        """Run what of the row isn't done, and say how that ended."""
        from ...errors import RunbookError
        from ..headless import NotebookFailed

        began = time.monotonic()
        try:
            self._run(task)
        except (Exception, SystemExit) as error:
            explained = error if isinstance(error, RunbookError) else machine.explain(error)
            text = explained.message if explained else f"{type(error).__name__}: {error}"
            where = error.notebook.name if isinstance(error, NotebookFailed) else ""
            return Ended(task.name, machine.exit_code_of(error), where, text, time.monotonic() - began)
        return Ended(task.name, seconds=time.monotonic() - began)

    def close(self) -> None:
        """End the kernel."""
        if self._kernel:
            self._kernel.close()

    def _run(self, task: Task) -> None:
        from ..run import prepared, recorded
        from ..secrets import secrets_of

        os.environ["RUNBOOK_HOME"] = task.home
        folder = Path(task.folder)
        machine.check_folder(folder)
        plan, file = replace(prepared(task.notebooks, task.values), folder=folder), RunFile(folder)
        options: Any = {"kernel": self._warm(task), "patience": LOCK_SECONDS}
        with recorded(plan, task.values, secrets_of(), _quiet, **options) as execute:
            known = file.read()
            # A worker that was lost has done some of it, or all.
            again = known.get("attempt") == task.attempt
            if again and known.get("exit_code") == 0:
                return
            kept = (again or task.resumes) and known.get("notebooks") == list(task.notebooks)
            file.update(attempt=task.attempt)
            execute(known.get("done", []) if kept else [])

    def _warm(self, task: Task) -> KeptKernel:
        from ..kernels import KeptKernel

        if self._kernel is None:
            os.environ |= {"RUNBOOK_MODE": "unattended", VARIABLE: task.fleet}
            self._kernel = KeptKernel(Path(task.fleet) / LOG, Path(task.folder))
        return self._kernel


def _quiet(_: str) -> None:
    """Say nothing: the run's notebooks have it."""


def main() -> None:
    """Take tasks from the standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints mustn't look like an answer
    tasks: queue.Queue[Task | None] = queue.Queue()
    worker = Worker()
    atexit.register(worker.close)
    with machine.private_files(), machine.quiet_libraries(), interrupts.watched():
        threading.Thread(target=_listen, args=(sys.stdin, tasks), daemon=True).start()
        while task := tasks.get():
            ended = worker.run(task)
            tasks.task_done()
            answers.write(json.dumps(asdict(ended)) + "\n")
            answers.flush()


def _listen(lines: IO[str], tasks: queue.Queue[Task | None]) -> None:
    """Pass tasks on. At the end of the input, an idle worker ends, and a busy one too: with its kernel, at once."""
    for line in lines:
        tasks.put(Task(**json.loads(line)))
    if tasks.unfinished_tasks:
        interrupts.end_kernels()
        os._exit(1)
    tasks.put(None)


if __name__ == "__main__":
    main()
