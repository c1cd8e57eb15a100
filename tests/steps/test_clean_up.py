"""Cleaning up: what this run made goes, in order; roles that nobody holds go when that is asked for."""

from __future__ import annotations

import uuid

import pytest

from runbook_lib.errors import InputError
from runbook_lib.sandbox.roles import DATA_OWNER, READER
from runbook_lib.sandbox.world import PLATFORM_GROUP, TRAINING_ID, persona
from runbook_lib.steps.clean_up.step import CleanUp
from runbook_lib.steps.data.build_graph import BuildGraph
from tests import azure

from .cleaning import EVERYTHING, FLOOR, WHOLE_GUIDE, after_all_parts, after_first_parts, exists, kinds, orphan, staying
from .plant import GROUP_SCOPE, HOST, SCOPE
from .world import GROUP, Phases, World

SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"


@pytest.fixture
def done(ready: World) -> World:
    """A world in which the guide has run: an instance, and access for its owner."""
    return after_first_parts(ready)


def test_it_shows_what_would_go_in_which_order_and_changes_nothing(done: World) -> None:
    before = done.journal.events()
    plan = done.clean_up().plan()
    assert [(c.action, c.kind) for c in plan.changes] == [("delete", kind) for kind in EVERYTHING]
    assert not plan.blocked
    assert plan.confirmation.startswith("3 things will be deleted for good: Role Azure Digital Twins Data Owner, ")
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
    verification = step.verify()
    assert verification.passed
    assert [check.status for check in verification.checks] == ["not tried", "passed", "passed"]
    assert "my-first-twins still exists" in verification.checks[0].evidence


def test_confirmed_it_removes_exactly_what_the_plan_said(done: World) -> None:
    step, phases = done.clean_up(confirm_clean_up=True), Phases()
    planned = step.plan().changes
    outcome = step.apply(phases)
    assert outcome.made == planned
    assert outcome.tone == "good"
    assert phases.texts == ["Looking at what this run made", *(f"Removing {c.kind} {c.name}" for c in planned)]
    assert not azure.resources(done.sandbox).resource_groups.check_existence(GROUP)
    verification = step.verify()
    assert [check.status for check in verification.checks] == ["passed"] * 3


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


def test_the_whole_guide_is_taken_back_in_order(ready: World) -> None:
    after_all_parts(ready)
    step = ready.clean_up(confirm_clean_up=True)
    changes = step.plan().changes
    assert kinds(changes) == WHOLE_GUIDE
    assert "3 models, 6 digital twins" in changes[-2].details
    assert step.apply().made == changes
    assert step.verify().passed
    assert {change.kind for change in ready.journal.made()} == {"Resource provider"}


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
    assert "can't restore" in done.clean_up().undo().kept[0][1]


# Orphans


def test_orphans_are_listed_at_every_scope_and_left_alone(done: World) -> None:
    lost = [orphan(done, scope) for scope in (SUBSCRIPTION, GROUP_SCOPE, SCOPE)]
    step = done.clean_up(confirm_clean_up=True)
    shown = staying(step.plan())
    assert all(who in shown for who in lost)
    assert "Identity not found" in shown
    assert "Orphaned role assignment" not in kinds(step.plan().changes)
    step.apply()
    check = step.verify().checks[2]
    assert (check.status, check.evidence.count("Reader at")) == ("not tried", 1)  # two went with their scopes
    assert "remove_orphans" in check.remedy


@pytest.mark.parametrize("how", ["another tenant", "foreign", "above"])
def test_what_is_not_proven_deleted_in_this_tenant_stays(done: World, how: str) -> None:
    left = orphan(done, SUBSCRIPTION)
    store = done.sandbox.cloud.store
    (assignment,) = [one for one in store.list("role-assignment") if one["principalId"] == left]
    key = f"{assignment['scope']}/providers/Microsoft.Authorization/roleAssignments/{assignment['name']}"
    if how == "another tenant":  # Azure Lighthouse shows the customer's assignments, whose people are elsewhere
        subscription = store.get("subscription", TRAINING_ID)
        assert subscription
        store.put("subscription", TRAINING_ID, {**subscription, "tenantId": "11111111-2222-3333-4444-555555555555"})
    elif how == "foreign":
        store.put("role-assignment", key, {**assignment, "principalType": "ForeignGroup"})
    else:
        store.delete("role-assignment", key)
        store.put("role-assignment", key.replace(SUBSCRIPTION, PLATFORM_GROUP), {**assignment, "scope": PLATFORM_GROUP})
    plan = done.clean_up(remove_orphans=True, confirm_clean_up=True).plan()
    assert not [change for change in plan.changes if change.kind == "Orphaned role assignment"]


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
    assert any("aren't allowed to look for orphaned" in note for note in step.plan().notes)
    assert step.verify().checks[2].status == "not tried"


def test_who_sees_only_the_group_is_told_of_the_group(done: World) -> None:
    lost = orphan(done, GROUP_SCOPE)
    orphan(done, SUBSCRIPTION)
    done.take_roles_from("operator")
    done.somebody_assigns(READER, persona("operator").id, GROUP_SCOPE)
    assert lost in staying(done.clean_up("operator").plan())
