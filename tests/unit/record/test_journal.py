"""What was begun stays recorded, and no secret does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.errors import AzureRefused, TimedOut
from runbook_lib.record.change import Change
from runbook_lib.record.journal import Journal, open_journal
from runbook_lib.record.redaction import REMOVED, redact

GROUP = Change("create", "Resource group", "rg", "/subscriptions/s/resourceGroups/rg")
ROLE = Change("assign", "Role", "Data Owner", "/subscriptions/s/x/roleAssignments/1")
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def test_the_intent_is_on_disk_before_the_change_is_made(journal: Journal) -> None:
    with journal.doing("a-step", GROUP):
        assert [entry["event"] for entry in journal.events()] == ["intent"]
        assert journal.made() == ()
    assert [entry["event"] for entry in journal.events()] == ["intent", "done"]
    assert journal.made("a-step") == (GROUP,)


def test_a_refused_change_was_not_made(journal: Journal) -> None:
    with pytest.raises(AzureRefused), journal.doing("a-step", GROUP):
        raise AzureRefused("no")
    assert journal.made() == ()
    assert journal.unfinished() == {}


@pytest.mark.parametrize("interruption", [TimedOut("later"), KeyboardInterrupt()])
def test_an_interrupted_change_stays_open_until_a_rerun_settles_it(
    journal: Journal, interruption: BaseException
) -> None:
    with pytest.raises(type(interruption)), journal.doing("a-step", GROUP):
        raise interruption
    assert list(Journal(journal.folder).unfinished("a-step").values()) == [GROUP]
    assert journal.settle("a-step", GROUP.resource_id.upper()) == (GROUP,)
    assert journal.made() == (GROUP,)
    assert journal.unfinished() == {}


def test_what_was_taken_back_was_not_made(journal: Journal) -> None:
    for change in (GROUP, ROLE, Change("delete", GROUP.kind, GROUP.name, GROUP.resource_id)):
        with journal.doing("a-step", change):
            pass
    assert journal.made() == (ROLE,)


def test_whichever_step_takes_something_back_it_is_gone_for_all(journal: Journal) -> None:
    update = Change("update", GROUP.kind, GROUP.name, GROUP.resource_id)
    gone = Change("delete", GROUP.kind, GROUP.name, GROUP.resource_id.upper())
    for step, change in (("first", GROUP), ("second", update), ("second", ROLE)):
        with journal.doing(step, change):
            pass
    assert journal.made_by() == (("first", GROUP), ("second", update), ("second", ROLE))
    with journal.doing("clean-up", gone):
        pass
    assert journal.made_by() == (("second", ROLE),)
    assert journal.made("first") == ()


def test_what_is_unfinished_is_told_with_its_step(journal: Journal) -> None:
    with pytest.raises(TimedOut), journal.doing("first", GROUP):
        raise TimedOut("later")
    assert journal.unfinished_by() == (("first", GROUP),)


def test_other_notebooks_of_the_run_read_it(journal: Journal) -> None:
    with journal.doing("first", GROUP):
        pass
    assert Journal(journal.folder).made() == (GROUP,)
    assert journal.made("second") == ()


def test_a_line_cut_off_by_a_power_failure_is_passed_over(journal: Journal) -> None:
    journal.record("note", "a-step")
    with journal.path.open("a") as file:
        file.write('{"event": "int')
    assert [entry["event"] for entry in journal.events()] == ["note"]


def test_tokens_and_secrets_never_reach_the_disk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "open-sesame")
    journal.record("note", "s", text=f"Bearer {TOKEN}", deep=[{"client_secret": "abc", "said": "my open-sesame"}])
    journal.keep_values({"Name": f"x {TOKEN}"})
    written = journal.path.read_text() + (journal.folder / "important-values.json").read_text()
    assert "eyJ" not in written
    assert "open-sesame" not in written
    assert '"abc"' not in written


@pytest.mark.parametrize(
    "text",
    [
        "client_secret=abc&x=1",
        "Endpoint=sb://h;SharedAccessKey=abc",
        '{"password": "abc"}',
        f"got {TOKEN}!",
        "HTTPS_PROXY=http://runbook:abc@127.0.0.1:46135 is set",
    ],
)
def test_secrets_inside_texts_are_replaced(text: str) -> None:
    cleaned = redact(text)
    assert "abc" not in cleaned
    assert "eyJ" not in cleaned
    assert REMOVED in cleaned


def test_ordinary_texts_stay_as_they_are() -> None:
    entry = {"Host name": "x.api.weu.digitaltwins.azure.net", "number": 5, "list": ["a", None]}
    assert redact(entry) == entry


def test_important_values_are_those_of_one_instance(journal: Journal) -> None:
    journal.keep_values({"Name": "a", "Identity object id": "x"})
    journal.keep_values({"Name": "b", "Host name": "h"})
    kept = json.loads((journal.folder / "important-values.json").read_text())
    assert kept == {"instance_name": "b", "host_name": "h"}


def test_the_run_command_chooses_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNBOOK_RUN_DIR", str(tmp_path / "run"))
    assert open_journal("sandbox").folder == tmp_path / "run"


def test_notebooks_opened_by_hand_share_a_folder_for_each_target(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    assert open_journal("azure").folder == tmp_path / "runs" / "notebooks-azure"
