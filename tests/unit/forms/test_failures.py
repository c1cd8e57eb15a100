"""Forms without a browser: what is shown when something goes wrong, and the checks that follow a run."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from runbook_lib.errors import AzureRefused, InputError
from tests.unit.stage import Stage, field_text, text_of

# --- when it goes wrong


def test_a_failure_is_shown_and_can_be_tried_again(shown: Stage) -> None:
    shown.step.failures.append(AzureRefused("Quota is used up.", remedy="Delete an instance."))
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "Quota is used up." in text_of(shown.form.widget)
    assert "Delete an instance." in text_of(shown.form.widget)
    assert shown.results == {}
    assert shown.form.action.description == "Try again"
    shown.form.action.click()
    shown.settle()
    assert "Quota is used up." not in text_of(shown.form.widget)
    assert "The instance is ready." in text_of(shown.form.widget)


def test_a_failure_over_a_value_marks_its_field(shown: Stage) -> None:
    shown.step.failures.append(InputError("Taken.", problems={"instance_name": "Somebody was faster."}))
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "Somebody was faster." in field_text(shown, "instance_name")


def test_a_failure_that_nobody_expected_is_shown_and_logged(shown: Stage, caplog: pytest.LogCaptureFixture) -> None:
    shown.step.failures.append(ZeroDivisionError("oops"))
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "ZeroDivisionError: oops" in text_of(shown.form.widget)
    assert "runbook.log" in text_of(shown.form.widget)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_an_exception_in_a_handler_is_shown_and_logged(
    shown: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_name: str) -> None:
        raise ZeroDivisionError("in a handler")

    monkeypatch.setattr(shown.form.form, "_on_change", fail)
    shown.enter("instance_name", "abc")
    assert "ZeroDivisionError: in a handler" in text_of(shown.form.widget)
    assert caplog.records[-1].levelno == logging.ERROR


# --- the checks


def test_checks_are_locked_until_the_step_has_run_and_then_run_by_themselves(shown: Stage) -> None:
    shown.show_verification()
    assert "Complete first: Create the play instance." in text_of(shown.verification.widget)
    assert shown.verification.check_again.disabled
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "The instance works." in text_of(shown.verification.widget)
    assert not shown.verification.check_again.disabled
    assert shown.step.log[-1][0] == "verify"


def test_checks_shown_after_the_step_has_run_run_at_once_with_its_values(shown: Stage) -> None:
    shown.enter("instance_name", "abc")
    shown.review()
    shown.form.action.click()
    shown.settle()
    shown.show_verification()
    shown.settle()
    verb, values = shown.step.log[-1]
    assert (verb, values["instance_name"]) == ("verify", "abc")


def test_checks_that_cannot_be_made_say_why_and_can_be_made_again(shown: Stage) -> None:
    good = type(shown.step).proof_of

    def fail() -> Any:
        raise AzureRefused("Azure does not answer.")

    type(shown.step).proof_of = staticmethod(fail)
    shown.show_verification()
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "Azure does not answer." in text_of(shown.verification.widget)
    type(shown.step).proof_of = staticmethod(good)
    shown.verification.check_again.click()
    shown.settle()
    assert "The instance works." in text_of(shown.verification.widget)
