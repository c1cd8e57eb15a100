"""`runbook plan` says all that a run would do, does nothing, and leaves nothing behind."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import sandbox
from runbook_lib.azure.waiting import Waiting
from runbook_lib.record.journal import Journal
from runbook_lib.sandbox import Effect, Fault

from .process import called, runbook

Thing = tuple[str, str, str]


def things(changes: Any) -> set[Thing]:
    """Tell changes apart. A role's own id is the run's, which begins later; it's for one member at each scope here."""
    return {
        (one["action"], one["kind"], re.sub("/roleassignments/.*", "/roleassignments", one["resource_id"].lower()))
        for one in changes
    }


def planned(*arguments: str) -> tuple[int, Any]:
    done = runbook("plan", "--json", *arguments)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def options(**values: str) -> list[str]:
    return [part for name, value in values.items() for part in ("-p", name, value)]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"grant_access": "true", "connectivity": "private", "system_identity": "true"},
        {"associate_identity": "id-planned", "create_identity": "true", "resource_group": "rg-planned"},
    ],
    ids=["the defaults", "all at creation", "a new identity and group"],
)
def test_a_run_makes_exactly_what_the_plan_said(shared: Path, tmp_path: Path, values: dict[str, str]) -> None:
    sandbox.reset(shared)
    given = options(instance_name="planned", **values)
    code, plan = planned(*given)
    assert code == 10
    done = runbook("run", "--run-dir", str(tmp_path / "run"), *given)
    assert done.returncode == 0, done.stderr
    journal = Journal(tmp_path / "run")
    begun = [entry["change"] for entry in journal.events() if entry["event"] == "intent"]
    said = things(change for step in plan["steps"] for change in step["changes"])
    made = {thing for thing in things(begun) if "host-name-to-come" not in thing[2]}
    assert made == said
    assert planned(*given) == (0, {**plan, "changes": 0, "steps": planned(*given)[1]["steps"]})


def test_a_throttled_tenant_is_waited_for_visibly(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slept: list[float] = []
    quick = partial(Waiting, sleep=slept.append)
    monkeypatch.setattr("runbook_lib.azure.waiting.Waiting", quick)
    sandbox.add_fault(shared, Fault(Effect.THROTTLED, service="arm", times=1, seconds=90))
    try:
        assert called("plan", "--json", "-p", "instance_name", "waited-for", "00") in (0, 10)
    finally:
        sandbox.clear_faults(shared)
    shown = capsys.readouterr()
    assert slept == [90]
    assert "Azure asks to wait 90 s before the next request (429)" in shown.err
    assert json.loads(shown.out)["steps"]


def test_it_leaves_no_trace(shared: Path) -> None:
    sandbox.reset(shared)
    before = sorted(path for path in (shared / "runs").rglob("*"))
    code, _ = planned("-p", "instance_name", "nothing-made")
    assert code == 10
    assert sorted(path for path in (shared / "runs").rglob("*")) == before
    found = sandbox.status(shared)
    assert found is not None
    assert found.instances == 0


def test_what_is_in_the_way_has_its_own_code(shared: Path) -> None:
    stopped = runbook("plan", *options(sign_in="reader", instance_name="no-rights"))
    assert stopped.returncode == 3
    assert "The run would stop here, after planning " in stopped.stdout
    assert "Nothing to do." not in stopped.stdout.splitlines()
    assert runbook("plan", "-p", "region", "westus").returncode == 2
    done = runbook("run", "--plan-only", "-p", "instance_name", "one-notebook", "00", "01")
    assert done.returncode == 10
    assert "Nothing was done." in done.stdout


def test_what_was_asked_for_and_cannot_be_given_has_the_runs_code(shared: Path) -> None:
    asked = options(sign_in="contributor", instance_name="left-out", grant_access="true")
    done = runbook("plan", *asked, "01")
    assert done.returncode == 3
    assert "left-out" in done.stdout
    assert "Message to send" in done.stderr
    assert runbook("plan", *options(sign_in="contributor", instance_name="left-out"), "01").returncode == 10


def test_a_clean_up_that_is_agreed_to_is_planned_too(shared: Path, tmp_path: Path) -> None:
    sandbox.reset(shared)
    given = options(instance_name="cleaned", confirm_clean_up="true")
    code, plan = planned(*given)
    assert code == 10
    deleted = {thing for thing in things(plan["steps"][-1]["changes"]) if thing[0] == "delete"}
    done = runbook("run", "--run-dir", str(tmp_path / "run"), *given)
    assert done.returncode == 0, done.stderr
    begun = [entry for entry in Journal(tmp_path / "run").events() if entry["event"] == "intent"]
    removed = things(entry["change"] for entry in begun if entry["change"]["action"] == "delete")
    assert {thing for thing in removed if "host-name" not in thing[2] and "/digitaltwins/" not in thing[2]} >= deleted
    assert any("digitaltwinsinstances/cleaned" in thing[2] for thing in deleted)


def test_a_plan_that_would_need_agreement_says_so(shared: Path) -> None:
    given = options(instance_name="agreed")
    assert runbook("run", *given, "00", "01", "03").returncode == 0
    done = runbook("plan", *given, "-p", "system_assigned", "off", "01", "03")
    assert done.returncode == 2
    assert "confirm" in done.stderr
    assert runbook("plan", *given, *options(system_assigned="off", confirm="true"), "01", "03").returncode == 10


def test_a_plan_is_written_for_another_tool(shared: Path, tmp_path: Path) -> None:
    sandbox.reset(shared)
    into = tmp_path / "infra"
    given = ("plan", "00", "01", "03", *options(instance_name="exported-twins"), "--as", "bicep", "--into", str(into))
    done = runbook(*given)
    assert done.returncode == 0, done.stderr
    assert f"To carry it out, in {into}:\n  az provider register --namespace Microsoft.DigitalTwins" in done.stdout
    assert sorted(path.name for path in into.iterdir()) == ["adt-setup-1.bicep", "main.bicep"]
    part = (into / "adt-setup-1.bicep").read_text("utf-8")
    assert part.count("name: 'exported-twins'") == 1, "03 changes what 01 creates: one resource"
    assert "type: 'SystemAssigned'" in part
    assert "adt-setup-runbook" not in part, "whoever deploys it makes it, not a run"
    assert runbook(*given).returncode == 0, "the same once more"
    (into / "main.bicep").write_bytes(b"\xffof somebody else")
    kept = runbook(*given)
    assert kept.returncode == 2
    assert "is there already" in kept.stderr
    assert (into / "main.bicep").read_bytes() == b"\xffof somebody else"
    assert runbook(*given[:-1], "").returncode == 2, "an empty name isn't the current folder"


def test_what_cannot_be_written_is_said() -> None:
    done = runbook("plan", "--as", "bicep", "--json")
    assert (done.returncode, "can't be combined" in done.stderr) == (2, True)
    done = runbook("plan", "--into", "x")
    assert (done.returncode, "needs --as" in done.stderr) == (2, True)
