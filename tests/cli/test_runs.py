"""Runs have folders of their own, can be listed and gone on with; on Azure nothing happens that nobody asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import papermill
import pytest

from runbook_lib import sandbox
from runbook_lib.cli import headless, lab
from runbook_lib.guide import NOTEBOOKS, folder
from runbook_lib.record.run_file import RunFile, new_folder

from .process import called, runbook


@pytest.fixture
def executed(shared: Path, monkeypatch: pytest.MonkeyPatch) -> list[headless.Run]:
    """The runs that were started, with no notebook executed."""
    seen: list[headless.Run] = []
    monkeypatch.setattr(headless, "_execute_one", lambda run, *_: seen.append(run))
    return seen


def test_two_runs_in_one_second_have_two_folders(tmp_path: Path) -> None:
    made = [new_folder(tmp_path) for _ in range(20)]
    assert len(set(made)) == 20


def test_labs_have_a_folder_each_and_can_be_gone_on_with(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders: list[Path] = []

    def open_lab(_home: Path, record: Path, *_: Any, **__: Any) -> int:
        folders.append(record)
        assert RunFile(record).state == "running"
        return 0

    monkeypatch.setattr(lab, "open_lab", open_lab)
    for arguments in ([], [], ["--resume"]):
        assert called("lab", *arguments) == 0
    assert folders[0] != folders[1] == folders[2]
    assert called("lab", "--run-dir", str(shared / "mine")) == 0
    assert folders[3] == shared / "mine"


def test_runs_are_listed_with_their_state(executed: list[headless.Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert called("run", "00", "01") == 0
    capsys.readouterr()
    assert called("runs", "--json") == 0
    newest = json.loads(capsys.readouterr().out)[0]
    assert (newest["state"], newest["kind"], newest["made"]) == ("done", "run", 0)
    assert called("runs", "show", newest["name"], "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["notebooks"] == ["00-start-here: done", "01-create-instance: done"]
    assert called("runs", "show", "nothing") == 2


def test_an_unfinished_run_is_gone_on_with_where_it_stopped(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[str, str]] = []
    broken = ["01-create-instance"]

    def one(run: headless.Run, notebook: Any, *_: Any) -> None:
        seen.append((notebook.name, str(run.values["instance_name"])))
        if notebook.name in broken:
            raise headless.NotebookFailed(notebook, run.folder, "PermissionMissing", "no")

    monkeypatch.setattr(headless, "_execute_one", one)
    assert called("run", "-p", "instance_name", "plant-7", "00", "01", "02") == 3
    broken.clear()
    shown: list[tuple[list[str], dict[str, Any]]] = []
    monkeypatch.setattr("runbook_lib.cli.plan.show_plan", lambda *of, **_: shown.append((list(of[0]), dict(of[1]))))
    assert called("run", "--resume", "--plan-only") == 0
    assert shown == [([NOTEBOOKS[n].name for n in (1, 2)], {"instance_name": "plant-7"})]
    capsys.readouterr()
    assert called("runs") == 0
    assert "stopped" in capsys.readouterr().out.splitlines()[1]
    assert called("run", "--resume") == 0
    assert [name for name, _ in seen] == [NOTEBOOKS[n].name for n in (0, 1, 1, 2)]
    assert {value for _, value in seen} == {"plant-7"}
    assert called("run", "--resume", "-p", "instance_name", "x") == 2
    assert "A resumed run has its own notebooks and values" in capsys.readouterr().err


def test_a_folder_at_work_is_not_shared(
    executed: list[headless.Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunFile(tmp_path).running():
        assert called("run", "--run-dir", str(tmp_path), "00") == 2
    assert "Another process is working on the run" in capsys.readouterr().err
    assert called("run", "--run-dir", str(tmp_path), "00") == 0


def test_on_azure_the_default_is_the_article(executed: list[headless.Run]) -> None:
    assert called("run", "--target", "azure") == 0
    assert [one.name for one in executed[0].notebooks] == [one.name for one in NOTEBOOKS[:3]]
    assert called("run") == 0
    assert list(executed[-1].notebooks) == list(NOTEBOOKS)


@pytest.fixture
def as_azure(shared: Path) -> Any:
    """The environment in which the sandbox is taken for Azure."""
    settings = sandbox.settings(shared)
    return {
        "HTTPS_PROXY": settings.client_url,
        "REQUESTS_CA_BUNDLE": str(settings.bundle_file),
        "AZURE_CONFIG_DIR": str(shared / "no-az"),
        **sandbox.service_principal_environment(settings),
    }


def test_on_azure_the_subscription_is_named_or_nothing_is_done(as_azure: Any) -> None:
    named: Any = {**as_azure, "AZURE_SUBSCRIPTION_ID": ""}
    done = runbook("run", "--target", "azure", "01", **named)
    assert done.returncode == 2, done.stderr
    assert "On Azure, you have to name the subscription." in done.stderr
    assert "Contoso Training" in done.stderr


def test_on_azure_it_is_said_where_and_as_whom(as_azure: Any) -> None:
    done = runbook("run", "--target", "azure", "-p", "instance_name", "said-aloud", "01", **as_azure)
    assert done.returncode == 0, done.stderr
    assert "This changes Azure: subscription Contoso Training (" in done.stdout
    assert "from AZURE_SUBSCRIPTION_ID, tenant" in done.stdout


def test_access_that_was_asked_for_and_not_given_is_no_success(shared: Path) -> None:
    values = {"sign_in": "contributor", "instance_name": "no-access", "grant_access": "true"}
    options = [part for name, value in values.items() for part in ("-p", name, value)]
    done = runbook("run", *options, "00", "01")
    assert done.returncode == 3, done.stderr
    assert "the role isn't assigned: you aren't allowed to assign roles" in done.stderr
    assert "no-access.api.weu.digitaltwins.azure.net" in done.stdout


def test_a_misspelt_parameter_stops_plain_papermill(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match="Did you mean instance_name"):
        papermill.execute_notebook(
            str(folder() / "01-create-instance.ipynb"),
            str(tmp_path / "out.ipynb"),
            parameters={"instance_nmae": "plant-7"},
            kernel_name="python3",
            progress_bar=False,
        )
