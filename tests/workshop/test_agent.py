"""A learner's machine: what it tells the board, without network too, and what the trainer does to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from runbook_lib import Runbook, sandbox
from runbook_lib.errors import InputError, PermissionMissing, Stopped, Unreachable
from runbook_lib.exercises import exercise
from runbook_lib.forms.guide_bar import GuideBar
from runbook_lib.record.journal import Journal
from runbook_lib.workshop import membership
from runbook_lib.workshop.agent import Agent
from runbook_lib.workshop.client import Dismissed
from runbook_lib.workshop.membership import Membership
from runbook_lib.workshop.troubles import FREEZE, TROUBLES
from tests.workshop.school import School

SECRET = "contoso-secret-7"
"""Stands in names, values and answers. None of it may travel."""


class Lab:
    """A learner's lab: its home, its record, and the agent that speaks with the board."""

    def __init__(self, home: Path, member: Membership) -> None:
        self.home, self.member = home, replace(member, joined="2020-01-01T00:00:00+00:00")
        membership.write(home, self.member)
        self.journal = Journal(home / "runs" / "lab-1")
        self.exercises = Journal(home / "runs" / "exercises")
        self.agent = Agent(home, self.journal.folder, self.member)

    def notices(self) -> list[str]:
        return [one["text"] for one in self.journal.events() if one["event"] == "trainer"]


@pytest.fixture
def lab(school: School, tmp_path: Path) -> Lab:
    return Lab(tmp_path / "home", school.join("Ada"))


def cells(school: School) -> dict[str, str]:
    return {place: cell["state"] for place, cell in school.shown()["Ada"]["cells"].items()}


# What travels


def test_states_outcomes_and_error_codes_travel_and_nothing_else(school: School, lab: Lab) -> None:
    asked = patch.object(lab.agent._client, "_ask", wraps=lab.agent._client._ask).start()
    journal, outcome = lab.journal, {"title": SECRET, "values": {"Host name": SECRET}, "made": []}
    journal.record("session", "", target="sandbox", account={"name": SECRET, "tenant_id": SECRET})
    journal.record("shown", "start-here")
    journal.record("choices", "create-instance", values={"instance_name": SECRET})
    journal.record("plan", "create-instance", plan={"title": SECRET})
    journal.trouble("create-instance", InputError(SECRET, code="NameUnavailable"))
    journal.trouble("assign-access", PermissionMissing(SECRET, action="Microsoft.Authorization/roleAssignments/write"))
    journal.trouble("build-graph", Stopped(SECRET))
    journal.record("apply", "start-here", outcome=outcome)
    journal.record("apply", "clean-up", outcome=outcome)
    failed = {"checks": [{"name": SECRET, "status": "failed", "evidence": SECRET}]}
    journal.record("verify", "managed-identity", verification=failed)
    journal.record("trainer", "", kind="message", text=SECRET)
    lab.exercises.note("exercise", "wrong-id", result="not yet", hints=2)
    lab.exercises.note("exercise", SECRET, result="solved", hints=0)
    lab.agent.report()
    assert cells(school) == {
        "start-here": "done",
        "create-instance": "stuck",
        "assign-access": "stuck",
        "managed-identity": "stuck",
        "wrong-id": "stuck",
        "clean-up": "open",
    }
    shown = school.shown()["Ada"]["cells"]
    assert shown["create-instance"]["error"] == "InputError NameUnavailable"
    assert shown["assign-access"]["error"] == "PermissionMissing Microsoft.Authorization/roleAssignments/write"
    assert shown["wrong-id"]["hints"] == 2
    patch.stopall()
    assert asked.call_count == 2
    assert SECRET not in str(asked.call_args_list)


def test_what_happened_before_joining_stays_here(school: School, lab: Lab) -> None:
    lab.journal.note("shown", "start-here")
    late = replace(lab.member, joined="2099-01-01T00:00:00+00:00")
    membership.write(lab.home, late)
    Agent(lab.home, lab.journal.folder, late).report()
    assert cells(school) == {}


