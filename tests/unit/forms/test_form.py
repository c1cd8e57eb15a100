"""Forms without a browser: what people see at each keystroke."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.forms.composite_fields import GroupField, TagsField
from runbook_lib.forms.fields import specs
from runbook_lib.guide import NOTEBOOKS, Notebook
from runbook_lib.steps.core.step import Hint

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
