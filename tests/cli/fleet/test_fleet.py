"""Many instances at once: rows don't disturb each other, a fleet goes on where it stopped, and all of it can go."""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.record.journal import Journal
from runbook_lib.record.run_file import RunFile
from tests.cli.process import called, processes_with, runbook, started

from .fleets import FLEET, SLOW, assert_made_once, instances, wait_for_intent, wait_until


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_row_that_fails_stops_no_other_and_only_it_runs_again(
    home: Path, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "fleet"
    called("sandbox", "faults", "add", "failed", "--path", "*/paint", "--method", "PUT")
    capsys.readouterr()
    assert called("fleet", file, "--json", "--run-dir", str(folder)) == 4
    found = shown(capsys)
    assert [(row["state"], row["exit_code"], row["stopped_in"]) for row in found["rows"]] == [
        ("done", 0, ""),
        ("stopped", 4, "01-create-instance"),
        ("done", 0, ""),
    ]
    assert found["rows"][0]["values"]["Host name"] == "press.api.weu.digitaltwins.azure.net"
    assert found["rows"][1]["done"] == ["00-start-here"]
    before = RunFile(folder / "001-press").read()
    called("sandbox", "faults", "clear")
    capsys.readouterr()
    assert called("fleet", "--resume", "--only", "failed", "--run-dir", str(folder)) == 0
    assert "3 done." in capsys.readouterr().out
    assert RunFile(folder / "001-press").read() == before
    assert instances(home) == 3
    # Each row's run is as any other.
    assert called("verify", str(folder / "002-paint")) == 0
    assert called("runs", "show", str(folder / "002-paint")) == 0


def test_plan_only_changes_nothing_and_a_clean_up_removes_what_rows_share_too(
    home: Path, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "fleet"
    assert called("fleet", file, "--plan-only", "--json") == 10
    plan = shown(capsys)
    assert plan["changes"] == 8  # the provider and the group once, and an instance and a role for each row
    assert [(row["row"], row["changes"], row["error"]) for row in plan["rows"]] == [
        ("001-press", 4, ""),
        ("002-paint", 4, ""),
        ("003-oven", 4, ""),
    ]
    assert instances(home) == 0
    assert called("fleet", file, "--run-dir", str(folder), "--workers", "3") == 0
    assert called("fleet", "--clean-up", "--run-dir", str(folder)) == 0  # without confirmation, it only looks
    assert instances(home) == 3
    there = ("fleet", "--clean-up", "--run-dir", str(folder))
    assert called(*there, "-p", "confirm_cleanup", "true") == 2
    assert called(*there, "-p", "confirm_clean_up", "true", "--plan-only") == 2
    assert instances(home) == 3
    assert called(*there, "-p", "confirm_clean_up", "yes") == 0
    assert instances(home) == 0
    left = [change.kind for one in folder.glob("0*") for change in Journal(one).made()]
    assert set(left) <= {"Resource provider"}  # which stays registered


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_that_is_killed_loses_nothing_and_makes_nothing_twice(home: Path, file: str, tmp_path: Path) -> None:
    folder, marker = tmp_path / "fleet", uuid.uuid4().hex
    called("sandbox", "faults", "add", "latency", *SLOW)
    running = started("fleet", file, "--workers", "1", "--json", "--run-dir", str(folder), MARKER=marker)
    wait_for_intent(folder / "002-paint", "create-instance")
    (worker,) = workers(marker)
    os.kill(worker, signal.SIGKILL)
    assert_made_once(running, folder, home, seconds=90)
    assert processes_with(marker) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_no_worker_and_no_kernel_outlives_the_command(
    number: signal.Signals, code: int, home: Path, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, marker = tmp_path / "fleet", uuid.uuid4().hex
    called("sandbox", "faults", "add", "latency", *SLOW)
    running = started("fleet", file, "--workers", "1", "--run-dir", str(folder), MARKER=marker)
    wait_for_intent(folder / "002-paint", "create-instance")
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == code, errors
    assert "Traceback" not in errors
    wait_until(lambda: not processes_with(marker))
    assert called("fleet", "--resume", "--run-dir", str(folder)) == 0
    assert "3 done." in capsys.readouterr().out
    assert instances(home) == 3


def test_a_fleet_goes_on_with_its_own_rows_only(home: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, says in [
        ((file, "--resume"), "has its own rows"),
        ((), "No fleet file is named"),
        (("--resume", "--plan-only"), "--plan-only shows the rows of a fleet file"),
        (("--resume", "--run-dir", str(home)), "There's no fleet in"),
        (("--resume", "-p", "region", "westeurope"), ""),
        ((file, "-p", "region", "mars mars"), "region"),
        ((file, "--scheduler", "tcp://127.0.0.1:9"), ""),
    ]:
        assert called("fleet", *arguments) == 2
        assert says in capsys.readouterr().err


def test_a_value_that_holds_a_secret_is_refused(home: Path, file: str) -> None:
    Path(file).write_text(FLEET + "rows: [{instance_name: other, principal: hunter2-hunter2}]", "utf-8")
    done = runbook("fleet", file, MY_PASSWORD="hunter2-hunter2")
    assert done.returncode == 2
    assert "holds the secret that is in MY_PASSWORD" in done.stderr


def workers(marker: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"runbook_lib.cli.fleet.worker" in line and marker.encode() in environment:
            found.append(int(process.name))
    return found
