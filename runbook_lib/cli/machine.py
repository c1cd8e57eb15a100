"""What can go wrong on this machine: folders, disks, file handles, and the ends of pipes. None of it is our bug."""

from __future__ import annotations

import builtins
import errno
import logging
import os
import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..display.plain import one_line
from ..errors import BUG_EXIT_CODE, InputError, RunbookError

OUTPUT_ENDED_EXIT_CODE = 141
"""128 and the number of SIGPIPE: what shells report for a program that nobody reads."""

_EXHAUSTED = {
    errno.ENOSPC: "The disk is full.",
    errno.EDQUOT: "Your quota of disk space is used up.",
    errno.EFBIG: "A file would be larger than this machine allows (ulimit -f).",
    errno.EMFILE: "Too many files are open (ulimit -n).",
    errno.ENFILE: "Too many files are open on this machine.",
    errno.ENOMEM: "There isn't enough memory.",
}
_OF_A_PLACE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.ENODEV),
}
_ERRNO = re.compile(r"\[Errno (\d+)\] (?P<reason>[^:]*)(?:: (?P<path>.*))?", re.DOTALL)
_SQLITE_FULL = "database or disk is full"


_NAMED = 3
"""How many files of others are named."""


class MachineFailed(RunbookError):
    """This machine couldn't do it."""

    exit_code = 74


class OutputEnded(Exception):
    """Nobody reads our output any longer, as after `| head`."""


def explain(error: BaseException) -> RunbookError | None:
    """Return the error to show for what a machine or a file did. None if it may be our bug."""
    seen: BaseException | None = error
    while seen is not None:
        # Libraries wrap these in errors of their own, and ZeroMQ's have no other sign than the number.
        if text := _exhausted(seen):
            return _machine_failed(text)
        seen = seen.__cause__ or seen.__context__
    return _from_number(error.errno, error.strerror or "", error.filename) if isinstance(error, OSError) else None


def explain_by_name(name: str, text: str) -> RunbookError | None:
    """Do what `explain` does for an exception in a kernel, of which only the name and the text are known."""
    kind = getattr(builtins, name, None)
    if _SQLITE_FULL in text:
        return _machine_failed(_EXHAUSTED[errno.ENOSPC])
    if name == "MemoryError":
        return _machine_failed(_EXHAUSTED[errno.ENOMEM])
    found = _ERRNO.search(text)
    number = int(found[1]) if found else 0
    if number in _EXHAUSTED:
        return _machine_failed(_EXHAUSTED[number])
    if not isinstance(kind, type) or not issubclass(kind, OSError):
        return None
    path = found["path"].strip().strip("'") if found and found["path"] else None
    return _from_number(number, found["reason"] if found else text, path)


def exit_code_of(error: BaseException) -> int:
    """Return the exit code that an error ends the command with."""
    known = error if isinstance(error, RunbookError) else explain(error)
    return int(getattr(known, "status", known.exit_code)) if known else BUG_EXIT_CODE


def _exhausted(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _EXHAUSTED[errno.ENOMEM]
    if isinstance(error, sqlite3.Error):
        return _EXHAUSTED[errno.ENOSPC] if _SQLITE_FULL in str(error) else ""
    return _EXHAUSTED.get(getattr(error, "errno", None) or 0, "")


def _from_number(number: int | None, reason: str, path: object) -> RunbookError:
    if number == errno.EAGAIN:  # of fork; elsewhere it only means: not yet
        return _machine_failed("This machine can't start another process (ulimit -u).")
    if path is None or number not in _OF_A_PLACE:
        return _machine_failed(f"This machine refused: {one_line(reason or 'no reason given')}.")
    place = os.fsdecode(path) if isinstance(path, str | bytes) else str(path)
    return InputError(
        f"Can't use {one_line(place)}: {one_line(reason)}.",
        meaning="The guide needs a folder where it can write its records.",
        remedy="Choose another folder: RUNBOOK_HOME for everything, or --run-dir for one run.",
        who="You.",
    )


def _machine_failed(text: str) -> MachineFailed:
    return MachineFailed(
        text,
        meaning="What was done so far is recorded, and stays.",
        remedy="Make room on this machine, then run the same command again. It continues where it stopped.",
        who="You, or the people who run this machine.",
    )


def _is_of_a_run(name: str) -> bool:
    return name.endswith(".ipynb") or name in ("evidence.json", "evidence.html", "run.json")


def check_folder(folder: Path) -> None:
    """Make the folder of a run, private, and try to write there. Raises OSError, and InputError for others' files."""
    from ..record.run_file import RunFile

    ours = not folder.exists() or not any(folder.iterdir()) or RunFile(folder).belongs_to_a_run
    if not ours and (taken := [path.name for path in folder.iterdir() if _is_of_a_run(path.name)]):
        raise InputError(
            f"A run would overwrite files in {one_line(folder)}: {', '.join(sorted(taken)[:_NAMED])}.",
            meaning="They aren't from a run: there is no record with them.",
            remedy="Choose another folder with --run-dir.",
            who="You.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    if ours:  # anything else, such as the home folder, keeps its rights
        folder.chmod(0o700)
    probe = folder / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()


@contextmanager
def private_files() -> Iterator[None]:
    """Inside the block, files and folders that we and our children make are for their owner only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Inside the block, libraries print nothing past us: no warnings, and no tracebacks of threads and tasks.

    When their thread fails for want of resources, or because a kernel was killed, so does ours, and says why.
    """
    before, nowhere = threading.excepthook, logging.NullHandler()

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is None or explain(arguments.exc_value) is None:
            before(arguments)

    threading.excepthook = hook
    logging.getLogger().addHandler(nowhere)  # without any, Python prints to the stream for errors
    try:
        yield
    finally:
        threading.excepthook = before
        logging.getLogger().removeHandler(nowhere)


def open_standard_streams() -> None:
    """Give the process all three streams, and let them take any character.

    A caller can close one (`>&-`). The next file to be opened would take its number, and get our output.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # for the life of the process
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def flush_output() -> None:
    """Write what is left. Raises OutputEnded if nobody reads it, and OSError if it can't be written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputEnded from error


def drop_output() -> None:
    """Let what can't be written go nowhere, so that Python doesn't try it again when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _to_nowhere(stream)


def _to_nowhere(stream: IO[str]) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
