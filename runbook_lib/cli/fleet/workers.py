"""Where the rows of a fleet run: in processes of this machine, or of those of a Dask cluster, through one interface.

Both are an Executor of `concurrent.futures` that calls `run_apart`. It passes a row on to a process that belongs to the
thread it's called in, and asks another one if that process is lost.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..machine import MachineFailed
from .worker import LOG, Ended, Task

ATTEMPTS = 3
"""How often a row is begun again whose worker was lost. What it has made by then is found."""
_SECONDS = 10.0

_own = threading.local()
_processes: list[WorkerProcess] = []
_ending = threading.Event()


class WorkerProcess:
    """A worker's process, as its owner sees it."""

    def __init__(self, fleet: str) -> None:
        self.fleet = fleet
        with (Path(fleet) / LOG).open("ab") as stderr:
            # In its own session, so that Ctrl+C is only for the command, which ends its workers.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runbook_lib.cli.fleet.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        _processes.append(self)

    def run(self, task: Task) -> Ended | None:
        """Run a row, and return how it ended; None if the process was lost."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps(asdict(task)) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except (OSError, ValueError):
            return None
        return Ended(**json.loads(answer)) if answer.endswith("\n") else None

    def close(self) -> None:
        """Let the process end, and wait until it's gone."""
        assert self._process.stdin and self._process.stdout
        with suppress(OSError, ValueError):
            self._process.stdin.close()
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        with suppress(ValueError):
            _processes.remove(self)


def run_apart(task: Task) -> Ended:
    """Run a row in this thread's own process."""
    for _ in range(ATTEMPTS):
        if _ending.is_set():
            break
        process = getattr(_own, "process", None)
        if process and process.fleet != task.fleet:  # a Dask worker's thread outlives a fleet
            process.close()
            process = None
        if process is None:
            process = _own.process = WorkerProcess(task.fleet)
        if ended := process.run(task):
            return ended
        process.close()
        _own.process = None
    text = f"The worker's process ended {ATTEMPTS} times while it ran this row. Most often, memory ran out."
    return Ended(task.name, MachineFailed.exit_code, error=text)


@contextmanager
def executor(workers: int, scheduler: str) -> Iterator[tuple[Executor, int]]:
    """Give the block an executor, and how many rows it runs at once. Raises InputError without Dask or its scheduler.

    Without a scheduler, that's `workers` processes of this machine. With one, it's all threads of the cluster, and no
    more than `workers` if that's given (not 0).
    """
    if scheduler:
        with _dask(scheduler) as (found, threads):
            yield found, min(workers or threads, threads)
        return
    pool = ThreadPoolExecutor(workers or 1)
    _ending.clear()
    try:
        yield pool, workers or 1
    finally:
        _ending.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in [*_processes]:
            process.close()
        pool.shutdown()


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        import distributed
    except ImportError as error:
        raise InputError(
            "Dask isn't installed here.",
            remedy="Install it: pip install 'adt-setup-runbook[distributed]'. Or leave out --scheduler.",
            who="You.",
        ) from error
    dask: Any = distributed  # it has no types
    try:
        client = dask.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {address}.", remedy="Check the address.", who="You.") from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise InputError("The Dask cluster has no workers.", remedy="Start some, then run this again.", who="You.")
        yield client.get_executor(pure=False, retries=ATTEMPTS), threads
