"""A person who does not want to wait any longer: what a form offers, and what is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.azure.waiting import ATTENTION_SECONDS, Waiting
from runbook_lib.errors import Stopped
from tests.unit.stage import Stage, text_of


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path, monkeypatch)
    stage.show()
    stage.review()
    yield stage
    stage.close()


def started(stage: Stage) -> None:
    """Press Create; the worker has not begun yet."""
    stage.form.action.click()
    stage.turn()


def test_the_way_out_is_there_only_while_something_runs(stage: Stage) -> None:
    assert stage.form.progress.widget.layout.display == "none"
    started(stage)
    assert stage.form.progress.widget.layout.display == ""
    assert stage.form.progress.button.description == "Stop waiting"
    assert "finishes what it has started" in stage.form.progress.button.tooltip
    stage.settle()
    assert stage.form.progress.widget.layout.display == "none"


def test_a_stopped_step_says_what_goes_on_and_can_be_run_again(stage: Stage) -> None:
    started(stage)
    stage.form.progress.button.click()
    stage.turn()
    assert (stage.form.progress.button.description, stage.form.progress.button.disabled) == ("Stopping …", True)
    stage.settle()
    shown = text_of(stage.form.widget)
    assert "You stopped waiting." in shown
    assert "Azure finishes what it has started, and the record lists it" in shown
    assert (stage.form.action.description, stage.form.action.disabled) == ("Try again", False)
    started(stage)
    assert (stage.form.progress.button.description, stage.form.progress.button.disabled) == ("Stop waiting", False)
    stage.settle()
    assert "The instance is ready." in text_of(stage.form.widget)


def test_checks_can_be_stopped_too(stage: Stage) -> None:
    stage.show_verification()
    started(stage)
    stage.jobs.pop(0)()
    stage.turn()
    stage.verification.progress.button.click()
    stage.settle()
    assert "You stopped waiting." in text_of(stage.verification.widget)
    stage.verification.check_again.click()
    stage.settle()
    assert "The instance works." in text_of(stage.verification.widget)


def test_a_pause_ends_soon_after_it_is_told_to() -> None:
    stop, slept = threading.Event(), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            stop.set()

    with pytest.raises(Stopped, match="Stopped waiting"):
        Waiting(lambda: 0.0, sleep).stoppable(stop).until(lambda: None, 600, first=5)
    assert slept == [ATTENTION_SECONDS] * 3


def test_a_pause_that_nobody_ends_takes_its_time() -> None:
    slept: list[float] = []
    Waiting(lambda: 0.0, slept.append).stoppable(threading.Event()).sleep(0.6)
    assert sum(slept) == pytest.approx(0.6)
