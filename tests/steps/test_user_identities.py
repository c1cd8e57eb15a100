"""User-assigned identities: associating, making and removing them."""

from __future__ import annotations

import pytest
from azure.mgmt.digitaltwins.models import (
    DigitalTwinsDescription,
    DigitalTwinsIdentity,
    DigitalTwinsPatchDescription,
)

from runbook_lib.errors import InputError, PermissionMissing
from runbook_lib.explain.translate import explaining
from runbook_lib.sandbox.roles import CONTRIBUTOR, EVENT_HUBS_DATA_SENDER, MANAGED_IDENTITY_OPERATOR
from runbook_lib.sandbox.world import PRODUCTION_ID, TRAINING_ID, persona
from runbook_lib.steps.identity.survey import identity_id
from tests import azure

from .plant import (
    GROUP_SCOPE,
    NAME,
    SCOPE,
    identity_of,
    identity_step,
    somebody_adds_endpoint,
    somebody_changes,
    somebody_makes_identity,
)
from .world import GROUP, Phases, World

PLANT = identity_id(TRAINING_ID, GROUP, "id-plant")
KEEP = {"system_assigned": "keep"}


@pytest.fixture
def there(ready: World) -> World:
    """A world with an instance, and a user-assigned identity that it does not have."""
    ready.create().apply()
    somebody_makes_identity(ready, "id-plant")
    ready.slept.clear()
    return ready


def names(world: World) -> list[str]:
    """The user-assigned identities of the instance."""
    found = identity_of(world).get("user_assigned_identities") or {}
    return sorted(key.rpartition("/")[2] for key in found)


def may_write_the_instance_only(world: World) -> None:
    world.somebody_assigns(CONTRIBUTOR, persona("reader").id, SCOPE)


# Associate


@pytest.mark.parametrize("by", ["name", "id", "principal_id", "client_id"])
def test_an_identity_is_found_by_name_and_by_every_id(there: World, by: str) -> None:
    known = there.context().clients.identities(TRAINING_ID).user_assigned_identities.get(GROUP, "id-plant")
    step = identity_step(there, **KEEP, associate_identity=str(getattr(known, by)))
    plan = step.plan()
    assert [(c.action, c.kind, c.name) for c in plan.changes] == [("assign", "User-assigned identity", "id-plant")]
    assert plan.commands[0].lower().endswith(f"--mi-user-assigned {PLANT}".lower())
    outcome = step.apply()
    assert outcome.made == plan.changes
    assert outcome.values["id-plant object id"] == known.principal_id
    assert outcome.values["id-plant client id"] == known.client_id
    assert step.plan().empty
    assert step.verify().passed


def test_both_kinds_in_one_go_and_each_leaves_the_other_alone(there: World) -> None:
    somebody_makes_identity(there, "id-second")
    identity_step(there, associate_identity="id-plant").apply()
    own = identity_of(there)["principal_id"]
    identity_step(there, associate_identity="id-second").apply()
    assert names(there) == ["id-plant", "id-second"]
    assert identity_of(there)["principal_id"] == own
    identity_step(there, system_assigned="off", confirm=True).apply()
    assert (names(there), identity_of(there).get("principal_id")) == (["id-plant", "id-second"], None)
    identity_step(there).apply()
    assert names(there) == ["id-plant", "id-second"]


def test_an_identity_that_is_not_there_is_refused_or_made(there: World) -> None:
    with pytest.raises(InputError) as caught:
        identity_step(there, **KEEP, associate_identity="id-new").apply()
    assert "can't see a user-assigned identity 'id-new'" in caught.value.message
    assert "create_identity" in caught.value.remedy
    step = identity_step(there, **KEEP, associate_identity="id-new", create_identity=True)
    plan = step.plan()
    assert [(c.action, c.kind) for c in plan.changes] == [
        ("create", "User-assigned managed identity"),
        ("assign", "User-assigned identity"),
    ]
    assert plan.commands[0].startswith("az identity create --name id-new --resource-group rg-digital-twins")
    assert step.apply().made == plan.changes
    assert names(there) == ["id-new"]
    assert step.plan().empty
    assert step.verify().passed