def test_without_network_it_goes_on_and_catches_up_by_itself(school: School, lab: Lab) -> None:
    lab.journal.note("shown", "start-here")
    lab.agent.report()
    school.stop()
    for step in ("create-instance", "assign-access"):
        lab.journal.record("apply", step, outcome={"made": []})
    with pytest.raises(Unreachable):
        lab.agent.report()
    school.start()
    lab.agent.report()
    assert cells(school) == {"start-here": "open", "create-instance": "done", "assign-access": "done"}


def test_the_next_lab_sends_what_the_last_one_could_not(school: School, lab: Lab) -> None:
    school.stop()
    lab.exercises.note("exercise", "wrong-id", result="solved", hints=0)
    lab.agent.stop()
    school.start()
    Agent(lab.home, lab.home / "runs" / "lab-2", lab.member).stop()
    assert cells(school) == {"wrong-id": "done"}


def test_many_events_travel_in_batches_and_once(school: School, lab: Lab) -> None:
    for number in range(250):
        lab.journal.note("shown" if number else "plan", "start-here")
    lab.agent.report()
    again = membership.read(lab.home)
    assert again
    assert list(again.sent.values()) == [250]
    lab.agent.report()
    assert membership.read(lab.home) == again


def test_a_class_that_ends_ends_the_agent_and_says_so(school: School, lab: Lab) -> None:
    lab.agent.start()
    school.ask("/board/close", {})
    for thread in lab.agent._threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in lab.agent._threads)
    assert any("class has ended" in one for one in lab.notices())


def test_leaving_stops_a_lab_that_is_open(school: School, lab: Lab) -> None:
    membership.forget(lab.home)
    lab.journal.note("shown", "start-here")
    lab.agent.report()
    lab.agent.act()
    assert cells(school) == {}


# What the trainer does


def test_a_message_is_in_the_notebooks_bar_within_two_seconds(school: School, lab: Lab) -> None:
    arrived, settle = threading.Event(), lab.agent._client.settle

    def settled(*what: Any) -> None:
        settle(*what)
        arrived.set()

    with patch.object(lab.agent._client, "settle", settled):
        lab.agent.start()
        try:
            school.act("message", "Look up, <b>please</b>")
            assert arrived.wait(2)
        finally:
            lab.agent.stop()
    bar = GuideBar(lab.journal)._repr_mimebundle_()["text/html"]
    assert "Your trainer: Look up, &lt;b&gt;please&lt;/b&gt;" in bar


def test_actions_are_for_those_they_are_meant_for_and_are_recorded(school: School, lab: Lab) -> None:
    bob = Lab(lab.home.parent / "bob", school.join("Bob"))
    school.act("message", "for Bob", 2)
    school.act("message", "for all")
    lab.agent.act()
    bob.agent.act()
    assert lab.notices() == ["for all"]
    assert bob.notices() == ["for Bob", "for all"]
    assert [(one["argument"], one["learners"], one["done"]) for one in school.history()] == [
        ("for Bob", 1, 1),
        ("for all", 2, 2),
    ]


def test_an_action_happens_once_even_if_the_board_misses_the_answer(school: School, lab: Lab) -> None:
    school.act("message", "once")
    gone = patch.object(lab.agent._client, "settle", side_effect=Unreachable("gone"))
    with gone, pytest.raises(Unreachable):
        lab.agent.act()
    school.act("message", "twice")
    lab.agent.act()
    assert lab.notices() == ["once", "twice"]
    assert [one["done"] for one in school.history()] == [1, 1]


def test_a_second_machine_does_not_repeat_what_was_done_before_it_came(school: School, lab: Lab) -> None:
    school.act("reset")
    second = school.join("Ada", personal=lab.member.personal)
    assert second.last_action == 1


