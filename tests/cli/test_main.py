"""The `runbook` command, called as people and pipelines call it."""

from __future__ import annotations

import io
import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from runbook_lib import sandbox
from runbook_lib.cli import main
from runbook_lib.errors import BUG_EXIT_CODE
from runbook_lib.guide import NOTEBOOKS


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runbook folder of the test's own; whatever sandbox is started there is stopped."""
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    for name in ("RUNBOOK_RUN_DIR", "RUNBOOK_MODE"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path
    sandbox.stop(tmp_path)


@pytest.fixture
def instant(home: Path) -> sandbox.Settings:
    """A running sandbox in which nothing takes time."""
    return sandbox.start(home, pace=sandbox.Pace.INSTANT)


def runbook(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command as its own process, as a shell would."""
    command = [str(Path(sys.executable).parent / "runbook"), *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=150, check=False
    )


def test_a_code_that_nobody_showed_is_wrong_input(
    instant: sandbox.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(["sandbox", "approve", "ABCDEFGHJ"])
    assert caught.value.code == 2
    assert "This code is not known" in capsys.readouterr().err


def test_the_main_job_creates_gives_access_proves_it_and_can_be_repeated(home: Path, instant: sandbox.Settings) -> None:
    first = runbook("run", "--run-dir", str(home / "first"), "-p", "instance_name", "main-job")
    assert first.returncode == 0, first.stderr
    assert f"[{len(NOTEBOOKS)}/{len(NOTEBOOKS)}] {NOTEBOOKS[-1].name}" in first.stdout
    assert "main-job.api.weu.digitaltwins.azure.net" in first.stdout
    assert {path.stem for path in (home / "first").glob("*.ipynb")} == {notebook.name for notebook in NOTEBOOKS}
    values = json.loads((home / "first" / "important-values.json").read_text("utf-8"))
    assert "main-job.api.weu.digitaltwins.azure.net" in values.values()

    again = runbook("run", "--run-dir", str(home / "second"), "-p", "instance_name", "main-job")
    assert again.returncode == 0, again.stderr
    text = (home / "second" / "01-create-instance.ipynb").read_text("utf-8")
    assert "Nothing to do: everything already exists." in text


def test_the_other_target_needs_nothing_but_the_usual_variables(home: Path, instant: sandbox.Settings) -> None:
    """What goes to Azure on a real machine: the default credential chain, and not one extra client setting."""
    elsewhere = home / "no-sandbox-here"
    environment = {
        "RUNBOOK_HOME": str(elsewhere),
        "HTTPS_PROXY": instant.client_url,
        "REQUESTS_CA_BUNDLE": str(instant.bundle_file),
        **sandbox.service_principal_environment(instant),
    }
    done = runbook("run", "--target", "azure", "-p", "instance_name", "as-on-azure", **environment)
    assert done.returncode == 0, done.stderr
    assert "as-on-azure.api.weu.digitaltwins.azure.net" in done.stdout
    assert "Sandbox at" not in done.stdout
    assert not (elsewhere / "sandbox").exists()


def test_a_setup_file_serves_all_notebooks_and_an_option_wins(home: Path, instant: sandbox.Settings) -> None:
    setup = home / "setup.yaml"
    setup.write_text("instance_name: from-file\nregion: North Europe\ntags: {team: twins}\nsystem_identity: true\n")
    done = runbook("run", "-f", str(setup), "-p", "instance_name", "from-option", "01")
    assert done.returncode == 0, done.stderr
    assert "from-option.api.neu.digitaltwins.azure.net" in done.stdout


def test_one_notebook_can_be_run_by_its_number(home: Path, instant: sandbox.Settings) -> None:
    done = runbook("run", "00")
    assert done.returncode == 0, done.stderr
    assert "[1/1] 00-start-here" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["-p", "instance_nmae", "x"], 2, "instance_nmae"),
        (["-p", "instance_name", "-starts-with-hyphen"], 2, "hyphen"),
        (["-f", "no-such-file.yaml"], 2, "no-such-file.yaml"),
        (["07-no-such-notebook"], 2, "07-no-such-notebook"),
        (["-p", "sign_in", "nobody"], 2, "nobody"),
        (["-p", "instance_name", "contoso-twins", "01"], 2, "contoso-twins"),
        (["-p", "region", "westus", "01"], 2, "westus"),
        (["-p", "subscription", "No Such Subscription", "01"], 2, "No Such Subscription"),
        (["-p", "sign_in", "reader", "01"], 3, "Microsoft.DigitalTwins/digitalTwinsInstances/write"),
    ],
)
def test_what_is_wrong_is_said_and_has_its_exit_code(
    arguments: list[str], status: int, said: str, home: Path, instant: sandbox.Settings
) -> None:
    done = runbook("run", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_secret_is_a_sign_in_problem(home: Path, instant: sandbox.Settings) -> None:
    environment = {
        "HTTPS_PROXY": instant.client_url,
        "REQUESTS_CA_BUNDLE": str(instant.bundle_file),
        **sandbox.service_principal_environment(instant),
        "AZURE_CLIENT_SECRET": "not-the-secret",
    }
    done = runbook("run", "--target", "azure", "-p", "sign_in", "service-principal", "00", **environment)
    assert done.returncode == 6, done.stderr
    assert "AADSTS7000215" in done.stderr
    assert "not-the-secret" not in done.stdout + done.stderr


def test_azure_out_of_reach_is_told_from_azure_refusing(home: Path) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}"
        done = runbook(
            "run",
            "--target",
            "azure",
            "-p",
            "sign_in",
            "service-principal",
            "00",
            HTTPS_PROXY=proxy,
            AZURE_TENANT_ID="contoso.onmicrosoft.com",
            AZURE_CLIENT_ID="00000000-0000-0000-0000-000000000001",
            AZURE_CLIENT_SECRET="unused",
        )
    assert done.returncode == 7, done.stdout + done.stderr


def test_a_port_that_is_taken_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with pytest.raises(SystemExit) as stopped:
            main.main(["sandbox", "start", "--port", port])
    assert stopped.value.code == 7
    assert port in capsys.readouterr().err


def test_env_without_a_sandbox_says_how_to_start_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(["sandbox", "env"])
    assert stopped.value.code == 7
    assert "runbook sandbox start" in capsys.readouterr().err


def test_env_prints_lines_a_shell_understands(
    home: Path, instant: sandbox.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main(["sandbox", "env"])
    lines = dict(shlex.split(line)[1].split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["HTTPS_PROXY"] == instant.client_url
    assert Path(lines["REQUESTS_CA_BUNDLE"]).is_file()
    assert "AZURE_CLIENT_SECRET" not in lines
    main.main(["sandbox", "env", "--shell", "powershell", "--service-principal"])
    assert "$env:AZURE_CLIENT_SECRET = '" in capsys.readouterr().out


def test_the_sandbox_can_be_started_looked_at_reset_and_stopped(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["sandbox", "status"])
    assert "isn't running" in capsys.readouterr().out
    main.main(["sandbox", "start", "--pace", "instant"])
    main.main(["sandbox", "status"])
    said = capsys.readouterr().out
    assert "pace instant" in said
    assert "operator" in said
    assert sandbox.settings(home).key not in said, "only `runbook sandbox env` prints it"
    main.main(["sandbox", "reset", "--yes"])
    main.main(["sandbox", "stop"])
    main.main(["sandbox", "stop"])
    assert "wasn't running" in capsys.readouterr().out


@pytest.mark.parametrize(("terminal", "typed"), [(False, ""), (False, "y\n"), (True, "n\n")])
def test_nothing_is_reset_that_nobody_has_confirmed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool, typed: str
) -> None:
    answers = io.StringIO(typed)
    answers.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", answers)
    monkeypatch.setattr(sandbox, "reset", lambda _: pytest.fail("it was reset"))
    with pytest.raises(SystemExit) as stopped:
        main.main(["sandbox", "reset"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "Not confirmed: nothing was deleted." in said
    assert "--yes" in said


def test_faults_are_added_listed_met_and_cleared(
    home: Path, instant: sandbox.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main(["sandbox", "faults", "list"])
    assert "There are no faults." in capsys.readouterr().out
    main.main(["sandbox", "faults", "add", "unavailable", "--service", "arm", "--message", "Closed for lunch."])
    main.main(["sandbox", "faults", "add", "throttled", "--path", "/x*", "--probability", "0.5", "--times", "3"])
    capsys.readouterr()
    answer = requests.get(
        "https://management.azure.com/tenants",
        proxies={"https": instant.client_url},
        verify=str(instant.ca_file),
        timeout=5,
    )
    assert answer.json()["error"] == {"code": "ServiceUnavailable", "message": "Closed for lunch."}
    main.main(["sandbox", "faults", "list"])
    first, second = capsys.readouterr().out.splitlines()
    assert "unavailable" in first and "service arm; struck 1" in first
    assert "path /x*; 5 s; 50% of them, seed 0; struck 0 of 3" in second
    main.main(["sandbox", "faults", "clear", "2"])
    main.main(["sandbox", "faults", "clear"])
    assert capsys.readouterr().out.splitlines() == ["Cleared: 2.", "Cleared: 1."]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "earthquake"], "earthquake"),
        (["add", "drop", "--service", "mail"], "mail"),
        (["add", "drop", "--probability", "2"], "probability"),
        (["clear", "7"], "Fault 7 doesn't exist."),
    ],
)
def test_a_fault_that_makes_no_sense_is_wrong_input(
    arguments: list[str], said: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(["sandbox", "faults", *arguments])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_a_bug_of_ours_says_so_and_keeps_the_details(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Path) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(sandbox, "status", broken)
    with pytest.raises(SystemExit) as stopped:
        main.main(["sandbox", "status"])
    assert stopped.value.code == BUG_EXIT_CODE
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert "planted" in (home / "runbook.log").read_text("utf-8")