def test_an_identity_of_another_resource_group_is_found_and_two_of_a_name_are_told_apart(there: World) -> None:
    azure.resources(there.sandbox).resource_groups.create_or_update("rg-shared", {"location": "westeurope"})
    somebody_makes_identity(there, "id-shared", "rg-shared")
    assert not identity_step(there, **KEEP, associate_identity="id-shared").plan().blocked
    somebody_makes_identity(there, "id-plant", "rg-shared")
    assert "rg-digital-twins" in identity_step(there, **KEEP, associate_identity="id-plant").plan().commands[0]
    azure.resources(there.sandbox).resource_groups.create_or_update("rg-third", {"location": "westeurope"})
    somebody_makes_identity(there, "id-shared", "rg-third")
    problem = identity_step(there, **KEEP, associate_identity="id-shared").plan().problems[0]
    assert "Several" in problem.message
    assert "rg-third" in problem.meaning
    assert "resource id" in problem.remedy


def test_the_provider_is_registered_on_the_way(there: World) -> None:
    there.somebody_unregisters("Microsoft.ManagedIdentity")
    step, phases = identity_step(there, **KEEP, associate_identity="id-new", create_identity=True), Phases()
    plan = step.plan()
    assert (plan.changes[0].action, plan.changes[0].name) == ("register", "Microsoft.ManagedIdentity")
    assert plan.commands[0].startswith("az provider register --namespace Microsoft.ManagedIdentity")
    step.apply(phases)
    assert "Registering the resource provider" in phases.texts
    assert names(there) == ["id-new"]


# Permission to assign


def test_whoever_may_write_the_instance_but_not_assign_the_identity_is_sent_for_the_least_role(there: World) -> None:
    may_write_the_instance_only(there)
    with pytest.raises(PermissionMissing) as caught:
        identity_step(there, "reader", **KEEP, associate_identity="id-plant").apply()
    assert caught.value.action == "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    assert caught.value.role == "Managed Identity Operator"
    assert caught.value.scope.lower() == PLANT.lower()
    assert "az dt identity assign" in caught.value.request
    there.somebody_assigns(MANAGED_IDENTITY_OPERATOR, persona("reader").id, PLANT)
    assert identity_step(there, "reader", **KEEP, associate_identity="id-plant").apply().made


def test_an_identity_that_stays_is_named_too_and_may_be_refused(there: World) -> None:
    somebody_changes(there, "UserAssigned", PLANT)
    may_write_the_instance_only(there)
    step = identity_step(there, "reader")
    plan = step.plan()
    assert not plan.blocked
    assert [problem.role for problem in plan.problems] == ["Managed Identity Operator"]
    with pytest.raises(PermissionMissing) as caught:
        step.apply()
    assert caught.value.code == "LinkedAuthorizationFailed"
    assert names(there) == ["id-plant"]


def test_azures_own_refusal_is_explained_with_the_same_role(there: World) -> None:
    may_write_the_instance_only(there)
    identity = DigitalTwinsIdentity(type="UserAssigned", user_assigned_identities={PLANT: {}})  # type: ignore[dict-item]
    client = azure.management(there.sandbox, "reader").digital_twins
    with pytest.raises(PermissionMissing) as caught, explaining("associating id-plant"):
        client.begin_update(GROUP, NAME, DigitalTwinsPatchDescription(identity=identity))
    assert caught.value.code == "LinkedAuthorizationFailed"
    assert caught.value.role == "Managed Identity Operator"
    assert caught.value.action == "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    assert "linked" in caught.value.meaning


