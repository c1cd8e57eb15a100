"""Forms without a browser: what people see at each keystroke, at each answer, and when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import AzureRefused, InputError
from runbook_lib.forms.desk import Desk
from runbook_lib.forms.fields import TagsField
from runbook_lib.steps.base import Remark
from runbook_lib.steps.results import Plan, Problem

from .stage import PlayStep, Stage, play_step, text_of


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path, monkeypatch)
    yield stage
    stage.close()


@pytest.fixture
def shown(stage: Stage) -> Stage:
    stage.show()
    return stage


def field_text(stage: Stage, name: str) -> str:
    return text_of(stage.form.form.fields[name].box)


# --- while typing


def test_each_keystroke_is_judged_at_once_and_without_azure(shown: Stage) -> None:
    shown.step.asked.clear()
    for typed, said in (("a", "too short"), ("a_", "&#x27;_&#x27;"), ("a_b", "&#x27;_&#x27;"), ("a-b", "")):
        shown.enter("instance_name", typed)
        assert 'role="alert"' in field_text(shown, "instance_name") if said else True
        assert said in field_text(shown, "instance_name")
    assert 'role="alert"' not in field_text(shown, "instance_name")
    assert shown.step.asked == []


def test_nobody_is_scolded_for_a_field_that_was_not_touched(stage: Stage, tmp_path: Path) -> None:
    stage.show(play_step(stage.presenter, tmp_path, instance_name="-"))
    assert 'role="alert"' not in text_of(stage.form.widget)
    stage.review()
    assert "begins with a hyphen" in field_text(stage, "instance_name")


def test_the_tab_counts_what_is_to_fix(shown: Stage) -> None:
    shown.enter("instance_name", "-")
    assert shown.form.form.tabs.titles == ("Basics · 1 to fix", "Advanced", "Tags", "Review + create")
    shown.enter("instance_name", "abc")
    assert shown.form.form.tabs.titles[0] == "Basics"


def test_parameters_of_how_the_notebook_runs_are_not_asked_for(shown: Stage) -> None:
    assert {"target", "sign_in", "mode", "timeout_minutes"}.isdisjoint(shown.form.form.fields)


def test_tags_grow_by_a_row_and_keep_no_empty_one(shown: Stage) -> None:
    tags = shown.form.form.fields["tags"]
    assert isinstance(tags, TagsField)
    name, text = tags.control.children[0].children
    name.value = "department"
    shown.turn()
    assert len(tags.control.children) == 2
    text.value = "training"
    shown.turn()
    assert tags.value == {"department": "training"}
    tags.control.children[1].children[0].value = "department"
    shown.turn()
    assert "there more than once" in field_text(shown, "tags")


@pytest.mark.parametrize("given", [{"a": "b"}, "a=b"])
def test_tags_are_taken_as_papermill_gives_them(stage: Stage, tmp_path: Path, given: Any) -> None:
    stage.show(play_step(stage.presenter, tmp_path, tags=given))
    assert stage.form.form.fields["tags"].value == {"a": "b"}


# --- lists, remarks and what is greyed out


def test_empty_means_the_first_of_a_list(shown: Stage) -> None:
    assert shown.form.form.values["subscription"] == "training"


def test_a_choice_given_by_its_label_is_found(stage: Stage, tmp_path: Path) -> None:
    stage.show(play_step(stage.presenter, tmp_path, subscription="contoso production"))
    assert stage.form.form.values["subscription"] == "production"


def test_a_list_follows_the_field_it_depends_on(shown: Stage) -> None:
    region = shown.form.form.fields["region"]
    assert [value for _, value in region.control.options] == ["westeurope", "northeurope"]
    shown.enter("region", "northeurope")
    shown.enter("subscription", "production")
    shown.settle()
    assert [value for _, value in region.control.options] == ["eastus", "northeurope"]
    assert region.value == "northeurope"


def test_a_choice_that_is_no_longer_offered_is_kept_and_marked(shown: Stage) -> None:
    shown.enter("subscription", "production")
    shown.settle()
    assert shown.form.form.values["region"] == "westeurope"
    assert "cannot be chosen here" in field_text(shown, "region")
    shown.review()
    assert shown.form.action.disabled


def test_a_search_is_answered_by_what_is_typed_and_keeps_the_value(shown: Stage) -> None:
    shown.enter("member", "oliv")
    assert shown.jobs == []
    shown.advance(0.5)
    shown.settle()
    assert shown.form.form.fields["member"].control.options == ("Olivia Owner (owner@contoso.com)",)
    shown.enter("member", "Olivia Owner (owner@contoso.com)")
    assert shown.form.form.values["member"] == "id-of-olivia"


def test_azure_is_asked_when_typing_rests(shown: Stage) -> None:
    shown.step.asked.clear()
    for typed in ("takea", "takean", "taken"):
        shown.enter("instance_name", typed)
        shown.advance(0.3)
    assert shown.step.asked == []
    shown.advance(0.2)
    shown.settle()
    assert [(kind, values["instance_name"]) for kind, _, values in shown.step.asked] == [("remark", "taken")]
    assert "taken is taken." in field_text(shown, "instance_name")


def test_checking_is_said_while_azure_thinks(shown: Stage) -> None:
    shown.enter("instance_name", "free")
    shown.advance(0.4)
    assert "Checking" not in field_text(shown, "instance_name")
    shown.advance(0.2)
    assert "Checking" in field_text(shown, "instance_name")
    shown.settle()
    assert "free is free." in field_text(shown, "instance_name")
    assert "Checking" not in field_text(shown, "instance_name")


def test_an_answer_that_comes_too_late_is_dropped(shown: Stage) -> None:
    shown.enter("instance_name", "taken")
    shown.advance(0.5)
    (late,) = shown.jobs
    shown.jobs.clear()
    shown.enter("instance_name", "free")
    shown.advance(0.5)
    shown.settle()
    late()
    shown.turn()
    assert "free is free." in field_text(shown, "instance_name")
    assert shown.form.form.all_problems == {}


def test_a_list_that_comes_too_late_is_dropped(shown: Stage) -> None:
    shown.enter("subscription", "production")
    late = list(shown.jobs)
    shown.jobs.clear()
    shown.enter("subscription", "training")
    shown.settle()
    for job in late:
        job()
    shown.turn()
    offered = [value for _, value in shown.form.form.fields["region"].control.options]
    assert offered == ["westeurope", "northeurope"]
    assert not shown.form.form.fields["grant_access"].barred


def test_a_value_is_checked_again_when_what_it_depends_on_changes(shown: Stage) -> None:
    shown.step.asked.clear()
    shown.enter("region", "northeurope")
    shown.settle()
    assert ("remark", "instance_name") in [(kind, name) for kind, name, _ in shown.step.asked]


def test_what_azure_refuses_holds_the_button(shown: Stage) -> None:
    shown.enter("instance_name", "taken")
    shown.advance(0.5)
    shown.settle()
    shown.review()
    assert "Resource name (Basics): taken is taken." in text_of(shown.form.widget)
    assert shown.form.action.disabled


def test_what_could_not_be_checked_does_not_hold_the_button(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def remark(_step: PlayStep, field: str, _values: Any) -> Remark | None:
        if field == "instance_name":
            raise AzureRefused("Azure is busy.")
        return None

    monkeypatch.setattr(PlayStep, "remark", remark)
    stage.show()
    assert "Not checked: Azure is busy." in field_text(stage, "instance_name")
    stage.review()
    assert not stage.form.action.disabled


def test_a_barred_field_is_greyed_out_with_the_reason_and_counts_as_not_ticked(shown: Stage) -> None:
    shown.enter("grant_access", True)
    shown.enter("subscription", "production")
    shown.settle()
    field = shown.form.form.fields["grant_access"]
    assert field.control.disabled
    assert "You may not assign roles in Contoso Production." in field_text(shown, "grant_access")
    assert shown.form.form.values["grant_access"] is False
    shown.enter("subscription", "training")
    shown.settle()
    assert not field.control.disabled
    assert shown.form.form.values["grant_access"] is True


def test_a_barred_field_stays_barred_after_a_run(shown: Stage) -> None:
    shown.enter("subscription", "production")
    shown.settle()
    shown.enter("region", "eastus")
    shown.settle()
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert shown.step.log[-1][0] == "apply"
    assert shown.form.form.fields["grant_access"].control.disabled
    assert not shown.form.form.fields["region"].control.disabled


# --- review and run


def test_the_last_tab_shows_the_plan_and_frees_the_button_a_moment_later(shown: Stage) -> None:
    shown.enter("instance_name", "abc")
    shown.form.to_review.click()
    shown.settle()
    assert "Create abc" in text_of(shown.form.widget)
    assert shown.form.action.disabled, "a double click must not run what nobody has read"
    shown.form.action.click()  # a press that was under way before the button was disabled
    shown.settle()
    assert [verb for verb, _ in shown.step.log] == ["plan"]
    shown.advance(1)
    assert not shown.form.action.disabled


def test_exactly_what_was_reviewed_is_run(shown: Stage) -> None:
    shown.enter("instance_name", "abc")
    shown.review()
    shown.form.action.click()
    shown.settle()
    (_, planned), (verb, done) = shown.step.log
    assert verb == "apply"
    assert done == planned
    assert done["instance_name"] == "abc"
    assert shown.results["play"].values == {"Name": "abc"}
    assert shown.step.values["instance_name"] == "abc"


def test_a_change_after_the_review_needs_another_one(shown: Stage) -> None:
    shown.review()
    shown.form.previous.click()
    shown.turn()
    shown.enter("instance_name", "changed")
    shown.form.action.click()
    shown.settle()
    assert [verb for verb, _ in shown.step.log] == ["plan"]
    shown.form.next.click()
    shown.settle()
    assert "Create changed" in text_of(shown.form.widget)


def test_a_plan_of_values_that_have_changed_since_is_dropped(shown: Stage) -> None:
    shown.form.to_review.click()
    shown.turn()
    (late,) = shown.jobs
    shown.jobs.clear()
    shown.form.previous.click()
    shown.turn()
    late()
    shown.turn()
    shown.advance(1)
    assert "Create my-first-twins" not in text_of(shown.form.widget)
    shown.form.action.click()
    shown.settle()
    assert [verb for verb, _ in shown.step.log] == ["plan"]


def test_a_plan_that_is_blocked_cannot_be_run_and_marks_the_field(shown: Stage) -> None:
    problem = Problem("instance_name", "That name is reserved.")
    type(shown.step).plan_of = staticmethod(lambda _: Plan("play", "Create", (), problems=(problem,)))
    shown.review()
    assert shown.form.action.disabled
    assert "That name is reserved." in field_text(shown, "instance_name")


def test_a_plan_that_fails_is_shown(shown: Stage) -> None:
    def fail(_step: PlayStep) -> Plan:
        raise AzureRefused("The subscription is disabled.")

    type(shown.step).plan_of = staticmethod(fail)
    shown.review()
    assert "The subscription is disabled." in text_of(shown.form.widget)
    assert shown.form.action.disabled


def test_progress_says_what_since_when_and_how_long_it_usually_takes(shown: Stage) -> None:
    said: list[str] = []

    def seven_seconds_later() -> None:
        shown.turn()
        shown.advance(7)
        said.append(text_of(shown.form.progress.widget))

    type(shown.step).during = staticmethod(seven_seconds_later)
    shown.review()
    shown.form.action.click()
    shown.turn()
    assert "Starting" in text_of(shown.form.progress.widget)
    shown.settle()
    assert "Creating the instance" in said[0]
    assert "(7 s, on Azure usually about 20 s)" in said[0]
    assert text_of(shown.form.progress.widget) == ""


def test_the_fields_are_locked_while_the_step_runs_and_a_second_press_runs_nothing(shown: Stage) -> None:
    shown.review()
    shown.form.action.click()
    shown.form.action.click()
    shown.turn()
    assert len(shown.jobs) == 1
    assert shown.form.action.disabled
    assert all(field.control.disabled for name, field in shown.form.form.fields.items() if name != "tags")
    shown.settle()
    assert not any(field.control.disabled for name, field in shown.form.form.fields.items() if name != "tags")


def test_the_result_takes_the_forms_place_and_the_form_can_be_had_back(shown: Stage) -> None:
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "The instance is ready." in text_of(shown.form.widget)
    assert "first enabled one" not in text_of(shown.form.widget)
    shown.form.again.click()
    shown.settle()
    assert "first enabled one" in text_of(shown.form.widget)


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
    assert shown.verification.button.disabled
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "The instance works." in text_of(shown.verification.widget)
    assert not shown.verification.button.disabled
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
    shown.verification.button.click()
    shown.settle()
    assert "The instance works." in text_of(shown.verification.widget)


# --- when the cell is run again


def test_a_form_that_is_replaced_is_retired_and_its_result_kept(shown: Stage) -> None:
    shown.enter("instance_name", "abc")
    shown.review()
    shown.form.action.click()
    shown.settle()
    old = shown.form
    shown.show()
    assert shown.form is not old
    assert old.widget.comm is None
    assert "The instance is ready." in text_of(shown.form.widget)
    assert shown.form.form.values["instance_name"] == "abc"


def test_new_parameters_show_the_form_with_them(shown: Stage, tmp_path: Path) -> None:
    shown.review()
    shown.form.action.click()
    shown.settle()
    shown.show(play_step(shown.presenter, tmp_path, instance_name="other"))
    assert shown.form.form.values["instance_name"] == "other"
    assert "first enabled one" in text_of(shown.form.widget)


def test_a_step_that_runs_goes_on_when_its_form_is_replaced(shown: Stage) -> None:
    shown.review()
    shown.form.action.click()
    shown.turn()
    (job,) = shown.jobs
    shown.jobs.clear()
    shown.show()
    assert shown.form.action.disabled
    assert "Starting" in text_of(shown.form.widget)
    job()
    shown.turn()
    assert "The instance is ready." in text_of(shown.form.widget)


# --- threads


def test_a_handler_on_another_thread_works_on_the_main_loop() -> None:
    """ipykernel calls handlers on changing threads; only the main loop's may touch a form."""

    async def main() -> tuple[int, int]:
        done: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        desk = Desk(asyncio.get_running_loop(), done.set_exception)
        handler = desk.handler(
            lambda: desk.work(threading.get_ident, lambda worker: done.set_result((worker, threading.get_ident())))
        )
        threading.Thread(target=handler, args=({"new": 1},)).start()
        return await asyncio.wait_for(done, 10)

    worker, shown_on = asyncio.run(main())
    assert shown_on == threading.get_ident() != worker


def test_a_desk_whose_loop_is_gone_drops_what_comes() -> None:
    loop = asyncio.new_event_loop()
    desk = Desk(loop, lambda _error: None)
    loop.close()
    desk.soon(pytest.fail, "nobody is there")
