"""At a terminal a run says how long it takes and rings at its end; into a file it prints what it always prints."""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path

import pytest

from runbook_lib.cli import terminal
from runbook_lib.cli.terminal import Watch
from runbook_lib.display import phase
from runbook_lib.unattended import PrintedProgress
from tests.cli.process import runbook


class Screen(io.StringIO):
    """A terminal, or a file."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Put a test at a terminal. Not a fixture: pytest takes the standard output back when the test itself begins."""
    shown = Screen(terminal=True)
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(terminal, "TICK_SECONDS", 1e6)  # the test shows it
    monkeypatch.setenv("TERM", "xterm")
    return shown


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def test_it_shows_what_has_passed_and_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = terminal_of(monkeypatch), Clock()
    with Watch(say, clock) as watch:
        watch.say("[1/1] 01-create-instance")
        clock.now = 2
        watch.show()
        assert screen.getvalue().endswith("      2 s …")
        PrintedProgress().phase("Creating the instance", 35)  # as the kernel does
        watch.say("      Creating the instance")
        clock.now = 14
        watch.show()
        assert screen.getvalue().endswith("      12 s, on Azure usually about 35 s …")
        watch.say("      The instance is ready")
        assert screen.getvalue().endswith("\r\x1b[K      The instance is ready\n")
    assert screen.getvalue().endswith("\r\x1b[K")  # no bell: it was short
    assert phase.FILE_VARIABLE not in os.environ


def test_a_long_run_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = terminal_of(monkeypatch), Clock()
    with Watch(say, clock):
        clock.now = 60
    assert screen.getvalue().endswith("\a")


def test_a_file_gets_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, clock = Screen(terminal=False), Clock()
    monkeypatch.setattr(sys, "stdout", shown)
    with Watch(say, clock) as watch:
        assert phase.FILE_VARIABLE not in os.environ
        watch.say("a line")
        clock.now = 60
    assert shown.getvalue() == "a line\n"


def test_a_real_terminal_is_left_as_it_was(shared: Path) -> None:
    ours, theirs = pty.openpty()
    ended = runbook("run", "00", "--run-dir", str(shared / "watched"), stdout=theirs, TERM="xterm")
    os.close(theirs)
    printed = b""
    while chunk := _read(ours):
        printed += chunk
    os.close(ours)
    assert ended.returncode == 0, ended.stderr
    text = printed.decode()
    assert "\x1b[K      1 s" in text  # a kernel takes longer to start
    lines = [line.rpartition("\x1b[K")[2].rstrip() for line in text.splitlines()]
    assert any(line.startswith("Done in ") for line in lines)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # nobody writes to it any longer
        return b""
