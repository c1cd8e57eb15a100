"""Forms without a browser: reviewing the plan, running it, and running the cell again."""

from __future__ import annotations

from pathlib import Path

from runbook_lib.errors import AzureRefused
from runbook_lib.forms.composite_fields import TagsField
from runbook_lib.forms.guided import GuidedPresenter
from runbook_lib.steps.core.problems import Problem
from runbook_lib.steps.core.results import Plan
from tests.unit.stage import PlayStep, Stage, field_text, play_step, text_of

# --- review and run


def test_what_was_entered_survives_a_new_kernel(shown: Stage, tmp_path: Path) -> None:
    shown.enter("instance_name", "entered-twins")
    shown.enter("region", "northeurope")
    tags = shown.form.form.fields["tags"]
    assert isinstance(tags, TagsField)
    tags.rows[0].name.value, tags.rows[0].text.value = "password-policy", "strict"
    shown.turn()
    shown.review()
    shown.presenter = GuidedPresenter({}, str(tmp_path / "runbook.log"))
    shown.show(play_step(shown.presenter, tmp_path))
    assert shown.form.form.values["instance_name"] == "entered-twins"
    assert shown.form.form.values["tags"] == {}, "what looks like a secret isn't written down, so it can't come back"
    shown.presenter = GuidedPresenter({}, str(tmp_path / "runbook.log"))
    shown.show(play_step(shown.presenter, tmp_path, instance_name="set-in-the-cell"))
    assert shown.form.form.values["instance_name"] == "set-in-the-cell"
    assert shown.form.form.values["region"] == "northeurope"


def test_the_heading_says_where_it_works(shown: Stage) -> None:
    assert '<span class="rb-place rb-place-sandbox">Sandbox</span>' in text_of(shown.form.widget)


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


def test_a_plan_that_takes_long_says_so_and_can_be_stopped(shown: Stage) -> None:
    shown.form.to_review.click()
    shown.turn()
    for _ in range(8):
        shown.advance(0.5)
    assert "Checking what already exists" in text_of(shown.form.widget)
    assert "(4 s, on Azure usually about 4 s)" in text_of(shown.form.widget)
    shown.form.looking.button.click()
    shown.settle()
    shown.advance(1)
    assert "Stopped." in text_of(shown.form.widget)
    assert "Create my-first-twins" not in text_of(shown.form.widget)
    assert shown.form.action.disabled
    shown.form.previous.click()
    shown.turn()
    shown.review()
    assert "Create my-first-twins" in text_of(shown.form.widget)
    assert "Stopped." not in text_of(shown.form.widget)


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
    assert all(field.input.disabled for name, field in shown.form.form.fields.items() if name != "tags")
    shown.settle()
    assert not any(field.input.disabled for name, field in shown.form.form.fields.items() if name != "tags")


def test_the_result_takes_the_forms_place_and_the_form_can_be_had_back(shown: Stage) -> None:
    shown.review()
    shown.form.action.click()
    shown.settle()
    assert "The instance is ready." in text_of(shown.form.widget)
    assert "It pays for everything" not in text_of(shown.form.widget)
    shown.form.again.click()
    shown.settle()
    assert "It pays for everything" in text_of(shown.form.widget)


def finished(shown: Stage) -> None:
    shown.review()
    shown.form.action.click()
    shown.settle()
    shown.form.again.click()
    shown.settle()


def test_an_edit_takes_the_old_success_away(shown: Stage) -> None:
    finished(shown)
    assert "The instance is ready." in text_of(shown.form.widget)
    shown.enter("instance_name", "another")
    shown.settle()
    assert "The instance is ready." not in text_of(shown.form.widget)


def test_a_new_plan_takes_the_old_success_away(shown: Stage) -> None:
    finished(shown)
    shown.review()
    assert "Create my-first-twins" in text_of(shown.form.widget)
    assert "The instance is ready." not in text_of(shown.form.widget)


def test_a_failure_stays_while_you_look_at_the_fields_and_goes_with_an_edit(shown: Stage) -> None:
    shown.step.failures.append(AzureRefused("Quota is used up."))
    shown.review()
    shown.form.action.click()
    shown.settle()
    shown.form.previous.click()
    shown.settle()
    assert "Quota is used up." in text_of(shown.form.widget)
    shown.enter("instance_name", "another")
    assert "Quota is used up." not in text_of(shown.form.widget)


def test_checks_and_values_are_those_of_the_last_run(shown: Stage) -> None:
    shown.show_verification()
    finished(shown)
    assert "The instance works." in text_of(shown.verification.widget)
    shown.step.failures.append(AzureRefused("Quota is used up."))
    shown.enter("instance_name", "another")
    finished(shown)
    assert "The instance works." not in text_of(shown.verification.widget)
    assert shown.results == {}


def test_what_was_done_is_said_after_the_fact(shown: Stage) -> None:
    shown.review()
    assert ">create<" in text_of(shown.form.widget)
    assert ">created<" not in text_of(shown.form.widget)
    shown.form.action.click()
    shown.settle()
    assert ">created<" in text_of(shown.form.widget)


def test_a_button_that_destroys_looks_like_it(shown: Stage) -> None:
    shown.review()
    assert shown.form.action.button_style == "primary"
    type(shown.step).plan_of = staticmethod(
        lambda _: Plan("play", "Delete", (), confirmation="1 thing will be deleted for good.")
    )
    shown.enter("instance_name", "another")
    shown.settle()
    assert shown.form.action.button_style == "danger"


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
    assert "It pays for everything" in text_of(shown.form.widget)


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
