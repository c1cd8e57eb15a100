"""Records that somebody damaged, folders of others, and names that are empty: told with 2, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import papermill
import pytest

from runbook_lib.cli import headless
from runbook_lib.guide import folder
from runbook_lib.record.journal import Journal
from runbook_lib.record.run_file import RunFile

from .process import called


@pytest.fixture(autouse=True)
def executed(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headless, "execute", lambda *_: None)


@pytest.mark.parametrize("content", [b"\xff{}", b"[]", b"{", b'{"id": 5}', b'{"done": null}', b'{"notebooks": "x"}'])
def test_one_damaged_run_hides_no_other(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    for name in ("good", "damaged"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    RunFile(tmp_path / "runs" / "good").update(kind="run", exit_code=0)
    (tmp_path / "runs" / "damaged" / "run.json").write_bytes(content)
    assert called("runs", "--json") == 0
    states = {one["name"]: one["state"] for one in json.loads(capsys.readouterr().out)}
    assert states == {"good": "done", "damaged": "damaged"}
    assert called("runs", "show", "damaged") == 2
    assert called("run", "--resume") == 2


@pytest.mark.parametrize(
    "line",
    [
        {"event": "intent", "step": "x"},
        {"event": "intent", "step": "x", "id": "1", "change": {"a": 1}},
        {"event": "intent", "step": "x", "id": "1", "change": None},
        {"event": "done", "step": "x", "id": {}},
        {"event": "setup", "step": "x"},
        {"event": "session", "step": "x"},
        {"event": "plan", "step": [1]},
    ],
    ids=str,
)
def test_an_odd_event_is_named_and_passed_over(tmp_path: Path, line: dict[str, Any], shared: Path) -> None:
    record = tmp_path / "run"
    record.mkdir()
    (record / "journal.jsonl").write_text(
        json.dumps({"previous": "", "at": "2026-01-01T00:00:00+00:00", **line}) + "\n"
    )
    journal = Journal(record)
    assert journal.events() == []
    assert "isn't as this version writes it" in str(journal.damages()[0])
    assert called("evidence", str(record)) == 0
    assert called("runs", "show", str(record)) == 0


def test_files_of_others_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "00-start-here.ipynb"
    mine.write_text("mine")
    assert called("run", "--run-dir", str(tmp_path), "00") == 2
    assert "A run would overwrite files" in capsys.readouterr().err
    assert mine.read_text() == "mine"
    assert called("run", "--run-dir", str(folder()), "00") == 2


def test_an_empty_folder_name_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert called("run", "--run-dir", "", "00") == 2
    assert list(tmp_path.glob("*.json")) == []


def test_a_secret_given_to_plain_papermill_stops_it(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "S3cretPlant77")
    with pytest.raises(papermill.PapermillExecutionError, match="holds the secret in the variable AZURE_CLIENT_SECRET"):
        papermill.execute_notebook(
            str(folder() / "01-create-instance.ipynb"),
            str(tmp_path / "out.ipynb"),
            parameters={"tags": "a=S3cretPlant77"},
            kernel_name="python3",
            progress_bar=False,
        )
