"""A person sees at once that the guide starts, and the bar of the guide takes the line's place."""

from __future__ import annotations

from typing import Any

import pytest

import runbook_lib
from runbook_lib import starting


class Handle:
    """A display, which remembers what it shows."""

    def __init__(self, shown: Any) -> None:
        self.shown = [shown]

    def update(self, what: Any) -> None:
        self.shown.append(what)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    found: list[Handle] = []
    monkeypatch.setattr(starting, "_shown", [])

    def display(what: Any, display_id: bool) -> Handle:
        found.append(Handle(what))
        return found[-1]

    monkeypatch.setattr(starting, "display", display)
    return found


def test_the_first_line_comes_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch, shown: list[Handle]) -> None:
    monkeypatch.setenv("RUNBOOK_MODE", "guided")
    _ = runbook_lib.Runbook
    (line,) = shown
    assert "Starting" in line.shown[0].data
    assert "usually takes 1 to 3 seconds" in line.shown[0].data
    _ = runbook_lib.Runbook  # the cell again, before anything has replaced it
    assert len(shown) == 1
    assert starting.take() is line
    assert starting.take() is None


def test_a_machine_sees_no_such_line(monkeypatch: pytest.MonkeyPatch, shown: list[Handle]) -> None:
    monkeypatch.setenv("RUNBOOK_MODE", "unattended")
    _ = runbook_lib.Runbook
    assert shown == []


def test_it_goes_when_the_start_fails(monkeypatch: pytest.MonkeyPatch, shown: list[Handle]) -> None:
    monkeypatch.setenv("RUNBOOK_MODE", "guided")
    kind = runbook_lib.Runbook
    with pytest.raises(runbook_lib.InputError):
        kind(target="nowhere")
    assert shown[0].shown[-1].data == ""
