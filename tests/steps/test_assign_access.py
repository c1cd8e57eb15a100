"""Giving access, to whom and with what proof."""

from __future__ import annotations

import pytest
from azure.core.credentials import AccessToken
from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

from runbook_lib.errors import InputError, PermissionMissing
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER, USER_ACCESS_ADMINISTRATOR
from runbook_lib.sandbox.world import GROUP_ID, TRAINING_ID, persona
from runbook_lib.steps.access.step import AssignAccess
from runbook_lib.steps.core.creation import AlreadyThere
from runbook_lib.steps.directory import role_assignments
from runbook_lib.steps.directory.role_assignments import NewAssignment
from tests import azure

from .plant import GROUP_SCOPE, SCOPE
from .world import GROUP, Phases, World

UNKNOWN = "99999999-9999-9999-9999-999999999999"


@pytest.fixture
def there(ready: World) -> World:
    """A world with an instance to which nobody has access."""
    ready.create().apply()
    ready.slept.clear()
    return ready


def member(step: AssignAccess) -> str:
    return dict(step.plan().choices)["Member"]


def test_the_owner_has_no_access_before_and_has_it_after(there: World) -> None:
    step, phases = there.assign(), Phases()
    plan = step.plan()
    assert [(c.action, c.name) for c in plan.changes] == [("assign", "Azure Digital Twins Data Owner")]
    assert "owner@contoso.onmicrosoft.com has no role for the data yet." in plan.notes
    assert any("refused (403 with an empty body)" in note for note in plan.notes)
    outcome = step.apply()
    assert outcome.made == plan.changes
    verification = step.verify(phases)
    assert [check.status for check in verification.checks] == ["passed", "passed"]
    assert "refused before, now accepted (200" in verification.checks[1].evidence
    assert "Waiting for the role to take effect" in phases.texts
    assert there.slept


def test_a_second_run_changes_nothing_and_proves_it_again(there: World) -> None:
    there.assign().apply()
    there.assign().verify()
    there.slept.clear()
    again = there.assign()
    assert again.plan().empty
    assert any("accepted" in note for note in again.plan().notes)
    assert again.apply().made == ()
    assert again.verify().passed
    assert there.slept == []


@pytest.mark.parametrize(
    ("wanted", "kind", "who"),
    [
        ("Carlos Contributor", "", "contributor"),
        ("carlos contributor", "", "contributor"),
        ("contributor@contoso.onmicrosoft.com", "", "contributor"),
        (persona("contributor").id, "", "contributor"),
        (persona("setup-pipeline").app_id, "", "setup-pipeline"),
        ("setup-pipeline", "service-principal", "setup-pipeline"),
    ],
)
def test_members_are_found_by_name_address_object_id_and_client_id(
    there: World, wanted: str, kind: str, who: str
) -> None:
    step = there.assign(principal=wanted, principal_type=kind, role="Data Reader")
    assert persona(who).id in member(step)
    step.apply()
    assert step.verify().passed


def test_a_group_is_proved_through_a_member(there: World) -> None:
    step = there.assign(principal="Twin Engineers")
    step.apply()
    verification = step.verify()
    assert verification.passed
    assert "a member of Twin Engineers: refused before, now accepted" in verification.checks[1].evidence


def test_access_through_a_group_or_from_above_is_shown(there: World) -> None:
    there.somebody_assigns(DATA_READER, GROUP_ID, f"/subscriptions/{TRAINING_ID}", kind="Group")
    notes = there.assign(principal="Carlos Contributor").plan().notes
    assert any(f"inherited from /subscriptions/{TRAINING_ID}, through group {GROUP_ID}" in note for note in notes)
    assert any("Carlos Contributor, just now: accepted" in note for note in notes)


def test_the_same_role_under_another_id_counts(there: World) -> None:
    there.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)
    step = there.assign()
    assert step.plan().empty
    assert step.apply().made == ()
    assert step.verify().passed


def test_the_same_role_from_above_is_not_the_one_at_the_instance(there: World) -> None:
    there.somebody_assigns(DATA_OWNER, persona("owner").id, GROUP_SCOPE)
    step = there.assign()
    assert any(f"inherited from {GROUP_SCOPE}" in note for note in step.plan().notes)
    assert [change.action for change in step.plan().changes] == ["assign"]
    assert [change.action for change in there.create(grant_access=True).plan().changes] == ["assign"]
    assert len(step.apply().made) == 1
    assert step.plan().empty


