"""Forms without a browser: what people see at each keystroke, and at each answer of Azure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.azure.permissions import missing
from runbook_lib.errors import AzureRefused
from runbook_lib.forms.composite_fields import GroupField, TagsField
from runbook_lib.forms.fields import ChoiceField, Spec, specs
from runbook_lib.guide import NOTEBOOKS, Notebook
from runbook_lib.steps.core.step import Choice, Hint

from ..stage import PlayStep, Stage, field_text, play_step, text_of

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
    assert "starts with a hyphen" in field_text(stage, "instance_name")


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
    first = tags.rows[0]
    name, text = first.name, first.text
    name.value = "department"
    shown.turn()
    assert [row.box for row in tags.rows] == list(tags.control.children)
    assert len(tags.rows) == 2
    text.value = "training"
    shown.turn()
    assert tags.value == {"department": "training"}
    tags.rows[1].name.value = "department"
    shown.turn()
    assert "more than once" in field_text(shown, "tags")


def test_each_tag_has_its_own_error_and_can_be_deleted(shown: Stage) -> None:
    tags = shown.form.form.fields["tags"]
    assert isinstance(tags, TagsField)
    for number, (name, text) in enumerate((("good", "1"), ("", "training"), ("what?", "2"))):
        tags.rows[number].name.value, tags.rows[number].text.value = name, text
        shown.turn()
    said = [text_of(row.error) for row in tags.rows]
    assert said[0] == said[3] == ""
    assert "The tag with the value &#x27;training&#x27; has no name" in said[1]
    assert "contains ?" in said[2]
    assert "setup" not in field_text(shown, "tags") and "name=value" not in field_text(shown, "tags")
    assert shown.form.form.tabs.titles[2] == "Tags · 1 to fix"
    for number in (2, 1):
        tags.rows[number].delete.click()
        shown.turn()
    assert tags.value == {"good": "1"}
    assert len(tags.control.children) == 2
    assert shown.form.form.problems == {}


def test_the_resource_group_is_chosen_or_new_and_the_form_says_which(shown: Stage) -> None:
    group = shown.form.form.fields["resource_group"]
    assert isinstance(group, GroupField)
    assert group.value == "rg-digital-twins"
    assert "It exists already." in field_text(shown, "resource_group")
    assert group.new.layout.display == "none"
    group.list.value = group.list.options[-1][1]
    shown.turn()
    assert group.list.label == "Create new …"
    assert group.new.layout.display == ""
    group.new.value = "rg-of-mine"
    shown.turn()
    assert shown.form.form.values["resource_group"] == "rg-of-mine"
    assert "It&#x27;s new." in field_text(shown, "resource_group")
    group.new.value = "RG-other"
    shown.turn()
    assert "rg-other exists already" in field_text(shown, "resource_group")
    group.new.value = "rg-of-mine."
    shown.turn()
    assert "ends with a period" in field_text(shown, "resource_group")


def test_a_given_resource_group_that_does_not_exist_is_a_new_one(stage: Stage, tmp_path: Path) -> None:
    stage.show(play_step(stage.presenter, tmp_path, resource_group="rg-new"))
    assert stage.form.form.values["resource_group"] == "rg-new"
    assert "It&#x27;s new." in field_text(stage, "resource_group")


def test_a_field_appears_when_it_matters_and_stands_in_nobodys_way_before(shown: Stage) -> None:
    form = shown.form.form
    assert form.fields["address"].box.layout.display == "none"
    shown.enter("connectivity", "private")
    assert form.fields["address"].box.layout.display == ""
    shown.enter("address", "x" * 30)
    assert set(form.problems) == {"address"}
    shown.enter("connectivity", "public")
    assert form.problems == {}
    assert form.values["address"] == "10.20.0.0/24"
    shown.review()
    assert not shown.form.action.disabled


def test_nobody_is_scolded_while_searching_for_a_member(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def hint(_step: PlayStep, field: str, values: Any) -> Hint | None:
        return Hint("bad", "Nobody has that name.") if field == "member" and values["member"] else None

    monkeypatch.setattr(PlayStep, "hint", hint)
    shown.enter("member", "oliv")
    shown.advance(0.5)
    shown.settle()
    assert shown.form.form.tabs.titles[1] == "Advanced"
    assert "rb-search" in shown.form.form.fields["member"].box._dom_classes  # the stylesheet spares what has the focus
    shown.review()
    assert "Member (Advanced): Nobody has that name." in text_of(shown.form.widget)
    assert shown.form.form.tabs.titles[1] == "Advanced · 1 to fix"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_the_help_in_a_form_speaks_to_people(notebook: Notebook) -> None:
    for spec in specs(notebook.parameters):
        words = re.findall(
            r"Empty:|setup file|\btrue\b|\bfalse\b|\bkeep\b|[a-z]+_[a-z_]+|[A-Z]+_[A-Z]+|\d\d-", spec.help
        )
        assert not words, spec.name


@pytest.mark.parametrize("given", [{"a": "b"}, "a=b"])
def test_tags_are_taken_as_papermill_gives_them(stage: Stage, tmp_path: Path, given: Any) -> None:
    stage.show(play_step(stage.presenter, tmp_path, tags=given))
    assert stage.form.form.fields["tags"].value == {"a": "b"}


def propose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlayStep, "proposal", lambda _step, field, _: "free-one" if field == "instance_name" else "")


def test_a_name_that_is_free_is_proposed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(monkeypatch)
    stage.show()
    assert stage.form.form.values["instance_name"] == "free-one"
    assert "free-one is free." in field_text(stage, "instance_name")
    stage.review()
    assert "Create free-one" in text_of(stage.form.widget)


def test_a_proposal_never_replaces_what_a_person_typed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(monkeypatch)
    stage.in_cell(stage.step.present)
    stage.turn()
    stage.enter("instance_name", "mine")
    stage.settle()
    assert stage.form.form.values["instance_name"] == "mine"


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
