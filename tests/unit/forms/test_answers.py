"""Forms without a browser: lists, remarks and what is greyed out, as Azure answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbook_lib.azure.permissions import missing
from runbook_lib.errors import AzureRefused
from runbook_lib.forms.fields import ChoiceField, Spec
from runbook_lib.steps.core.step import Choice, Hint

from ..stage import PlayStep, Stage, field_text, play_step, text_of

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
    assert "available here" in field_text(shown, "region")
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
    assert [(kind, values["instance_name"]) for kind, _, values in shown.step.asked] == [("hint", "taken")]
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


def test_a_check_that_takes_long_says_how_long(shown: Stage) -> None:
    shown.enter("instance_name", "free")
    shown.advance(0.5)
    for _ in range(4):
        shown.advance(1)
    assert "Checking … (4 s, usually about 1 s; you can go on)" in field_text(shown, "instance_name")
    shown.settle()
    assert "free is free." in field_text(shown, "instance_name")
    shown.advance(2)
    assert "Checking" not in field_text(shown, "instance_name")


def test_a_list_that_takes_long_says_how_long(stage: Stage) -> None:
    stage.in_cell(stage.step.present)
    for _ in range(4):
        stage.advance(1)
    assert "Reading the list … (4 s, usually about 1 s; you can go on)" in field_text(stage, "subscription")
    stage.settle()
    stage.advance(2)
    assert "Reading the list" not in text_of(stage.form.widget)


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
    assert not shown.form.form.fields["grant_access"].disabled


def test_a_value_is_checked_again_when_what_it_depends_on_changes(shown: Stage) -> None:
    shown.step.asked.clear()
    shown.enter("region", "northeurope")
    shown.settle()
    assert ("hint", "instance_name") in [(kind, name) for kind, name, _ in shown.step.asked]


def test_what_azure_refuses_holds_the_button(shown: Stage) -> None:
    shown.enter("instance_name", "taken")
    shown.advance(0.5)
    shown.settle()
    shown.review()
    assert "Resource name (Basics): taken is taken." in text_of(shown.form.widget)
    assert shown.form.action.disabled


def test_what_could_not_be_checked_does_not_hold_the_button(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def hint(_step: PlayStep, field: str, _values: Any) -> Hint | None:
        if field == "instance_name":
            raise AzureRefused("Azure is busy.")
        return None

    monkeypatch.setattr(PlayStep, "hint", hint)
    stage.show()
    assert "Not checked: Azure is busy." in field_text(stage, "instance_name")
    stage.review()
    assert not stage.form.action.disabled


def test_what_may_not_be_looked_up_shows_no_raw_refusal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_step: PlayStep, _field: str, _values: Any) -> Any:
        raise missing("Microsoft.Resources/subscriptions/resourceGroups/read", "/subscriptions/s", message="403 (raw)")

    monkeypatch.setattr(PlayStep, "hint", refuse)
    monkeypatch.setattr(PlayStep, "choices", refuse)
    stage.show()
    for name in ("instance_name", "subscription"):
        shown = field_text(stage, name)
        assert "you aren't allowed to look that up" in shown.replace("&#x27;", "'")
        assert "403" not in shown
    stage.review()
    assert not stage.form.action.disabled


def test_a_barred_field_is_greyed_out_with_the_reason_and_counts_as_not_ticked(shown: Stage) -> None:
    shown.enter("grant_access", True)
    shown.enter("subscription", "production")
    shown.settle()
    field = shown.form.form.fields["grant_access"]
    assert field.control.disabled
    assert "You are not allowed to assign roles in Contoso Production." in field_text(shown, "grant_access")
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


def test_a_long_list_can_be_searched_by_typing() -> None:
    noticed: list[object] = []
    spec = Spec("subscription", "Subscription", "", "Basics", "choice")
    field = ChoiceField(spec, "", noticed.append)
    plants = [Choice(f"{number:08}-aaaa", f"Plant {number}") for number in range(30)]
    field.offer(plants[:3])
    assert field.search not in field.box.children
    field.offer(plants)
    assert field.box.children[0] is field.search
    assert field.value == plants[0].value
    field.search.value = "plant 2"
    assert [label for label, _ in field.control.options] == ["Plant 0", "Plant 2", *(f"Plant 2{n}" for n in range(10))]
    assert field.value == plants[0].value, "searching chooses nothing"
    field.control.value = plants[27].value
    field.search.value = "00000011-AAAA"
    assert [label for label, _ in field.control.options] == ["Plant 11", "Plant 27"]
    field.search.value = "nowhere"
    assert field.value == plants[27].value
    field.busy(True)
    assert field.search.disabled
    field.busy(False)
    field.search.value = ""
    assert len(field.control.options) == 30
    assert field.value == plants[27].value
