"""Cleaning up: what this run made goes, in order, and nothing of anybody else ever does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from runbook_lib.errors import InputError
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_OWNER, DATA_READER, READER
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps import BuildGraph, CleanUp, ManagedIdentity, Plan, PrivateAccess
from tests import azure

from .world import GROUP, Phases, World

SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
GROUP_ID = f"{SUBSCRIPTION}/resourceGroups/{GROUP}"
SCOPE = f"{GROUP_ID}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/my-first-twins"
HOST = "my-first-twins.api.weu.digitaltwins.azure.net"
EVERYTHING = ["Role", "Azure Digital Twins instance", "Resource group"]
FLOOR = {"@id": "dtmi:example:Floor;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2", "displayName": "Floor"}


@pytest.fixture
def done(ready: World) -> World:
    """A world in which the guide has run: an instance, and access for its owner."""
    ready.create().apply()
    ready.assign().apply()
    ready.clock.advance(600)
    ready.slept.clear()
    return ready


def kinds(changes: Any) -> list[str]:
    return [change.kind for change in changes]


def staying(plan: Plan) -> str:
    return "\n".join(block.text() for block in plan.blocks)


def exists(world: World, name: str = "my-first-twins") -> bool:
    try:
        azure.management(world.sandbox).digital_twins.get(GROUP, name)
    except HttpResponseError:
        return False
    return True


def lock(world: World, scope: str, level: str = "CanNotDelete") -> str:
    address = f"https://management.azure.com{scope}/providers/Microsoft.Authorization/locks/keep-it"
    body = {"properties": {"level": level}}
    answer = azure.http(world.sandbox, "owner").put(address, params={"api-version": "2020-05-01"}, json=body)
    assert answer.status_code == 201, answer.text
    return address


# What goes, and when


def test_it_shows_what_would_go_in_which_order_and_changes_nothing(done: World) -> None:
    before = done.journal.events()
    plan = done.clean_up().plan()
    assert [(c.action, c.kind) for c in plan.changes] == [("delete", kind) for kind in EVERYTHING]
    assert not plan.blocked
    assert plan.confirmation.startswith("3 things are deleted for good: Role Azure Digital Twins Data Owner, ")
    assert "registration costs nothing" in staying(plan)
    assert plan.commands[0].startswith("az role assignment delete --ids /subscriptions/")
    assert plan.commands[1] == f"az dt delete --dt-name my-first-twins --resource-group {GROUP} --yes"
    assert plan.commands[2].startswith(f"az group delete --name {GROUP}")
    assert done.journal.events() == before
    assert exists(done)


def test_without_confirmation_it_only_shows_and_says_how_to_confirm(done: World) -> None:
    step = done.clean_up()
    outcome = step.apply()
    assert outcome.made == ()
    assert "-p confirm_clean_up true 06-clean-up" in outcome.notes[0]
    assert exists(done)
    proof = step.verify()
    assert proof.passed
    assert [check.status for check in proof.checks] == ["not tried", "passed", "passed"]
    assert "my-first-twins is there" in proof.checks[0].evidence


def test_confirmed_it_removes_exactly_what_the_plan_said(done: World) -> None:
    step, phases = done.clean_up(confirm_clean_up=True), Phases()
    planned = step.plan().changes
    outcome = step.apply(phases)
    assert outcome.made == planned
    assert outcome.tone == "good"
    assert phases.texts == ["Looking at what this run made", *(f"Taking back: {c.kind} {c.name}" for c in planned)]
    assert not azure.resources(done.sandbox).resource_groups.check_existence(GROUP)
    proof = step.verify()
    assert [check.status for check in proof.checks] == ["passed"] * 3


def test_a_second_run_is_empty(done: World) -> None:
    done.clean_up(confirm_clean_up=True).apply()
    again = done.clean_up(confirm_clean_up=True)
    plan = again.plan()
    assert plan.empty
    assert plan.confirmation == ""
    assert again.apply().made == ()
    assert done.create().undo().removed == ()
    assert done.assign().undo().removed == ()


def test_after_it_the_guide_can_begin_anew(done: World) -> None:
    done.clean_up(confirm_clean_up=True).apply()
    assert kinds(done.create().apply().made) == ["Resource group", "Azure Digital Twins instance"]
    assert kinds(done.clean_up().plan().changes) == ["Azure Digital Twins instance", "Resource group"]


def test_a_form_confirms_one_plan_and_not_another(done: World) -> None:
    step = done.clean_up()
    step.agreed = step.plan()
    done.somebody_makes("somebody-elses", finished=True)
    with pytest.raises(InputError, match="Not confirmed"):
        step.apply()
    assert exists(done)
    step.agreed = step.plan()
    assert kinds(step.apply().made) == EVERYTHING[:2]
    assert step.verify().passed


def test_the_whole_guide_is_taken_back_in_order(done: World) -> None:
    context = done.context()
    ManagedIdentity(context, {"associate_identity": "id-mine", "create_identity": True}).apply()
    PrivateAccess(context, {}).apply()
    BuildGraph(context, {}).apply()
    step = done.clean_up(confirm_clean_up=True)
    changes = step.plan().changes
    assert kinds(changes) == [
        "Role", "Private DNS zone group", "Private endpoint", "Virtual network link", "Private DNS zone", "Subnet",
        "Virtual network", "User-assigned identity", "System-assigned identity", "User-assigned managed identity",
        "Azure Digital Twins instance", "Resource group",
    ]  # fmt: skip
    assert "3 models, 6 digital twins" in changes[-2].details
    assert step.apply().made == changes
    assert step.verify().passed
    assert {change.kind for change in done.journal.made()} == {"Resource provider"}


def test_data_of_this_run_leaves_an_instance_that_stays(ready: World) -> None:
    ready.somebody_makes_group()
    ready.somebody_makes("my-first-twins", finished=True)
    ready.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)
    BuildGraph(ready.context(), {}).apply()
    azure.data_plane(ready.sandbox, "owner", HOST).create_models([FLOOR])
    ready.clock.advance(60)
    step = ready.clean_up(confirm_clean_up=True)
    assert set(kinds(step.plan().changes)) == {"Relationship", "Digital twin", "Model"}
    assert kinds(step.apply().made)[0] == "Relationship"
    left = azure.data_plane(ready.sandbox, "owner", HOST)
    assert [model.id for model in left.list_models()] == [FLOOR["@id"]]
    assert step.plan().empty


def test_an_empty_record_has_nothing_to_take_back(ready: World) -> None:
    ready.somebody_makes_group()
    ready.somebody_makes("my-first-twins", finished=True)
    step = ready.clean_up(confirm_clean_up=True)
    assert step.plan().empty
    assert step.apply().made == ()
    assert exists(ready)


def test_an_unknown_subscription_is_named(done: World) -> None:
    step = done.clean_up(subscription="Fabrikam", confirm_clean_up=True)
    with pytest.raises(InputError, match="Fabrikam"):
        step.apply()
    assert not step.verify().passed


def test_nothing_deleted_comes_back(done: World) -> None:
    assert "does not come back" in done.clean_up().undo().kept[0][1]


# What others need stays


def test_an_instance_that_was_there_before_stays(ready: World) -> None:
    ready.somebody_makes_group()
    ready.somebody_makes("my-first-twins", finished=True)
    ready.create(tags={"team": "a"}, grant_access=True).apply()
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.apply().made) == ["Role"]
    assert exists(ready)
    assert "it was there before this run, which only changed it" in staying(step.plan())
    assert step.verify().passed


def test_a_group_in_which_others_work_stays(done: World) -> None:
    done.somebody_makes("somebody-elses", finished=True)
    step = done.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == EVERYTHING[:2]
    assert "it is not empty: somebody-elses" in staying(step.plan())
    step.apply()
    assert exists(done, "somebody-elses")
    assert "somebody-elses" in step.verify().checks[1].evidence


def test_an_instance_made_anew_by_somebody_else_stays(done: World) -> None:
    operations = azure.management(done.sandbox).digital_twins
    operations.begin_delete(GROUP, "my-first-twins", polling=False)
    done.clock.advance(600)
    done.somebody_makes("my-first-twins", finished=True)
    step = done.clean_up(confirm_clean_up=True)
    assert "Azure Digital Twins instance" not in kinds(step.plan().changes)
    assert "made it anew since" in staying(step.plan())
    step.apply()
    assert exists(done)


def test_data_of_others_keeps_the_instance(done: World) -> None:
    azure.data_plane(done.sandbox, "owner", HOST).create_models([FLOOR])
    step = done.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == ["Role"]
    assert "others work with it: model dtmi:example:Floor;1" in staying(step.plan())
    step.apply()
    assert exists(done)


def test_data_that_cannot_be_looked_into_keeps_the_instance_when_others_have_access(ready: World) -> None:
    ready.create().apply()
    ready.somebody_assigns(DATA_READER, persona("contributor").id, SCOPE)
    step = ready.clean_up()
    assert step.plan().empty
    assert "cannot be looked into" in staying(step.plan())
    assert "Azure Digital Twins Data Reader" in staying(step.plan())


def test_data_that_nobody_may_use_keeps_nothing(ready: World) -> None:
    ready.create().apply()
    assert kinds(ready.clean_up().plan().changes) == EVERYTHING[1:]


def test_a_role_of_this_run_that_does_not_work_yet_keeps_nothing(ready: World) -> None:
    ready.create(grant_access=True).apply()
    assert kinds(ready.clean_up().plan().changes) == EVERYTHING


def test_data_of_a_member_keeps_the_instance_when_it_cannot_be_read(ready: World) -> None:
    ready.create().apply()
    ready.assign(principal="Carlos Contributor").apply()
    assert kinds(ready.clean_up().plan().changes) == ["Role"]


def test_an_endpoint_of_somebody_else_keeps_the_instance(done: World) -> None:
    key = "Endpoint=sb://hub.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=alarms"
    endpoint = {"endpointType": "EventHub", "authenticationType": "KeyBased", "connectionStringPrimaryKey": key}
    answer = azure.http(done.sandbox, "owner").put(
        f"https://management.azure.com{SCOPE}/endpoints/alarms", params={"api-version": "2023-01-31"},
        json={"properties": endpoint},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    done.clock.advance(60)
    assert "endpoint alarms" in staying(done.clean_up().plan())


def test_roles_that_others_gave_stay(done: World) -> None:
    done.somebody_assigns(READER, persona("contributor").id, GROUP_ID)
    step = done.clean_up(confirm_clean_up=True)
    assert [c.name for c in step.plan().changes if c.kind == "Role"] == ["Azure Digital Twins Data Owner"]


# Half-made runs


def test_an_instance_that_never_came_to_be_is_forgotten(ready: World) -> None:
    ready.stuck = True
    with pytest.raises(Exception, match="not finished"):
        ready.create(timeout_minutes=1).apply()
    ready.stuck = False
    ready.clock.advance(600)
    azure.management(ready.sandbox).digital_twins.begin_delete(GROUP, "my-first-twins", polling=False)
    ready.clock.advance(600)
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == ["Resource group"]
    step.apply()
    assert ready.journal.unfinished() == {}
    assert step.plan().empty


def test_an_instance_that_was_not_waited_for_goes_when_azure_says_who_made_it(ready: World) -> None:
    ready.stuck = True
    with pytest.raises(Exception, match="not finished"):
        ready.create(timeout_minutes=1).apply()
    ready.stuck = False
    ready.clock.advance(600)
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.apply().made) == EVERYTHING[1:]
    assert ready.journal.unfinished() == {}
    assert ready.journal.made("create-instance") == ()


def test_what_began_here_and_somebody_else_made_stays(ready: World) -> None:
    ready.stuck = True
    with pytest.raises(Exception, match="not finished"):
        ready.create("operator", timeout_minutes=1).apply()
    ready.stuck = False
    ready.clock.advance(600)
    step = ready.clean_up("owner", confirm_clean_up=True)
    assert step.plan().empty
    assert "never confirmed" in staying(step.plan())
    step.apply()
    assert exists(ready)


def test_an_interrupted_clean_up_goes_on(done: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    done.on_sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        done.clean_up(confirm_clean_up=True).apply()
    done.on_sleep = lambda: None
    step = done.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == EVERYTHING[1:]
    step.apply()
    assert step.plan().empty
    assert step.verify().passed


def test_a_slow_deletion_is_said_and_the_rest_waits(done: World) -> None:
    done.stuck = True
    step = done.clean_up(confirm_clean_up=True, timeout_minutes=1)
    outcome = step.apply()
    assert kinds(outcome.made) == ["Role"]
    assert "not finished after 1 minutes" in outcome.notes[0]
    assert not step.verify().passed
    done.stuck = False
    done.clock.advance(600)
    assert kinds(step.apply().made) == ["Resource group"]
    assert step.verify().passed


def test_what_is_gone_already_is_said(done: World) -> None:
    azure.management(done.sandbox).digital_twins.begin_delete(GROUP, "my-first-twins", polling=False)
    done.clock.advance(600)
    step = done.clean_up(confirm_clean_up=True)
    assert any(note.startswith("Gone already: ") and "my-first-twins" in note for note in step.plan().notes)
    assert kinds(step.apply().made) == ["Resource group"]


# Locked and forbidden


def test_a_lock_is_named_and_keeps_what_it_protects(done: World) -> None:
    address = lock(done, GROUP_ID)
    step = done.clean_up(confirm_clean_up=True)
    plan = step.plan()
    assert plan.empty
    assert not plan.blocked
    assert "the lock keep-it (CanNotDelete)" in plan.problems[0].message
    assert "lock removed" in plan.problems[0].remedy
    outcome = step.apply()
    assert outcome.tone == "warning"
    assert not step.verify().passed
    azure.http(done.sandbox, "owner").delete(address, params={"api-version": "2020-05-01"})
    assert kinds(step.apply().made) == EVERYTHING


def test_a_contributor_may_delete_but_not_take_roles_back(done: World) -> None:
    step = done.clean_up("contributor", confirm_clean_up=True)
    problem = step.plan().problems[0]
    assert problem.action == "Microsoft.Authorization/roleAssignments/delete"
    assert problem.role == "Role Based Access Control Administrator"
    assert "az role assignment delete" in problem.request
    assert problem.scope == SCOPE


def test_a_reader_may_remove_nothing_and_gets_a_message_to_send(ready: World) -> None:
    ready.create().apply()
    step = ready.clean_up("reader", confirm_clean_up=True)
    plan = step.plan()
    assert [(p.action, p.role) for p in plan.problems] == [
        ("Microsoft.DigitalTwins/digitalTwinsInstances/delete", "Contributor")
    ]
    assert "az dt delete --dt-name my-first-twins" in plan.problems[0].request
    assert "it is not empty: my-first-twins" in staying(plan)
    assert step.apply().made == ()
    assert not step.verify().passed
    assert exists(ready)
    ready.somebody_assigns(CONTRIBUTOR, persona("reader").id, SUBSCRIPTION)
    assert kinds(ready.clean_up("reader", confirm_clean_up=True).apply().made) == EVERYTHING[1:]


# Orphans


def orphan(world: World, scope: str, role: str = READER, *, age: float = 3600) -> str:
    """Give a role to somebody who is then deleted from the directory."""
    who = str(uuid.uuid4())
    world.sandbox.cloud.store.put(
        "user", who, {"id": who, "displayName": "Leaver", "userPrincipalName": "l@contoso.com"}
    )
    world.somebody_assigns(role, who, scope)
    world.sandbox.cloud.store.delete("user", who)
    world.clock.advance(age)
    return who


def test_orphans_are_listed_at_every_scope_and_left_alone(done: World) -> None:
    lost = [orphan(done, scope) for scope in (SUBSCRIPTION, GROUP_ID, SCOPE)]
    step = done.clean_up(confirm_clean_up=True)
    shown = staying(step.plan())
    assert all(who in shown for who in lost)
    assert "Identity not found" in shown
    assert "Orphaned role assignment" not in kinds(step.plan().changes)
    step.apply()
    check = step.verify().checks[2]
    assert (check.status, check.evidence.count("Reader at")) == ("not tried", 1)  # two went with their scopes
    assert "remove_orphans" in check.remedy


def test_orphans_go_when_asked_for_and_confirmed(done: World) -> None:
    orphan(done, SUBSCRIPTION, DATA_OWNER)
    only_shown = done.clean_up(remove_orphans=True)
    assert "Orphaned role assignment" in kinds(only_shown.plan().changes)
    only_shown.apply()
    step = done.clean_up(remove_orphans=True, confirm_clean_up=True)
    step.apply()
    assert [check.status for check in step.verify().checks] == ["passed"] * 3


def test_an_assignment_of_a_moment_ago_is_no_proven_orphan(ready: World) -> None:
    who = str(uuid.uuid4())
    ready.sandbox.cloud.store.put("user", who, {"id": who, "displayName": "New", "userPrincipalName": "n@contoso.com"})
    ready.somebody_assigns(READER, who, SUBSCRIPTION)
    ready.sandbox.cloud.store.delete("user", who)
    ready.clock.advance(-500)
    assert ready.clean_up(remove_orphans=True).plan().empty


def test_who_may_not_read_the_directory_is_told_so(done: World) -> None:
    store, who = done.sandbox.cloud.store, persona("setup-pipeline").id
    document = store.get("servicePrincipal", who)
    assert document is not None
    store.put("servicePrincipal", who, {**document, "mayReadDirectory": False})
    step: CleanUp = done.clean_up("setup-pipeline")
    assert any("cannot be told" in note for note in step.plan().notes)
    assert step.verify().checks[2].status == "not tried"


def test_who_sees_only_the_group_is_told_of_the_group(done: World) -> None:
    lost = orphan(done, GROUP_ID)
    orphan(done, SUBSCRIPTION)
    done.take_roles_from("operator")
    done.somebody_assigns(READER, persona("operator").id, GROUP_ID)
    assert lost in staying(done.clean_up("operator").plan())