def test_owner_on_the_instance_is_not_access_to_the_data(there: World) -> None:
    there.somebody_assigns("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", persona("reader").id, SCOPE)
    step = there.assign(principal="Ruth Reader")
    assert "Ruth Reader has no role for the data yet." in step.plan().notes
    assert [check.status for check in step.verify().checks] == ["failed", "failed"]


# Bad input


def test_an_unknown_member_is_refused_and_near_ones_are_named(there: World) -> None:
    step = there.assign(principal="Carlos")
    with pytest.raises(InputError) as caught:
        step.apply()
    assert "'Carlos'" in caught.value.message
    assert "Carlos Contributor (user, contributor@contoso.onmicrosoft.com" in caught.value.meaning
    assert there.assign(principal="Carlos Contributor").apply().made


def test_nobody_near_is_said_too(there: World) -> None:
    problem = there.assign(principal="O'Nobody", principal_type="group").plan().problems[0]
    assert problem.message == 'The directory has no group "O\'Nobody".'
    assert "No name starts like that" in problem.meaning


def test_an_ambiguous_member_lists_the_candidates(there: World) -> None:
    store = there.sandbox.cloud.store
    twin = store.get("user", persona("contributor").id)
    assert twin is not None
    store.put(
        "user", UNKNOWN, {**twin, "id": UNKNOWN, "userPrincipalName": "other@contoso.onmicrosoft.com", "mail": None}
    )
    with pytest.raises(InputError) as caught:
        there.assign(principal="Carlos Contributor").apply()
    assert "names 2 members" in caught.value.message
    assert "other@contoso.onmicrosoft.com" in caught.value.meaning
    assert "object id" in caught.value.remedy
    assert there.assign(principal="contributor@contoso.onmicrosoft.com").apply().made


def test_principal_type_settles_a_name_that_two_kinds_share(there: World) -> None:
    store = there.sandbox.cloud.store
    group = store.get("group", GROUP_ID)
    assert group is not None
    store.put("group", GROUP_ID, {**group, "displayName": "setup-pipeline"})
    assert there.assign(principal="setup-pipeline").plan().blocked
    assert GROUP_ID in member(there.assign(principal="setup-pipeline", principal_type="group"))


def test_a_missing_instance_says_where_one_of_that_name_is(there: World) -> None:
    with pytest.raises(InputError) as caught:
        there.assign(resource_group="rg-other", instance_name="my-first-twins").apply()
    assert "There is one in the resource group 'rg-digital-twins'" in caught.value.message
    assert "01-create-instance" in caught.value.remedy


def test_an_instance_that_is_being_created_is_waited_for_by_step_one(ready: World) -> None:
    ready.somebody_makes_group()
    ready.somebody_makes("my-first-twins")
    assert "its state is Provisioning" in ready.assign().plan().problems[0].message
    ready.create().apply()
    assert ready.assign().apply().made


# No permission


def test_a_contributor_may_not_assign_and_gets_a_message_to_send(there: World) -> None:
    step = there.assign("contributor")
    with pytest.raises(PermissionMissing) as caught:
        step.apply()
    error = caught.value
    assert error.action == "Microsoft.Authorization/roleAssignments/write"
    assert error.scope == SCOPE
    assert error.role == "Role Based Access Control Administrator"
    assert "az role assignment create" in error.request
    assert there.journal.made("assign-access") == ()
    there.somebody_assigns(USER_ACCESS_ADMINISTRATOR, persona("contributor").id, SCOPE)
    assert there.assign("contributor").apply().made


def test_who_may_not_read_the_directory_gives_an_object_id(there: World) -> None:
    store, who = there.sandbox.cloud.store, persona("setup-pipeline").id
    document = store.get("servicePrincipal", who)
    assert document is not None
    store.put("servicePrincipal", who, {**document, "mayReadDirectory": False})
    blind = there.assign("setup-pipeline", principal="Ruth Reader")
    assert "you aren't allowed to read the directory" in blind.plan().problems[0].message
    with pytest.raises(InputError, match="principal_type"):
        blind.apply()
    known = there.assign("setup-pipeline", principal=persona("reader").id, principal_type="user")
    assert any("as you gave them" in note for note in known.plan().notes)
    known.apply()
    assert known.verify().passed


def test_a_member_who_is_not_known_everywhere_yet_gets_the_role_at_once(there: World) -> None:
    store, who = there.sandbox.cloud.store, persona("reader").id
    document = store.get("user", who)
    assert document is not None
    store.put("user", who, {**document, "replicatedOn": "2999-01-01T00:00:00Z"})
    assert there.assign(principal="Ruth Reader").apply().made


