"""An instance's own identity: on, off, and what stops without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.errors import InputError, PermissionMissing, TimedOut
from runbook_lib.sandbox.roles import EVENT_HUBS_DATA_SENDER
from runbook_lib.sandbox.world import persona
from tests import azure

from .plant import (
    GROUP_SCOPE,
    SCOPE,
    identity_of,
    identity_step,
    owner_gets_the_data,
    somebody_adds_endpoint,
    somebody_adds_route,
    somebody_changes,
    somebody_keeps_history,
)
from .world import GROUP, Phases, World

ENTRA = "Microsoft Entra ID knows them"
IN_USE = "Endpoints and data history connections have their identity"


@pytest.fixture
def plant(there: World) -> World:
    """A world with an instance whose own identity sends events to an event hub."""
    somebody_changes(there, "SystemAssigned")
    somebody_adds_endpoint(there, "alarms")
    return there


def status(checks: Any) -> dict[str, str]:
    return {check.name: check.status for check in checks}


# On


def test_by_default_the_identity_is_switched_on(there: World) -> None:
    step, phases = identity_step(there), Phases()
    plan = step.plan()
    assert [(c.action, c.kind, c.name) for c in plan.changes] == [
        ("create", "System-assigned identity", "my-first-twins")
    ]
    assert plan.commands == (
        "az dt identity assign --dt-name my-first-twins --resource-group rg-digital-twins --mi-system-assigned",
    )
    assert not plan.confirmation
    assert not plan.problems
    outcome = step.apply(phases)
    assert outcome.made == plan.changes
    assert "Turning on the system-assigned identity" in phases.texts
    assert outcome.values["Identity object id"] == identity_of(there)["principal_id"]
    assert outcome.values["Identity client id"]
    assert outcome.values["Identity role assignments"] == "none"


def test_a_second_run_changes_nothing(there: World) -> None:
    first = identity_step(there).apply()
    again = identity_step(there)
    assert again.plan().empty
    second = again.apply()
    assert (second.made, second.values) == ((), first.values)
    assert again.verify().passed


def test_keep_leaves_it_as_it_is(there: World) -> None:
    assert identity_step(there, system_assigned="keep").plan().empty
    somebody_changes(there, "SystemAssigned")
    assert identity_step(there, system_assigned="keep").plan().empty


def test_the_proof_waits_until_the_directory_knows_the_identity(there: World) -> None:
    step, phases = identity_step(there), Phases()
    step.apply()
    store, object_id = there.sandbox.cloud.store, identity_of(there)["principal_id"]
    document = store.get("servicePrincipal", object_id)
    assert document is not None
    store.delete("servicePrincipal", object_id)
    there.on_sleep = lambda: store.put("servicePrincipal", object_id, document)
    verification = step.verify(phases)
    assert status(verification.checks) == {
        "The system-assigned identity is on": "passed",
        ENTRA: "passed",
        IN_USE: "passed",
    }
    assert "Waiting for Microsoft Entra ID to know the identity" in phases.texts


def test_whoever_may_not_read_the_directory_is_told_so(there: World) -> None:
    store, who = there.sandbox.cloud.store, persona("setup-pipeline").id
    store.put("servicePrincipal", who, {**(store.get("servicePrincipal", who) or {}), "mayReadDirectory": False})
    step = identity_step(there, "setup-pipeline")
    step.apply()
    assert status(step.verify().checks)[ENTRA] == "not tried"


def test_the_ids_are_kept_beside_the_journal(there: World) -> None:
    outcome = identity_step(there).apply()
    kept = json.loads((there.journal.folder / "important-values.json").read_text())
    assert kept["identity_object_id"] == outcome.values["Identity object id"]
    assert kept["instance_name"] == "my-first-twins"


def test_the_roles_of_the_identity_are_shown(plant: World) -> None:
    object_id = identity_of(plant)["principal_id"]
    plant.somebody_assigns(EVENT_HUBS_DATA_SENDER, object_id, GROUP_SCOPE, kind="ServicePrincipal")
    shown = identity_step(plant).apply().values["Identity role assignments"]
    assert shown == f"Azure Event Hubs Data Sender at {GROUP_SCOPE}"


def test_each_time_it_is_switched_on_it_is_another_one_and_old_roles_are_orphaned(plant: World) -> None:
    before = identity_of(plant)["principal_id"]
    plant.somebody_assigns(EVENT_HUBS_DATA_SENDER, before, GROUP_SCOPE, kind="ServicePrincipal")
    identity_step(plant, system_assigned="off", confirm=True).apply()
    step = identity_step(plant)
    notes = "\n".join(step.plan().notes)
    assert "it's a new identity" in notes
    assert "'Identity not found'" in notes
    assert f"Azure Event Hubs Data Sender at {GROUP_SCOPE}" in notes
    outcome = step.apply()
    assert outcome.values["Identity object id"] != before
    assert outcome.values["Identity role assignments"] == "none"


# Off: what would break


def test_the_plan_names_what_stops_from_real_state(plant: World) -> None:
    object_id = identity_of(plant)["principal_id"]
    somebody_adds_endpoint(plant, "quiet")
    owner_gets_the_data(plant)
    somebody_adds_route(plant, "hot-rooms", "alarms", "type = 'Microsoft.DigitalTwins.Twin.Update'")
    somebody_adds_route(plant, "all-of-it", "alarms")
    somebody_keeps_history(plant, object_id)
    plan = identity_step(plant, system_assigned="off").plan()
    lost = {(loss.kind, loss.name): loss.effect for loss in plan.losses}
    assert set(lost) == {
        ("Endpoint", "alarms"),
        ("Endpoint", "quiet"),
        ("Data history connection", "plant-history"),
        ("Role assignment", "Azure Event Hubs Data Owner"),
        ("Role assignment", "Contributor"),
    }
    alarms = lost["Endpoint", "alarms"]
    assert "EventHub sb://twins-bus.servicebus.windows.net/alarms" in alarms
    assert "hot-rooms (type = 'Microsoft.DigitalTwins.Twin.Update')" in alarms
    assert "all-of-it (all events)" in alarms
    assert "an hour" in alarms
    assert "no event route sends to it" in lost["Endpoint", "quiet"]
    history = lost["Data history connection", "plant-history"]
    assert "changes of twins' properties, creation and deletion of twins." in history
    assert "Identity not found" in lost["Role assignment", "Contributor"]
    assert plan.confirmation == "my-first-twins loses its own identity. 3 things stop."
    assert "Will break" in str(plan)


def test_routes_that_may_not_be_read_are_no_reason_to_be_silent(plant: World) -> None:
    effect = identity_step(plant, system_assigned="off").plan().losses[0].effect
    assert "you aren't allowed to read which event routes" in effect


def test_an_endpoint_with_a_key_does_not_break(plant: World) -> None:
    key = "Endpoint=sb://b.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k;EntityPath=hub"
    properties = {"endpointType": "EventHub", "connectionStringPrimaryKey": key}
    operations: Any = azure.management(plant.sandbox).digital_twins_endpoint
    operations.begin_create_or_update(GROUP, "my-first-twins", "by-key", {"properties": properties}, polling=False)
    plant.clock.advance(60)
    assert [loss.name for loss in identity_step(plant, system_assigned="off").plan().losses] == ["alarms"]


def test_without_a_confirmation_nothing_is_switched_off(plant: World) -> None:
    step = identity_step(plant, system_assigned="off")
    with pytest.raises(InputError) as caught:
        step.apply()
    assert "Not confirmed: my-first-twins loses its own identity. One thing stops." in caught.value.message
    assert "Endpoint alarms" in caught.value.message
    assert "set confirm to true" in caught.value.remedy
    assert identity_of(plant)["principal_id"]
    assert not [entry for entry in plant.journal.events("managed-identity") if entry["event"] == "intent"]


def test_confirmed_it_is_switched_off_and_the_proof_says_what_is_left_without(plant: World) -> None:
    step = identity_step(plant, system_assigned="off", confirm=True)
    outcome = step.apply()
    assert [(c.action, c.kind) for c in outcome.made] == [("delete", "System-assigned identity")]
    assert outcome.tone == "warning"
    assert any("Endpoint alarms" in note for note in outcome.notes)
    assert identity_of(plant) == {}
    verification = step.verify()
    assert verification.passed
    assert status(verification.checks)[IN_USE] == "not tried"
    assert step.plan().empty


def test_switched_on_again_the_endpoint_does_not_come_back_by_itself(plant: World) -> None:
    identity_step(plant, system_assigned="off", confirm=True).apply()
    step = identity_step(plant)
    step.apply()
    check = next(check for check in step.verify().checks if check.name == IN_USE)
    assert check.status == "failed"
    assert "endpoint alarms has none" in check.evidence
    assert "create it again" in check.remedy
    operations = azure.management(plant.sandbox).digital_twins_endpoint
    operations.begin_delete(GROUP, "my-first-twins", "alarms", polling=False)
    plant.clock.advance(60)
    somebody_adds_endpoint(plant, "alarms")
    assert step.verify().passed


def test_a_plan_that_somebody_agreed_to_is_carried_out(plant: World) -> None:
    step = identity_step(plant, system_assigned="off")
    step.agreed = step.plan()
    assert step.apply().made


def test_agreement_does_not_cover_what_came_later(plant: World) -> None:
    step = identity_step(plant, system_assigned="off")
    step.agreed = step.plan()
    somebody_adds_endpoint(plant, "lights")
    with pytest.raises(InputError, match="lights"):
        step.apply()
    assert identity_of(plant)["principal_id"]


def test_an_identity_that_nothing_uses_has_to_be_confirmed_too(there: World) -> None:
    somebody_changes(there, "SystemAssigned")
    plan = identity_step(there, system_assigned="off").plan()
    assert plan.losses == ()
    assert plan.confirmation == "my-first-twins loses its own identity. Nothing we know of will stop."


# No permission, no instance, bad luck


def test_a_reader_is_told_action_scope_and_role(there: World) -> None:
    with pytest.raises(PermissionMissing) as caught:
        identity_step(there, "reader").apply()
    assert caught.value.action == "Microsoft.DigitalTwins/digitalTwinsInstances/write"
    assert (caught.value.scope, caught.value.role) == (SCOPE, "Contributor")
    assert "az dt identity assign" in caught.value.request
    assert identity_step(there, "contributor").apply().made


def test_without_an_instance_there_is_nothing_to_change(ready: World) -> None:
    step = identity_step(ready)
    problem = step.plan().problems[0]
    assert (problem.field, problem.message) == ("instance_name", "It isn't clear which instance is meant.")
    assert problem.meaning == "You can't see any instance in Contoso Training."
    verification = step.verify()
    assert not verification.passed
    with pytest.raises(InputError):
        step.apply()


def test_ctrl_c_leaves_a_record_and_the_rerun_goes_on(there: World) -> None:
    there.interrupts(identity_step(there))
    assert [c.kind for c in there.journal.unfinished("managed-identity").values()] == ["System-assigned identity"]
    step, phases = identity_step(there), Phases()
    assert any("Azure is still working on the instance" in note for note in step.plan().notes)
    outcome = step.apply(phases)
    assert "Waiting for an earlier change to the instance" in phases.texts
    assert [c.kind for c in outcome.made] == ["System-assigned identity"]
    assert there.journal.unfinished("managed-identity") == {}


def test_a_timeout_leaves_a_record_too(there: World) -> None:
    there.stuck = True
    with pytest.raises(TimedOut):
        identity_step(there, timeout_minutes=1).apply()
    assert there.journal.unfinished("managed-identity")
    there.stuck = False
    assert identity_step(there).apply().made


# Undo


def test_undo_switches_off_what_this_run_switched_on(there: World) -> None:
    step = identity_step(there)
    step.apply()
    assert [c.kind for c in step.undo().removed] == ["System-assigned identity"]
    assert identity_of(there) == {}
    assert step.undo().removed == ()


def test_undo_leaves_an_identity_that_was_there_before(plant: World) -> None:
    step = identity_step(plant)
    step.apply()
    assert step.undo().removed == ()
    assert identity_of(plant)["principal_id"]


def test_undo_keeps_an_identity_that_others_gave_roles(there: World) -> None:
    step = identity_step(there)
    object_id = step.apply().values["Identity object id"]
    there.somebody_assigns(EVENT_HUBS_DATA_SENDER, object_id, GROUP_SCOPE, kind="ServicePrincipal")
    ((_, reason),) = step.undo().kept
    assert "Azure Event Hubs Data Sender" in reason


def test_undo_keeps_an_identity_that_somebody_switched_on_anew(there: World) -> None:
    step = identity_step(there)
    step.apply()
    somebody_changes(there, "None")
    somebody_changes(there, "SystemAssigned")
    ((_, reason),) = step.undo().kept
    assert "somebody has made it again since" in reason