def test_an_identity_that_has_vanished_is_explained(there: World) -> None:
    step = identity_step(there, **KEEP, associate_identity="id-plant")
    plan_then_gone = step._look()
    there.context().clients.identities(TRAINING_ID).user_assigned_identities.delete(GROUP, "id-plant")
    step._look = lambda: plan_then_gone  # type: ignore[method-assign]
    with pytest.raises(InputError) as caught:
        step.apply()
    assert caught.value.code == "FailedIdentityOperation"
    assert "doesn't exist" in caught.value.meaning


# Remove


def test_removing_is_confirmed_and_names_what_stops_under_that_identity_only(there: World) -> None:
    somebody_makes_identity(there, "id-second")
    somebody_changes(there, "SystemAssigned,UserAssigned", PLANT, identity_id(TRAINING_ID, GROUP, "id-second"))
    somebody_adds_endpoint(there, "alarms", PLANT)
    somebody_adds_endpoint(there, "lights")
    object_id = identity_of(there)["user_assigned_identities"][PLANT]["principal_id"]
    there.somebody_assigns(EVENT_HUBS_DATA_SENDER, object_id, GROUP_SCOPE, kind="ServicePrincipal")
    step = identity_step(there, **KEEP, remove_identity="id-plant")
    plan = step.plan()
    assert [loss.name for loss in plan.losses] == ["alarms"]
    assert plan.confirmation == "my-first-twins loses id-plant. One thing stops."
    assert any("id-plant keeps the role Azure Event Hubs Data Sender" in note for note in plan.notes)
    with pytest.raises(InputError, match="alarms"):
        step.apply()
    assert names(there) == ["id-plant", "id-second"]
    confirmed = identity_step(there, **KEEP, remove_identity=PLANT, confirm=True)
    confirmed.apply()
    assert names(there) == ["id-second"]
    assert identity_of(there)["principal_id"]
    verification = confirmed.verify()
    assert verification.passed
    assert "endpoint alarms has none" in verification.checks[-1].evidence
    assert confirmed.plan().empty


def test_removing_the_last_one_leaves_none(there: World) -> None:
    identity_step(there, **KEEP, associate_identity="id-plant").apply()
    identity_step(there, **KEEP, remove_identity="id-plant", confirm=True).apply()
    assert identity_of(there) == {}


def test_what_is_not_associated_need_not_be_removed(there: World) -> None:
    plan = identity_step(there, **KEEP, remove_identity="id-plant").plan()
    assert plan.empty
    assert "id-plant isn't associated, so there's nothing to remove." in plan.notes


# An interrupted run


def test_what_an_interrupted_run_began_is_closed_by_a_rerun_that_has_more_to_do(there: World) -> None:
    there.interrupts(identity_step(there))
    step = identity_step(there, associate_identity="id-plant")
    assert [c.kind for c in step.plan().changes] == ["User-assigned identity"]
    outcome = step.apply()
    assert [c.kind for c in outcome.made] == ["System-assigned identity", "User-assigned identity"]
    assert there.journal.unfinished("managed-identity") == {}
    assert {c.kind for c in step.undo().removed} == {"System-assigned identity", "User-assigned identity"}
    assert identity_of(there) == {}


# Undo


def test_undo_takes_back_association_and_identity(there: World) -> None:
    step = identity_step(there, **KEEP, associate_identity="id-new", create_identity=True)
    step.apply()
    assert [c.kind for c in step.undo().removed] == ["User-assigned identity", "User-assigned managed identity"]
    assert identity_of(there) == {}
    known = there.context().clients.identities(TRAINING_ID).user_assigned_identities.list_by_subscription()
    assert [one.name for one in known] == ["id-plant"]