@pytest.fixture
def sandboxed(school: School, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The same with a running sandbox, as `runbook lab` has one."""
    monkeypatch.setenv("RUNBOOK_HOME", str(lab.home))
    monkeypatch.setenv("RUNBOOK_RUN_DIR", str(lab.journal.folder))
    sandbox.start(lab.home, pace=sandbox.Pace.INSTANT)
    yield lab
    sandbox.stop(lab.home)


def test_a_trouble_is_staged_and_taken_away_and_the_learners_own_faults_stay(school: School, sandboxed: Lab) -> None:
    own = sandbox.add_fault(sandboxed.home, sandbox.Fault(sandbox.Effect.SLOW, service="data"))
    for _ in range(2):
        school.act("trouble", "throttled")
        sandboxed.agent.act()
    assert sandbox.list_faults(sandboxed.home) == [own, TROUBLES["throttled"]]
    assert "What do you notice?" in sandboxed.notices()[-1]
    assert "throttled" not in sandboxed.notices()[-1]
    school.act("clear")
    sandboxed.agent.act()
    assert sandbox.list_faults(sandboxed.home) == [own]


def test_freezing_pauses_writes_until_the_class_goes_on(school: School, sandboxed: Lab) -> None:
    school.act("freeze")
    sandboxed.agent.act()
    assert school.shown()["Ada"]["frozen"]
    assert len(sandbox.list_faults(sandboxed.home)) == len(FREEZE)
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            school.act("unfreeze")
            sandboxed.agent.act()

    step = Runbook(mode="unattended").create_instance()
    step.context = replace(step.context, waiting=replace(step.context.waiting, sleep=pause))
    step.apply()
    assert len(paused) >= 2
    assert max(paused) <= 2
    assert sandbox.list_faults(sandboxed.home) == []
    assert not school.shown()["Ada"]["frozen"]


def test_catching_up_brings_the_world_to_the_beginning_of_a_notebook(school: School, sandboxed: Lab) -> None:
    school.act("catch-up", "05-connect-a-client")
    sandboxed.agent.act()
    sandboxed.agent.report()
    assert cells(school) == {"start-here": "done", "create-instance": "done", "assign-access": "done"}
    assert "at the beginning of 05-connect-a-client" in sandboxed.notices()[-1]
    assert "Next: 05-connect-a-client" in GuideBar(sandboxed.journal).text()
    Runbook(mode="unattended").build_graph().apply()


def test_catching_up_keeps_to_what_the_learner_entered(school: School, sandboxed: Lab) -> None:
    sandboxed.journal.record("choices", "create-instance", values={"instance_name": "plant-7", "region": "uksouth"})
    school.act("catch-up", "02-assign-access")
    sandboxed.agent.act()
    assert sandboxed.journal.current_setup().endswith("/plant-7")


def test_an_exercise_is_staged_caught_up_to_and_reset(school: School, sandboxed: Lab) -> None:
    one = exercise("a-taken-name", seed=sandboxed.member.seed, learner="Ada")
    school.act("trouble", "a-taken-name")
    sandboxed.agent.act()
    assert one.check().result == "not tried"
    assert one.place.clients.resources(one.place.subscription_id)
    school.act("catch-up", "a-taken-name")
    sandboxed.agent.act()
    assert one.check().result == "not tried"
    sandboxed.agent.report()
    assert cells(school) == {"a-taken-name": "working"}
    school.act("reset", "a-taken-name")
    sandboxed.agent.act()
    assert "hasn't been started" in one.check().seen[0]


def test_resetting_empties_the_sandbox_and_the_bar_begins_again(school: School, sandboxed: Lab) -> None:
    Runbook(mode="unattended").start_here().apply()
    school.act("reset")
    sandboxed.agent.act()
    assert "Next: 00-start-here" in GuideBar(sandboxed.journal).text()
    status = sandbox.status(sandboxed.home)
    assert status
    assert status.instances == 0


def test_what_fails_here_is_known_there(school: School, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runbook_lib.workshop.world.stage", lambda *_: 1 / 0)
    school.act("trouble", "slow")
    lab.agent.act()
    assert [(one["done"], one["failed"]) for one in school.history()] == [(0, 1)]


def test_a_damaged_membership_is_none(tmp_path: Path) -> None:
    for text in ("", "{", "[]", json.dumps({"name": "Ada"})):
        (tmp_path / "workshop.json").write_text(text)
        assert membership.read(tmp_path) is None


def test_a_token_that_means_nothing_any_more_ends_it(school: School, lab: Lab) -> None:
    stranger = replace(lab.member, token="x" * 43)
    membership.write(lab.home, stranger)
    lab.journal.note("shown", "start-here")
    with pytest.raises(Dismissed):
        Agent(lab.home, lab.journal.folder, stranger).report()