def test_a_wrong_type_for_a_known_member_is_explained(there: World) -> None:
    store, who = there.sandbox.cloud.store, persona("setup-pipeline").id
    document = store.get("servicePrincipal", who)
    assert document is not None
    store.put("servicePrincipal", who, {**document, "mayReadDirectory": False})
    with pytest.raises(InputError) as caught:
        there.assign("setup-pipeline", principal=persona("reader").id, principal_type="group").apply()
    assert caught.value.code == "UnmatchedPrincipalType"
    assert there.journal.unfinished() == {}


def test_two_runs_at_once_do_not_trip_over_each_other(there: World) -> None:
    step = there.assign()
    clients = step.context.clients
    there.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)
    owner = persona("owner")
    who = owner.id, "User", owner.name
    wanted = NewAssignment(step.context.journal.run_id, TRAINING_ID, SCOPE, "Azure Digital Twins Data Owner", *who)
    with pytest.raises(AlreadyThere):
        role_assignments.assign(clients, wanted)
    given = role_assignments.assignments_of(clients, TRAINING_ID, SCOPE, owner.id)
    assert wanted.among(given) is not None
    assert wanted.id.lower() not in {one.id.lower() for one in given}


# Proof


def test_when_nobody_can_be_signed_in_it_says_what_the_member_should_run(there: World) -> None:
    step = there.assign(others=False, principal="Ruth Reader")
    step.apply()
    verification = step.verify()
    assert verification.passed
    assert [check.status for check in verification.checks] == ["passed", "not tried"]
    assert "az dt model list --dt-name my-first-twins" in verification.checks[1].remedy


def test_a_role_that_does_not_take_effect_in_time_fails_the_proof(there: World) -> None:
    step = there.assign(timeout_minutes=1)
    step.apply()
    there.stuck = True
    verification = step.verify()
    assert [check.status for check in verification.checks] == ["passed", "failed"]
    assert "after 1 minute" in verification.checks[1].remedy
    there.stuck = False
    assert step.verify().passed


def test_verify_before_apply_does_not_wait(there: World) -> None:
    assert not there.assign().verify().passed
    assert there.slept == []


def test_who_is_shut_out_by_public_access_is_not_made_to_wait_for_a_role(there: World) -> None:
    off = DigitalTwinsPatchDescription(properties=DigitalTwinsPatchProperties(public_network_access="Disabled"))
    azure.management(there.sandbox).digital_twins.begin_update(GROUP, "my-first-twins", off, polling=False)
    there.clock.advance(600)
    step = there.assign()
    step.apply()
    there.slept.clear()
    listed, reading = step.verify().checks
    assert (listed.status, reading.status) == ("passed", "not tried")
    assert "public network access disabled" in reading.evidence
    assert "04-private-access" in reading.remedy
    assert there.slept == []


def test_undo_removes_the_assignment_that_this_run_made(there: World) -> None:
    there.somebody_assigns(DATA_READER, persona("owner").id, SCOPE)
    step = there.assign()
    step.apply()
    assert [c.kind for c in step.undo().removed] == ["Role"]
    there.clock.advance(600)
    assert "Azure Digital Twins Data Reader" in " ".join(there.assign().plan().notes)
    assert there.assign().plan().changes


# What a form asks


def test_a_form_finds_members_while_a_name_is_typed(there: World) -> None:
    step = there.assign()
    offered = step.choices("principal", {"principal": "Ca"})
    assert [choice.value for choice in offered] == [persona("contributor").id]
    assert step.choices("principal", {"principal": ""}) == ()
    good = step.hint("principal", {"principal": "Carlos Contributor"})
    assert good is not None
    assert good.tone == "good"
    bad = step.hint("principal", {"principal": "Carl"})
    assert bad is not None
    assert bad.tone == "bad"
    assert "Did you mean: Carlos Contributor" in bad.text


def test_a_form_is_offered_instances_and_roles(there: World) -> None:
    step = there.assign()
    assert [choice.value for choice in step.choices("instance_name", {})] == ["my-first-twins"]
    assert [choice.value for choice in step.choices("resource_group", {})] == ["rg-digital-twins"]
    assert len(step.choices("role", {})) == 2
    assert len(step.choices("principal_type", {})) == 4


def test_no_token_reaches_the_journal(there: World) -> None:
    step = there.assign()
    step.apply()
    token: AccessToken = step.context.clients.target.credential.get_token("https://management.azure.com/.default")
    there.journal.record("note", "x", token=token.token)
    assert "eyJ" not in there.journal.path.read_text()
