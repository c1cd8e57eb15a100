"""What isn't provably this run's is never changed or removed, whatever its name is and whatever the record says."""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

from runbook_lib.errors import AzureRefused, InputError, Unreachable
from runbook_lib.record.change import Change
from runbook_lib.record.journal import Journal
from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps.core.removal import removers
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure

from .cleaning import WHOLE_GUIDE, after_all_parts, after_first_parts, exists, kinds, staying
from .plant import GROUP_SCOPE, HOST, NAME, SCOPE, somebody_changes
from .world import GROUP, Phases, World

MADE_AGAIN = "it isn't the one that this run made: somebody has made it again since"


def writes(world: World, act: Callable[[], object]) -> list[str]:
    """Return what an act asks Azure to change."""
    seen: list[str] = []

    def watch(request: Any, _answer: Any) -> None:
        if request.method in ("PUT", "PATCH", "DELETE"):
            seen.append(f"{request.method} {request.path}")

    world.sandbox.cloud.observers.append(watch)
    act()
    world.sandbox.cloud.observers.remove(watch)
    return seen


def with_another_record(world: World, folder: Path) -> Journal:
    """Go on as a colleague, who has a record of their own; return the first one."""
    first, world.journal = world.journal, Journal(folder)
    return first


# Made again under the same name


def test_what_a_colleague_made_again_under_the_same_names_stays(world: World, tmp_path: Path) -> None:
    world.start_here().apply()
    after_all_parts(world)
    assert {change.kind for change in world.journal.made()} > set(WHOLE_GUIDE) - {"Role"}
    azure.resources(world.sandbox).resource_groups.begin_delete(GROUP, polling=False)
    world.clock.advance(3600)
    mine = with_another_record(world, tmp_path / "colleague")
    after_all_parts(world)
    world.journal = mine
    step = world.clean_up(confirm_clean_up=True)
    assert step.plan().empty
    assert writes(world, step.apply) == []
    assert MADE_AGAIN in staying(step.plan())


def test_a_role_that_somebody_gave_again_stays(ready: World) -> None:
    after_first_parts(ready)
    (role,) = [change for change in ready.journal.made() if change.kind == "Role"]
    assignments = azure.authorization(ready.sandbox, "access-admin").role_assignments
    assignments.delete_by_id(role.resource_id)
    definition = f"/subscriptions/{TRAINING_ID}/providers/Microsoft.Authorization/roleDefinitions/{DATA_OWNER}"
    body = RoleAssignmentCreateParameters(
        role_definition_id=definition, principal_id=persona("owner").id, principal_type="User"
    )
    assignments.create_by_id(role.resource_id, body)
    assert "Role" not in kinds(ready.clean_up().plan().changes)
    assert MADE_AGAIN in staying(ready.clean_up().plan())
    ((_, reason),) = ready.assign().undo().kept
    assert reason == MADE_AGAIN


def test_a_role_that_another_run_of_the_same_account_gave_stays(ready: World, tmp_path: Path) -> None:
    """This run asked for it too, and never learned what became of that."""
    ready.create().apply()
    lost = Fault(Effect.DROP, service="arm", method="PUT", path="*/roleAssignments/*", times=0)
    ready.sandbox.cloud.faults.add(lost)
    with pytest.raises(Unreachable):
        ready.create(grant_access=True).apply()
    ready.sandbox.cloud.faults.clear()
    mine = with_another_record(ready, tmp_path / "other-run")
    ready.create(grant_access=True).apply()
    ready.journal = mine
    assert "Role" not in kinds(ready.clean_up(confirm_clean_up=True).plan().changes)


def test_a_twin_that_somebody_wrote_again_stays(ready: World) -> None:
    after_first_parts(ready)
    step = BuildGraph(ready.context(), {})
    step.apply()
    client = ready.context().clients.data_plane(HOST)
    ready.clock.advance(60)
    twin = next(iter(client.query_twins("SELECT * FROM digitaltwins")))
    client.upsert_digital_twin(twin["$dtId"], {"$metadata": {"$model": twin["$metadata"]["$model"]}})
    assert dict(step.undo().kept)[twin["$dtId"]] == MADE_AGAIN


