"""A log that only grows: whole lines, each bound to the one before."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.record.event_log import CUT, EventLog


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    found = EventLog(tmp_path / "journal.jsonl")
    for number in range(3):
        found.append({"event": "note", "step": "s", "number": number})
    return found


def numbers(log: EventLog) -> list[Any]:
    return [entry.get("number", entry["event"]) for entry in log.read()[0]]


def lines(log: EventLog) -> list[str]:
    return log.path.read_text().splitlines()


def write(log: EventLog, *new: str) -> None:
    log.path.write_text("".join(f"{line}\n" for line in new))


def test_nothing_is_there_before_the_first_event(tmp_path: Path) -> None:
    assert EventLog(tmp_path / "none.jsonl").read() == ([], [])


def test_events_come_back_in_their_order_and_only_their_owner_can_read_them(log: EventLog) -> None:
    assert numbers(log) == [0, 1, 2]
    assert log.read()[1] == []
    assert log.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", [0, 1])
def test_an_edited_line_shows(log: EventLog, line: int) -> None:
    changed = lines(log)
    changed[line] = changed[line].replace('"step": "s"', '"step": "t"')
    write(log, *changed)
    assert [damage.line for damage in log.read()[1]] == [line + 2]


def test_a_line_taken_out_shows(log: EventLog) -> None:
    first, _, last = lines(log)
    write(log, first, last)
    assert [str(damage) for damage in log.read()[1]] == ["line 2: it doesn't follow the line before it"]


def test_a_line_put_in_shows(log: EventLog) -> None:
    first, *rest = lines(log)
    write(log, first, json.dumps({"event": "note", "step": "forged"}), *rest)
    assert [damage.line for damage in log.read()[1]] == [2, 3]


@pytest.mark.parametrize("foreign", ["no JSON at all", "[1, 2]", '{"step": "s"}', '{"event": 7, "step": "s"}'])
def test_a_line_that_is_not_an_event_is_passed_over_and_named(log: EventLog, foreign: str) -> None:
    write(log, *lines(log), foreign)
    assert numbers(log) == [0, 1, 2]
    assert [damage.line for damage in log.read()[1]] == [4]


@pytest.mark.parametrize("kept", [1, 20, -2])
def test_a_line_cut_by_a_crash_swallows_nothing_and_is_not_damage(log: EventLog, kept: int) -> None:
    *whole, last = lines(log)
    log.path.write_text("".join(f"{line}\n" for line in whole) + last[:kept])
    assert numbers(log) == [0, 1]
    log.append({"event": "note", "step": "s", "number": 3})
    assert numbers(log) == [0, 1, CUT, 3]
    assert log.read()[1] == []


def test_a_last_line_that_only_lacks_its_end_is_kept(log: EventLog) -> None:
    log.path.write_text(log.path.read_text().removesuffix("\n"))
    log.append({"event": "note", "step": "s", "number": 3})
    assert numbers(log) == [0, 1, 2, CUT, 3]
    assert log.read()[1] == []


def test_a_long_line_is_found_from_the_end(log: EventLog) -> None:
    for text in ("x" * 200_000, "short"):
        log.append({"event": "note", "step": "s", "number": text})
    assert log.read()[1] == []
    assert len(log.read()[0]) == 5


def test_a_write_in_pieces_is_written_whole(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, text: real(handle, text[:7]))
    log.append({"event": "note", "step": "s", "number": 3})
    assert numbers(log) == [0, 1, 2, 3]


def test_a_full_disk_leaves_no_half_event(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = log.path.read_bytes(), os.write

    def write_some(handle: int, text: bytes) -> int:
        if len(text) < 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, text[:20])

    monkeypatch.setattr(os, "write", write_some)
    with pytest.raises(InputError, match="No space left on device") as caught:
        log.append({"event": "note", "step": "s", "number": 3})
    assert "Nothing is changed in Azure without a record" in caught.value.meaning
    assert log.path.read_bytes() == before


def test_a_log_that_cannot_be_synced_is_an_error(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="can't be written"):
        log.append({"event": "note", "step": "s"})


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    log = EventLog(tmp_path / "journal.jsonl")
    with pytest.raises(InputError, match="can't be read"):
        log.read()
    with pytest.raises(InputError, match="can't be written"):
        log.append({"event": "note", "step": "s"})
