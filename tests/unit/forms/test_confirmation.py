"""A plan that destroys something is carried out only when somebody has agreed to exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.parameters import ConfirmedParameters
from runbook_lib.steps.core.results import Loss, Plan
from tests.unit.stage import PlayParameters, PlayStep, Stage, a_plan, play_step, text_of

PLACE = "subscription Plant (s), tenant t, as me"


def test_the_first_change_on_azure_is_confirmed_once(stage: Stage) -> None:
    type(stage.step).plan_of = staticmethod(lambda step: replace(a_plan(step), place=PLACE))
    stage.show()
    stage.review()
    assert stage.form.confirmation.widget.children[0].description == f"Yes: this changes Azure: {PLACE}"
    assert stage.form.action.disabled
    stage.form.confirmation.widget.children[0].value = True
    stage.turn()
    assert not stage.form.action.disabled
    stage.form.action.click()
    stage.settle()
    stage.form.again.click()
    stage.turn()
    stage.review()
    assert not stage.form.confirmation.missing


class CarefulParameters(PlayParameters, ConfirmedParameters):
    """Those of a step that can destroy something."""


def plan_of(*names: str, sentence: str = "the door is taken away.") -> Plan:
    losses = tuple(Loss("Endpoint", name, "its events stop") for name in names)
    return Plan("play", "Take the door", (), losses=losses, confirmation=sentence)


def losing(*names: str) -> Any:
    """Make plans that destroy something."""
    return staticmethod(lambda _step: plan_of(*names))


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path, monkeypatch)
    kind = type(stage.step)
    kind.plan_of = losing("alarms")
    stage.show()
    yield stage
    stage.close()


def box(stage: Stage) -> Any:
    return stage.form.confirmation.widget.children[0]


def tick(stage: Stage, ticked: bool = True) -> None:
    box(stage).value = ticked
    stage.turn()


def test_the_button_waits_for_the_box(stage: Stage) -> None:
    stage.review()
    shown = text_of(stage.form.widget)
    assert "alarms" in shown
    assert "its events stop" in shown
    assert box(stage).description == "Yes: the door is taken away."
    assert stage.form.action.disabled
    stage.form.action.click()
    stage.settle()
    assert [verb for verb, _ in stage.step.log] == ["plan"]
    tick(stage)
    assert not stage.form.action.disabled
    tick(stage, False)
    assert stage.form.action.disabled


def test_what_was_agreed_to_goes_to_the_step(stage: Stage) -> None:
    agreed: list[Plan | None] = []
    kind = type(stage.step)
    apply = kind.apply

    def remember(step: PlayStep, *arguments: Any) -> Any:
        agreed.append(step.agreed)
        return apply(step, *arguments)

    kind.apply = remember  # type: ignore[method-assign, assignment]
    stage.review()
    tick(stage)
    stage.form.action.click()
    stage.turn()
    assert box(stage).disabled
    stage.settle()
    assert [plan.confirmation for plan in agreed if plan] == ["the door is taken away."]


def test_another_value_takes_the_agreement_back(stage: Stage) -> None:
    stage.review()
    tick(stage)
    stage.enter("instance_name", "other")
    stage.settle()
    stage.advance(1)
    assert not box(stage).value
    assert stage.form.action.disabled


def test_nothing_is_asked_when_nothing_is_destroyed(stage: Stage) -> None:
    type(stage.step).plan_of = staticmethod(a_plan)
    stage.review()
    assert stage.form.confirmation.widget.layout.display == "none"
    assert not stage.form.action.disabled


def test_when_there_is_more_to_lose_by_now_it_is_read_again(stage: Stage) -> None:
    stage.step.failures.append(InputError("Not confirmed.", problems={"confirm": "more"}))
    stage.review()
    tick(stage)
    stage.form.action.click()
    stage.settle()
    type(stage.step).plan_of = losing("alarms", "lights")
    stage.form.action.click()
    stage.settle()
    stage.advance(1)
    assert "lights" in text_of(stage.form.widget)
    assert not box(stage).value
    assert [verb for verb, _ in stage.step.log] == ["plan", "apply", "plan"]
    tick(stage)
    stage.form.action.click()
    stage.settle()
    assert stage.step.log[-1][0] == "apply"


# --- without a form


def careful(tmp_path: Path, **values: Any) -> PlayStep:
    step = play_step(None, tmp_path, **values)  # type: ignore[arg-type]  # nothing is presented
    type(step).parameters_type = CarefulParameters
    return step


def test_without_a_form_a_parameter_agrees(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        careful(tmp_path).check_confirmed(plan_of("alarms"))
    assert "the door is taken away.\nEndpoint alarms: its events stop" in caught.value.message
    assert "set confirm to true" in caught.value.remedy
    careful(tmp_path, confirm=True).check_confirmed(plan_of("alarms"))
    careful(tmp_path).check_confirmed(plan_of(sentence=""))


def test_agreeing_to_one_plan_is_not_agreeing_to_another(tmp_path: Path) -> None:
    step = careful(tmp_path)
    step.agreed = plan_of("alarms")
    step.check_confirmed(plan_of("alarms"))
    with pytest.raises(InputError, match="lights"):
        step.check_confirmed(plan_of("alarms", "lights"))


def test_a_plan_that_destroys_something_says_so() -> None:
    shown = str(plan_of("alarms"))
    assert "Will break" in shown
    assert "To confirm: the door is taken away." in shown