def test_undo_keeps_an_identity_that_others_use(there: World) -> None:
    step = identity_step(there, **KEEP, associate_identity="id-new", create_identity=True)
    step.apply()
    new = identity_id(TRAINING_ID, GROUP, "id-new")
    there.create(instance_name="second-twins").apply()
    patch = DigitalTwinsPatchDescription(
        identity=DigitalTwinsIdentity(type="UserAssigned", user_assigned_identities={new: {}})  # type: ignore[dict-item]
    )
    azure.management(there.sandbox).digital_twins.begin_update(GROUP, "second-twins", patch, polling=False)
    there.clock.advance(60)
    somebody_adds_endpoint(there, "alarms", new, "second-twins")
    undone = step.undo()
    assert [c.kind for c in undone.removed] == ["User-assigned identity"]
    ((name, reason),) = undone.kept
    assert (name, reason.splitlines()[0]) == ("id-new", "instances have it: second-twins")
    assert reason.splitlines()[1].startswith("without it this stops: endpoint alarms. EventHub sb://twins-bus")


def test_undo_keeps_an_identity_that_an_instance_in_another_subscription_has(there: World) -> None:
    step = identity_step(there, **KEEP, associate_identity="id-new", create_identity=True)
    step.apply()
    new = identity_id(TRAINING_ID, GROUP, "id-new")
    far = azure.resources(there.sandbox, "platform-owner", PRODUCTION_ID)
    far.providers.register("Microsoft.DigitalTwins")
    there.clock.advance(600)
    far.resource_groups.create_or_update("rg-far", {"location": "westeurope"})
    identity = DigitalTwinsIdentity(type="UserAssigned", user_assigned_identities={new: {}})  # type: ignore[dict-item]
    body = DigitalTwinsDescription(location="westeurope", identity=identity)
    operations = azure.management(there.sandbox, "platform-owner", PRODUCTION_ID).digital_twins
    operations.begin_create_or_update("rg-far", "far-twins", body, polling=False)
    there.clock.advance(600)
    assert step.undo().kept == (("id-new", "instances have it: far-twins"),)


# What a form asks, and values that cannot be


def test_a_form_shows_how_it_is_now(there: World) -> None:
    step = identity_step(there)
    off = step.hint("system_assigned", {})
    assert off is not None
    assert off.text == "It's off now."
    somebody_changes(there, "SystemAssigned")
    on = step.hint("system_assigned", {})
    assert on is not None
    assert identity_of(there)["principal_id"] in on.text
    missing = step.hint("system_assigned", {"instance_name": "nobodys"})
    name = step.hint("instance_name", {"instance_name": "nobodys"})
    assert name is not None
    assert (name.tone, name.text) == (
        "bad",
        "You can't see it in the resource group rg-digital-twins. Choose from: my-first-twins.",
    )
    assert missing is None  # the field of the name says so
    assert step.hint("associate_identity", {}) is None
    assert [choice.label for choice in step.choices("system_assigned", {})] == ["On", "Off", "Leave it as it is"]
    assert TRAINING_ID in [choice.value for choice in step.choices("subscription", {})]
    assert [choice.value for choice in step.choices("resource_group", {})] == [GROUP]


def test_a_form_offers_identities_to_associate_and_to_remove(there: World) -> None:
    step = identity_step(there)
    assert [choice.label for choice in step.choices("associate_identity", {})] == ["id-plant (rg-digital-twins)"]
    assert [choice.label for choice in step.choices("remove_identity", {})] == ["none"]
    somebody_changes(there, "UserAssigned", PLANT)
    assert [choice.label for choice in step.choices("remove_identity", {})] == ["none", "id-plant"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"associate_identity": "a b"}, "contains a space"),
        ({"associate_identity": "ab"}, "too short"),
        ({"associate_identity": "-abc"}, "starts with a hyphen"),
        ({"remove_identity": "/subscriptions/x"}, "isn't the resource id"),
        ({"associate_identity": "id-plant", "remove_identity": "ID-plant"}, "Choose one of the two"),
        ({"system_assigned": "maybe"}, "on, off, keep"),
    ],
)
def test_values_that_cannot_be_are_refused_before_azure_is_asked(
    world: World, values: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        identity_step(world, **values).plan()