def test_an_instance_in_which_others_relate_this_runs_twins_stays(ready: World) -> None:
    after_first_parts(ready)
    BuildGraph(ready.context(), {}).apply()
    client = azure.data_plane(ready.sandbox, "owner", HOST)
    body: dict[str, object] = {"$relationshipName": "hasHall", "$targetId": "factory-hall-1"}
    client.upsert_relationship("factory", "of-a-colleague", body)
    ready.clock.advance(60)
    plan = ready.clean_up().plan()
    assert "Azure Digital Twins instance" not in kinds(plan.changes)
    assert "relationship factory/relationships/of-a-colleague" in staying(plan)


# Made in between


class Colleague:
    """Progress that lets a colleague act at a phase."""

    def __init__(self, phase: str, act: Callable[[], object]) -> None:
        self._phase, self._act, self.came = phase, act, False

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        if text.startswith(self._phase) and not self.came:
            self.came = True
            self._act()


def colleague_creates(world: World) -> None:
    body = DigitalTwinsDescription(location="westeurope", tags={"team": "blue"})
    azure.management(world.sandbox, "contributor").digital_twins.begin_create_or_update(
        GROUP, NAME, body, polling=False
    )
    world.clock.advance(600)


def test_an_instance_that_came_after_the_plan_is_not_overwritten(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.somebody_makes_group()
    step = ready.create()
    look = step._look

    def look_and_lose_time() -> Any:
        seen = look()
        colleague_creates(ready)
        return seen

    monkeypatch.setattr(step, "_look", look_and_lose_time)
    with pytest.raises(AzureRefused, match="Somebody else created Azure Digital Twins instance") as caught:
        step.apply()
    assert "never remove it" in caught.value.meaning
    assert azure.management(ready.sandbox).digital_twins.get(GROUP, NAME).tags == {"team": "blue"}
    assert [entry["resource_id"] for entry in ready.journal.events() if entry["event"] == "found"] == [SCOPE]
    assert ready.clean_up().plan().empty


def test_an_instance_that_came_in_the_last_moment_is_named_and_never_removed(ready: World) -> None:
    ready.somebody_makes_group()
    with pytest.raises(AzureRefused, match="Somebody else created"):
        ready.create().apply(Colleague("Creating the instance", lambda: colleague_creates(ready)))
    assert [change for change in ready.journal.made() if change.action != "register"] == []
    assert ready.clean_up(confirm_clean_up=True).plan().empty
    ready.clean_up(confirm_clean_up=True).apply()
    assert exists(ready)


def test_a_role_that_others_gave_in_between_under_another_id_is_recorded_as_found(ready: World) -> None:
    ready.create().apply()
    step = ready.assign()
    plan, found = step._look()
    ready.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)
    assert found
    assert step._carry_out(plan, found, Phases()).made == ()
    assert ready.journal.events()[-1]["event"] == "found"
    assert ready.journal.unfinished() == {}
    assert "Role" not in {change.kind for change in ready.journal.made()}
    assert "Role" not in kinds(ready.clean_up().plan().changes)


# The record is no authority


def test_a_record_that_somebody_edited_removes_nothing(ready: World) -> None:
    after_first_parts(ready)
    text = ready.journal.path.read_text()
    ready.journal.path.write_text(text.replace(NAME, "somebody-elses", 1))
    step = ready.clean_up(confirm_clean_up=True)
    with pytest.raises(AzureRefused, match="was changed or damaged: line") as caught:
        step.apply()
    assert "nothing is removed" in caught.value.meaning
    assert ready.create().undo().removed == ()
    assert exists(ready)


def test_a_record_forged_from_the_start_removes_nothing(ready: World, tmp_path: Path) -> None:
    ready.somebody_makes_group()
    colleague_creates(ready)
    forged = Journal(tmp_path / "forged")
    for change in (
        Change("create", "Resource group", GROUP, GROUP_SCOPE),
        Change("create", "Azure Digital Twins instance", NAME, SCOPE),
    ):
        with forged.doing("create-instance", change) as in_progress:
            in_progress.stamp = "2026-01-01T00:00:00Z owner@contoso.onmicrosoft.com"
    ready.journal = forged
    step = ready.clean_up(confirm_clean_up=True)
    assert step.plan().empty
    assert writes(ready, step.apply) == []


