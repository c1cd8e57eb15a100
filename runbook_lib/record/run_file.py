"""A run's own file in its folder, `run.json`: what tells it from other runs, what it was asked for, how it ended."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError
from .event_log import unreadable, write_whole

NAME = "run.json"
RUN_FOLDER_VARIABLE = "RUNBOOK_RUN_DIR"
"""Environment variable that names the run's folder; the `runbook run` command sets it for its notebooks."""
_LOCK = "run.lock"
_KERNEL_LOCK = "kernel.lock"
_KERNEL_SECONDS = 30.0
"""How long a kernel waits for another one. One whose command was killed ends a second later by itself."""
_KINDS = (("id", str), ("notebooks", list), ("values", dict), ("done", list), ("began", str))

State = Literal["running", "done", "stopped", "interrupted"]
"""stopped: with an error that was explained. interrupted: the process ended without a word."""


class RunFile:
    """The file of the run in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME

    @property
    def id(self) -> str:
        """What tells this run from every other one, made on first use: what Azure doesn't stamp carries it as a tag.

        Raises InputError when the folder can't be written.
        """
        found = self.read()
        if not found:
            self.update()
            found = self.read()
        try:
            return str(uuid.UUID(found["id"]))
        except (ValueError, TypeError, KeyError) as error:
            raise unreadable(self.path, "it holds no run's id") from error

    def read(self) -> dict[str, Any]:
        """Return what the file holds; nothing without one. Raises InputError for a damaged one, and OSError."""
        if not self.path.exists():
            return {}
        content = self.path.read_bytes()
        try:
            found = json.loads(content.decode())
        except ValueError as error:
            raise unreadable(self.path, "it isn't JSON") from error
        if not isinstance(found, dict) or any(not isinstance(found.get(name, kind()), kind) for name, kind in _KINDS):
            raise unreadable(self.path, "it isn't what a run writes")
        return found

    @property
    def belongs_to_a_run(self) -> bool:
        """Whether a run has written to the folder. Raises InputError for a damaged file."""
        return "id" in self.read() or (self.folder / "journal.jsonl").exists()

    def update(self, **details: Any) -> None:
        """Add to the file. Raises InputError when it can't be written."""
        known = self.read()
        write_whole(self.path, json.dumps({"id": str(uuid.uuid4()), **known, **details}, indent=1) + "\n")

    @contextmanager
    def running(self, patience: float = 0) -> Iterator[None]:
        """Hold the run's folder. Raises InputError if another process is there, also after `patience` seconds."""
        from filelock import FileLock, Timeout  # only when it is needed: reading takes none

        lock = FileLock(self.folder / _LOCK, timeout=patience, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(
                f"Another process is working on the run in {self.folder}.",
                remedy="Wait until it's done, or choose another folder with --run-dir.",
                who="You.",
            ) from None
        try:
            yield
        finally:
            lock.release()

    @property
    def state(self) -> State:
        """How the run ended, or that it hasn't."""
        if self.is_held:
            return "running"
        code = self.read().get("exit_code")
        return "interrupted" if code is None else "stopped" if code else "done"

    @property
    def is_held(self) -> bool:
        """Whether a process is at work in the folder."""
        from filelock import FileLock, Timeout

        if not (self.folder / _LOCK).exists():
            return False
        try:
            with FileLock(self.folder / _LOCK, timeout=0, mode=0o600):
                return False
        except Timeout:
            return True


def new_folder(parent: Path, kind: str = "") -> Path:
    """Make a folder for a new run that no other run has, named by the time. Raises OSError when that can't be done."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{kind}{datetime.now():%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{parent / name}: too many runs in one second")


def known_runs(parent: Path) -> Mapping[str, RunFile]:
    """Return the runs in a folder by name, the newest first."""
    folders = [path for path in parent.glob("*") if (path / NAME).exists()] if parent.is_dir() else []
    files = sorted(folders, key=lambda path: (path / NAME).stat().st_mtime, reverse=True)
    return {folder.name: RunFile(folder) for folder in files}


_kernel_locks: list[Any] = []


def work_in(folder: Path | None = None) -> None:
    """Let this kernel work in a run's folder, and in no other: the one given, or the one that the environment names.

    Two kernels at once would make things twice: one can still be at work whose command was killed. Raises Timeout if
    another kernel stays.
    """
    from filelock import FileLock

    while _kernel_locks:
        _kernel_locks.pop().release()
    if folder:
        os.chdir(folder)
        os.environ[RUN_FOLDER_VARIABLE] = str(folder)
    lock = FileLock(Path(os.environ[RUN_FOLDER_VARIABLE]) / _KERNEL_LOCK, timeout=_KERNEL_SECONDS, mode=0o600)
    lock.acquire()
    _kernel_locks.append(lock)
