"""Who runs the notebook, and how steps go when nobody is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import runbook_lib
from runbook_lib import InputError, PermissionMissing, StepNotRun, VerificationFailed, mode
from runbook_lib.mode import detect_mode
from runbook_lib.steps.core.problems import Problem
from runbook_lib.steps.core.results import Check, Outcome, Plan, Verification
from runbook_lib.unattended import PrintedProgress, UnattendedPresenter

from .stage import PlayStep, play_step


class Shell:
    """What IPython's `get_ipython()` returns in a kernel, as far as the mode concerns it."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.kernel = self
        self._request = request

    def get_parent(self, channel: str) -> dict[str, Any]:
        assert channel == "shell"
        return self._request


def a_kernel(monkeypatch: pytest.MonkeyPatch, **content: bool) -> None:
    monkeypatch.setattr(mode, "get_ipython", lambda: Shell({"content": content}))


@pytest.mark.parametrize(("allow_stdin", "mode"), [(True, "guided"), (False, "unattended")])
def test_a_person_is_whoever_can_be_asked(monkeypatch: pytest.MonkeyPatch, allow_stdin: bool, mode: str) -> None:
    a_kernel(monkeypatch, allow_stdin=allow_stdin)
    assert detect_mode() == mode


def test_nobody_is_there_in_plain_python_and_in_a_kernel_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detect_mode() == "unattended"
    a_kernel(monkeypatch)
    assert detect_mode() == "unattended"


def test_voila_has_somebody_looking_on(monkeypatch: pytest.MonkeyPatch) -> None:
    a_kernel(monkeypatch, allow_stdin=False)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert detect_mode() == "guided"


def test_the_environment_wins_over_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_MODE", "unattended")
    a_kernel(monkeypatch, allow_stdin=True)
    assert detect_mode() == "unattended"


def test_the_parameter_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_MODE", "unattended")
    assert detect_mode("guided") == "guided"


@pytest.mark.parametrize("explicit", [True, False])
def test_forms_are_refused_where_a_machine_runs_the_cells(monkeypatch: pytest.MonkeyPatch, explicit: bool) -> None:
    a_kernel(monkeypatch, allow_stdin=False)
    if not explicit:
        monkeypatch.setenv("RUNBOOK_MODE", "guided")
    with pytest.raises(InputError, match="nobody is here to fill them in"):
        detect_mode("guided" if explicit else "auto")
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert detect_mode("guided") == "guided"
    a_kernel(monkeypatch, allow_stdin=True)
    monkeypatch.delenv("SERVER_SOFTWARE")
    assert detect_mode("guided") == "guided"


def test_a_mode_that_there_is_not_is_named() -> None:
    with pytest.raises(InputError, match="'sometimes'"):
        detect_mode("sometimes")


@pytest.fixture
def results() -> dict[str, Outcome]:
    return {}


@pytest.fixture
def step(results: dict[str, Outcome], tmp_path: Path) -> PlayStep:
    return play_step(UnattendedPresenter(results), tmp_path, instance_name="abc")


def test_a_step_runs_at_once_and_prints_what_it_does(
    step: PlayStep, results: dict[str, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    step.present()
    printed = capsys.readouterr().out.splitlines()
    plan, phase, outcome = (
        printed.index(line) for line in ("• Create abc", "Creating the instance", "✓ The instance is ready.")
    )
    assert plan < phase < outcome
    assert printed.count("Creating the instance") == 1
    assert results["play"].values == {"Name": "abc"}


def test_two_runs_print_the_same(step: PlayStep, capsys: pytest.CaptureFixture[str]) -> None:
    step.present()
    first = capsys.readouterr().out
    step.present()
    assert capsys.readouterr().out == first


def test_what_is_in_the_way_is_shown_and_then_raised(step: PlayStep, capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem("", "You may not.", "No role allows it.", "Ask for the role.", "An owner.", "permission")
    type(step).plan_of = staticmethod(lambda _: Plan("play", "Create abc", (), (), (problem,)))
    with pytest.raises(PermissionMissing) as raised:
        step.present()
    assert "You may not." in capsys.readouterr().out
    text = str(raised.value)  # what papermill shows as `evalue`
    assert [
        part for part in ("You may not.", "No role allows it.", "Ask for the role.", "An owner.") if part not in text
    ] == []
    assert [verb for verb, _ in step.log] == ["plan"]


def test_a_failure_forgets_the_result_of_an_earlier_run(step: PlayStep, results: dict[str, Outcome]) -> None:
    step.present()
    step.failures.append(InputError("No."))
    with pytest.raises(InputError):
        step.present()
    assert results == {}


def test_checks_that_pass_are_shown(step: PlayStep, capsys: pytest.CaptureFixture[str]) -> None:
    step.verification.present()
    assert "passed  It is there" in capsys.readouterr().out


def test_checks_that_fail_are_shown_and_then_raised(step: PlayStep, capsys: pytest.CaptureFixture[str]) -> None:
    checks = (Check("It is there", "passed", "Listed."), Check("It answers", "failed", "403.", "Wait a little."))
    type(step).proof_of = staticmethod(lambda: Verification("play", "Checks", checks))
    with pytest.raises(VerificationFailed, match=r"It answers: 403\.(?s:.*)Wait a little\."):
        step.verification.present()
    assert "passed  It is there" in capsys.readouterr().out


def test_an_error_is_shown_as_a_few_sentences() -> None:
    error = InputError("The name is taken.", remedy="Choose another.")
    assert error._render_traceback_() == str(error).splitlines()
    assert StepNotRun("Complete first: it.")._render_traceback_() == ["! Complete first: it."]


def test_a_phase_is_printed_when_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    progress = PrintedProgress()
    for text in ("one", "one", "two", "one"):
        progress.phase(text, 30)
    assert capsys.readouterr().out == "one\ntwo\none\n"


def test_the_public_names_are_sorted_and_there() -> None:
    assert runbook_lib.__all__ == sorted(runbook_lib.__all__)
    assert [name for name in runbook_lib.__all__ if not isinstance(getattr(runbook_lib, name), type)] == []
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = runbook_lib.nothing_like_it
