"""Cleaning up: what others need stays, and so does what is locked, or what one may not remove."""

from __future__ import annotations

import pytest

from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_READER, READER
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure

from .cleaning import EVERYTHING, FLOOR, after_first_parts, exists, kinds, staying
from .plant import GROUP_SCOPE, HOST, SCOPE
from .world import GROUP, World

SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"


@pytest.fixture
def done(ready: World) -> World:
    """A world in which the guide has run: an instance, and access for its owner."""
    return after_first_parts(ready)


def lock(world: World, scope: str, level: str = "CanNotDelete") -> str:
    address = f"https://management.azure.com{scope}/providers/Microsoft.Authorization/locks/keep-it"
    body = {"properties": {"level": level}}
    answer = azure.http(world.sandbox, "owner").put(address, params={"api-version": "2020-05-01"}, json=body)
    assert answer.status_code == 201, answer.text
    return address


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
    assert "made it again since" in staying(step.plan())
    step.apply()
    assert exists(done)


def test_data_of_others_keeps_the_instance(done: World) -> None:
    azure.data_plane(done.sandbox, "owner", HOST).create_models([FLOOR])
    step = done.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == ["Role"]
    assert "others work with it: model dtmi:example:Floor;1" in staying(step.plan())
    for _ in range(3):
        step.apply()
        done.clock.advance(3600)  # the role that let us look doesn't work any longer
    assert exists(done)
    assert "an earlier clean-up kept it: others work with it: model dtmi:example:Floor;1" in staying(step.plan())
    done.somebody_assigns(DATA_READER, persona("owner").id, SCOPE)
    assert "others work with it: model dtmi:example:Floor;1" in staying(step.plan())


def test_data_that_cannot_be_looked_into_keeps_the_instance_when_others_have_access(ready: World) -> None:
    ready.create().apply()
    ready.somebody_assigns(DATA_READER, persona("contributor").id, SCOPE)
    step = ready.clean_up()
    assert step.plan().empty
    assert "you can't read its data" in staying(step.plan())
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
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.plan().changes) == ["Role"]
    for _ in range(3):
        step.apply()
        ready.clock.advance(3600)
    assert exists(ready), "whoever had the role can have left something"


@pytest.mark.parametrize("first", ["owner", "member"])
def test_a_role_that_cannot_go_keeps_the_one_that_shows_whether_others_work_there(ready: World, first: str) -> None:
    ready.create(grant_access=first == "owner").apply()
    ready.assign(principal="Carlos Contributor").apply()
    ready.assign().apply()
    ready.clock.advance(600)
    roles = [change for change in ready.journal.made() if change.kind == "Role"]
    (members,) = [one for one in roles if "Carlos" in one.details]
    ready.sandbox.cloud.faults.add(Fault(Effect.INTERNAL_ERROR, method="DELETE", path=members.resource_id))
    step = ready.clean_up(confirm_clean_up=True)
    step.apply()
    assert not exists(ready), "its data could be read, and was this run's"
    assert step.verify().passed


def test_a_role_stays_as_long_as_it_shows_what_is_in_an_instance_that_stays(done: World) -> None:
    done.assign(principal="Carlos Contributor").apply()
    (members,) = [one for one in done.journal.made() if "Carlos" in one.details]
    done.sandbox.cloud.faults.add(Fault(Effect.INTERNAL_ERROR, method="DELETE", path=members.resource_id))
    done.sandbox.cloud.faults.add(Fault(Effect.INTERNAL_ERROR, method="DELETE", path=SCOPE))
    step = done.clean_up(confirm_clean_up=True)
    assert step.apply().made == ()
    assert "Azure Digital Twins Data Owner" in [one.name for one in done.journal.made() if one.kind == "Role"]
    done.sandbox.cloud.faults.clear()
    assert kinds(step.apply().made) == ["Role", *EVERYTHING]
    assert step.verify().passed


def test_an_endpoint_of_somebody_else_keeps_the_instance(done: World) -> None:
    key = "Endpoint=sb://hub.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=alarms"
    endpoint = {"endpointType": "EventHub", "authenticationType": "KeyBased", "connectionStringPrimaryKey": key}
    answer = azure.http(done.sandbox, "owner").put(
        f"https://management.azure.com{SCOPE}/endpoints/alarms",
        params={"api-version": "2023-01-31"},
        json={"properties": endpoint},
    )
    assert answer.status_code == 201, answer.text
    done.clock.advance(60)
    assert "endpoint alarms" in staying(done.clean_up().plan())


def test_roles_that_others_gave_stay(done: World) -> None:
    done.somebody_assigns(READER, persona("contributor").id, GROUP_SCOPE)
    step = done.clean_up(confirm_clean_up=True)
    assert [c.name for c in step.plan().changes if c.kind == "Role"] == ["Azure Digital Twins Data Owner"]


# Locked and forbidden


def test_a_lock_is_named_and_keeps_what_it_protects(done: World) -> None:
    address = lock(done, GROUP_SCOPE)
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


def test_a_lock_on_a_part_keeps_the_whole_of_it(done: World) -> None:
    PrivateAccess(done.context(), {}).apply()
    lock(
        done, f"{GROUP_SCOPE}/providers/Microsoft.Network/virtualNetworks/vnet-my-first-twins/subnets/private-endpoints"
    )
    step = done.clean_up(confirm_clean_up=True)
    plan = step.plan()
    assert not {"Subnet", "Virtual network", "Resource group"} & set(kinds(plan.changes))
    assert "Azure Digital Twins instance" in kinds(plan.changes)
    assert any("keep-it" in problem.message for problem in plan.problems)
    outcome = step.apply()
    assert outcome.made == plan.changes
    network = f"{GROUP_SCOPE}/providers/Microsoft.Network/virtualNetworks/vnet-my-first-twins"
    assert done.context().clients.arm.get(network, {"api-version": "2024-05-01"})


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