def test_a_record_of_an_older_version_removes_nothing(ready: World) -> None:
    after_first_parts(ready)
    entries = [json.loads(line) for line in ready.journal.path.read_text().splitlines()]
    old = [{name: value for name, value in entry.items() if name != "previous"} for entry in entries]
    ready.journal.path.write_text("".join(json.dumps(entry) + "\n" for entry in old))
    with pytest.raises(AzureRefused, match="changed or damaged"):
        ready.clean_up(confirm_clean_up=True).apply()
    assert exists(ready)


def test_an_event_that_this_version_does_not_know_is_named(ready: World) -> None:
    after_first_parts(ready)
    ready.journal.record("teleported", "create-instance")
    with pytest.raises(AzureRefused, match="the event 'teleported' is not known here"):
        ready.clean_up(confirm_clean_up=True).apply()


# No act without a record


def test_nothing_is_begun_when_the_record_cannot_be_written(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.somebody_makes_group()

    def full(_handle: int, _text: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    step = ready.create()
    step.plan()  # everything that is read is read
    monkeypatch.setattr(os, "write", full)

    def run() -> None:
        with pytest.raises(InputError, match="No space left on device"):
            step.apply()

    assert writes(ready, run) == []


def test_a_run_folder_that_is_a_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be written"):
        Journal(tmp_path / "file")


# Every intent is settled


def steps(world: World) -> list[Step[Any, Any]]:
    context = world.context()
    return [
        world.start_here(),
        world.create(),
        world.assign(),
        ManagedIdentity(context, {"associate_identity": "id-mine", "create_identity": True}),
        PrivateAccess(context, {"public_network_access": "disabled", "confirm": True}),
    ]


class Cut(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("answered", [False, True], ids=["before_the_request", "after_the_answer"])
def test_what_a_cut_left_open_is_settled_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    cut: list[str] = []
    real = Journal.record

    def record(journal: Journal, event: str, step: str, **details: Any) -> None:
        """Be cut right after the first intent of each change, or right before it is called done."""
        name = details.get("id", "")
        if event == "done" and answered and "reason" not in details and name not in cut:
            cut.append(name)
            raise Cut
        if event == "interrupted" and cut and cut[-1] == name:
            return  # a process that is gone writes nothing more
        real(journal, event, step, **details)
        if event == "intent" and not answered:
            thing = details["change"]["kind"] + details["change"]["action"]
            if thing not in cut:
                cut.append(thing)
                raise Cut

    monkeypatch.setattr(Journal, "record", record)
    for step in steps(world):
        for _ in range(40):
            try:
                step.apply()
                break
            except Cut:
                world.clock.advance(120)
    assert len(cut) > 12
    assert world.journal.unfinished() == {}
    monkeypatch.undo()
    made = {change.kind for change in world.journal.made()}
    step = world.clean_up(confirm_clean_up=True)
    world.clock.advance(600)
    step.apply()
    left = {change.kind for change in world.journal.made()} & set(removers())
    assert left == set(), f"{made} were made"
    assert all(check.status == "passed" for check in step.verify().checks[:2])
    assert not exists(world)


def test_undo_keeps_an_own_identity_that_somebody_switched_off_and_on(ready: World) -> None:
    after_first_parts(ready)
    step = ManagedIdentity(ready.context(), {})
    step.apply()
    somebody_changes(ready, "None")
    somebody_changes(ready, "SystemAssigned")
    ((_, reason),) = step.undo().kept
    assert reason == MADE_AGAIN


def test_runs_have_ids_of_their_own(tmp_path: Path) -> None:
    first, second = Journal(tmp_path / "a"), Journal(tmp_path / "b")
    assert first.run_id != second.run_id
    assert Journal(tmp_path / "a").run_id == first.run_id
    assert uuid.UUID(first.run_id)
