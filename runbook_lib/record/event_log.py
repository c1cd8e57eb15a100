"""A file of events that only grows: one line of JSON each, on the disk when `append` returns, chained by hashes.

Each line carries the SHA-256 of the line before it, so a line that was edited, removed or put in between shows. A line
that a crash has cut short stays as it is, and the next event follows on a line of its own.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..errors import InputError

CUT = "recovered"
"""The event that follows a line that was cut short."""
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Damage:
    """A line that can't be trusted."""

    line: int
    """Its number, from 1."""
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class EventLog:
    """The events in one file, which several processes can share."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write an event, whole and synced. Raises InputError when the disk or the folder doesn't take it."""
        from filelock import FileLock, Timeout  # only when something is written: reading a record needs no lock

        try:
            with FileLock(f"{self.path}.lock", timeout=_PATIENCE_SECONDS, mode=0o600):
                self._append(entry)
        except (OSError, Timeout) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise unwritable(self.path, reason) from error

    def read(self) -> tuple[list[dict[str, Any]], list[Damage]]:
        """Return all events that can be read, oldest first, and the lines that can't be trusted."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return [], []
        except OSError as error:
            raise unreadable(self.path, error.strerror or str(error)) from error
        *lines, rest = lines  # what a crash has cut short stands behind the last line break
        entries: list[dict[str, Any]] = []
        damages: list[Damage] = []
        previous = ""
        for number, line in enumerate(lines, 1):
            entry = _parsed(line)
            if entry is not None:
                entries.append(entry)
                if entry.get("previous") != previous:
                    damages.append(Damage(number, "it doesn't follow the line before it"))
            elif not _names_a_cut(lines[number] if number < len(lines) else rest):
                damages.append(Damage(number, "it isn't an event"))
            previous = _hash(line)
        return entries, damages

    def _append(self, entry: Mapping[str, Any]) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        made = not self.path.exists()
        handle = os.open(self.path, flags, 0o600)
        try:
            size = os.fstat(handle).st_size
            text, last = b"", _last_line(handle, size)
            if last and not last.endswith(b"\n"):
                text = b"\n" + _line({"event": CUT, "step": "", "bytes": len(last)}, last)
                last = text[1:]
            text += _line(entry, last)
            try:
                _write_all(handle, text)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)  # half an event would only have to be explained later
                raise
        finally:
            os.close(handle)
        if made:
            _sync_folder(self.path.parent)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole and synced, or not at all. Raises InputError when the disk or the folder doesn't take it."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error


def unwritable(path: Path, reason: str) -> InputError:
    """Make the error for a record that can't be kept."""
    return InputError(
        f"The record {path} can't be written: {reason}.",
        meaning="Nothing is changed in Azure without a record of it, so nothing further was begun.",
        remedy="Free some space, make the folder writable, or choose another one with --run-dir. Then run this again.",
        who="You.",
    )


def unreadable(path: Path, reason: str) -> InputError:
    """Make the error for a record that can't be read."""
    remedy = "Make it readable, or choose another folder with --run-dir."
    return InputError(f"The record {path} can't be read: {reason}.", remedy=remedy, who="You.")


def _line(entry: Mapping[str, Any], last: bytes) -> bytes:
    chained = {"previous": _hash(last.removesuffix(b"\n")) if last else "", **entry}
    return json.dumps(chained, default=str).encode() + b"\n"


def _hash(line: bytes) -> str:
    return sha256(line).hexdigest()


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("event"), str) and "step" in entry else None


def _names_a_cut(line: bytes) -> bool:
    entry = _parsed(line)
    return entry is not None and entry["event"] == CUT


def _last_line(handle: int, size: int) -> bytes:
    """Return the last line with its line break, if it has one."""
    block, start = b"", size
    while start > 0:
        step = min(65536, start)
        start -= step
        os.lseek(handle, start, os.SEEK_SET)
        block = os.read(handle, step) + block
        cut = block.rstrip(b"\n") if block.endswith(b"\n") else block
        if b"\n" in cut:
            return block[cut.rindex(b"\n") + 1 :]
    return block


def _write_all(handle: int, text: bytes) -> None:
    while text:
        text = text[os.write(handle, text) :]


def _sync_folder(folder: Path) -> None:
    """Let a new file's name be on the disk too; a folder can't be opened for that on Windows."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
