"""What a finished run leaves: facts that anyone can read, and that show when somebody changed them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.cli.main import main
from runbook_lib.errors import InputError
from runbook_lib.record.evidence import JSON_NAME, PAGE_NAME, verify, write_evidence

from .cleaning import after_first_parts
from .world import World


@pytest.fixture
def folder(ready: World) -> Path:
    """The record of a run, sealed."""
    after_first_parts(ready)
    ready.create().verify()
    ready.assign().verify()
    (ready.journal.folder / "01-create-instance.ipynb").write_text("{}")
    write_evidence(ready.journal.folder)
    return ready.journal.folder


def test_the_facts_say_what_was_planned_asked_done_and_checked(folder: Path) -> None:
    facts = json.loads((folder / JSON_NAME).read_text())
    steps = {step["step"]: step for step in facts["steps"]}
    created = steps["create-instance"]
    assert [change["kind"] for change in created["plan"]["changes"]] == [
        change["kind"] for change in created["changes"]
    ]
    assert all(change["state"] == "done" for change in created["changes"])
    instance = next(change for change in created["changes"] if change["kind"] == "Azure Digital Twins instance")
    assert "owner@contoso.onmicrosoft.com" in instance["stamp"]
    puts = [request for request in created["requests"] if request["url"].endswith("/my-first-twins")]
    assert [request["method"] for request in puts] == ["PUT"]
    assert puts[0]["ids"]["x-ms-correlation-request-id"]
    assert all(check["status"] == "passed" for check in created["verification"]["checks"])
    assert facts["versions"]["azure-identity"]
    assert facts["damages"] == []


def test_the_page_needs_no_other_file_and_says_the_same(folder: Path) -> None:
    page = (folder / PAGE_NAME).read_text()
    assert "my-first-twins" in page
    assert "The deployment succeeded" in page
    assert "src=" not in page
    assert "href=" not in page
    assert (folder / PAGE_NAME).stat().st_mode & 0o077 == 0


def test_an_untouched_record_is_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(folder) == []
    main(["verify", str(folder)])
    assert "Every byte is as the run wrote it" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["journal.jsonl", "01-create-instance.ipynb", "important-values.json", "run.json"])
@pytest.mark.parametrize("place", [0, -2])
def test_any_changed_byte_is_found(folder: Path, name: str, place: int) -> None:
    content = bytearray((folder / name).read_bytes())
    content[place] ^= 1
    (folder / name).write_bytes(content)
    assert name in {finding.file for finding in verify(folder)}


def test_a_changed_line_of_the_journal_is_named_with_its_step(folder: Path) -> None:
    path = folder / "journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    number, line = next((n, line) for n, line in enumerate(lines) if '"intent"' in line and "assign-access" in line)
    lines[number] = line.replace("Data Owner", "Data Reader")
    path.write_text("".join(lines))
    finding = next(one for one in verify(folder) if "line" in one.reason)
    assert (finding.step, finding.reason) == ("assign-access", f"line {number + 1} was changed")


def test_a_notebook_is_named_with_its_step(folder: Path) -> None:
    (folder / "01-create-instance.ipynb").write_text("{ }")
    assert [(one.file, one.step) for one in verify(folder)] == [("01-create-instance.ipynb", "create-instance")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [(JSON_NAME, "its content doesn't fit its seal"), (PAGE_NAME, "it doesn't say what the facts say")],
)
def test_the_evidence_itself_is_sealed(folder: Path, name: str, reason: str) -> None:
    path = folder / name
    path.write_text(path.read_text().replace("my-first-twins", "my-fairest-twin", 1))
    assert reason in {finding.reason for finding in verify(folder) if finding.file == name}


def test_a_file_that_came_or_went_is_found(folder: Path) -> None:
    (folder / "new.txt").write_text("")
    (folder / "01-create-instance.ipynb").unlink()
    assert {(one.file, one.reason) for one in verify(folder)} == {
        ("new.txt", "it has come since"),
        ("01-create-instance.ipynb", "it is gone"),
    }


@pytest.mark.parametrize("content", [None, "", "[]", '{"files": 7}'])
def test_a_folder_without_evidence_is_an_input_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / JSON_NAME).write_text(content)
    with pytest.raises(InputError, match="can't be read"):
        verify(tmp_path)


def test_the_command_ends_with_4_when_something_was_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "01-create-instance.ipynb").write_text("")
    with pytest.raises(SystemExit) as caught:
        main(["verify", str(folder)])
    assert caught.value.code == 4
    assert "01-create-instance.ipynb: it was changed (step create-instance)" in capsys.readouterr().err
