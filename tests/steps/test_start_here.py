"""Who am I, what may I do, is the subscription ready."""

from __future__ import annotations

import pytest

from runbook_lib.errors import InputError
from runbook_lib.sandbox.world import PRODUCTION_ID, TRAINING_ID

from .world import Phases, World

CREATE = "Create an instance (01)"
ACCESS = "Give access (02)"


@pytest.mark.parametrize(
    ("persona", "role", "create", "access"),
    [
        ("owner", "Owner", "yes", "yes"),
        ("contributor", "Contributor", "yes", "no"),
        ("reader", "Reader", "no", "no"),
        ("access-admin", "User Access Administrator", "no", "yes"),
        ("operator", "Contributor, User Access Administrator", "yes", "yes"),
        ("setup-pipeline", "Contributor, User Access Administrator", "yes", "yes"),
    ],
)
def test_it_tells_roles_and_what_they_allow(world: World, persona: str, role: str, create: str, access: str) -> None:
    plan = world.start_here(persona).plan()
    shown = dict(plan.choices)
    assert sorted(shown["My role on Contoso Training"].split(", ")) == role.split(", ")
    assert shown[CREATE].partition(" ")[0] == create
    assert shown[ACCESS].partition(" ")[0] == access
    assert not plan.blocked


def test_what_is_not_allowed_comes_with_the_cure(world: World) -> None:
    problem = next(p for p in world.start_here("contributor").plan().problems if "roleAssignments" in p.action)
    assert (problem.kind, problem.blocking) == ("permission", False)
    assert problem.scope == f"/subscriptions/{TRAINING_ID}"
    assert problem.role == "Role Based Access Control Administrator"
    assert "contributor@contoso.onmicrosoft.com" in problem.request


def test_it_registers_the_provider_and_waits(world: World) -> None:
    step, phases = world.start_here(), Phases()
    assert [change.action for change in step.plan().changes] == ["register"]
    outcome = step.apply(phases)
    assert outcome.values["Resource provider Microsoft.DigitalTwins"] == "Registered"
    assert "Registering the resource provider" in phases.texts
    assert world.slept
    assert step.verify().passed


def test_a_second_run_changes_nothing(world: World) -> None:
    world.start_here().apply()
    again = world.start_here()
    assert again.plan().empty
    assert again.apply().made == ()


def test_planning_writes_nothing(world: World) -> None:
    world.start_here().plan()
    world.create().plan()
    assert dict(world.start_here().plan().choices)["Resource provider Microsoft.DigitalTwins"] == "NotRegistered"
    assert world.journal.events() == []


def test_registration_can_be_left_out(world: World) -> None:
    step = world.start_here(register_provider=False)
    assert step.plan().empty
    assert step.apply().values["Resource provider Microsoft.DigitalTwins"] == "NotRegistered"
    assert [check.status for check in step.verify().checks if "registered" in check.name] == ["not tried"]


def test_a_reader_cannot_register_and_is_told_who_can(world: World) -> None:
    step = world.start_here("reader")
    assert step.plan().empty
    assert "Contributor" in step.barred("register_provider", {})
    outcome = step.apply()
    assert outcome.tone == "warning"
    assert any("az provider register" in note for note in outcome.notes)


def test_it_shows_what_exists(world: World) -> None:
    world.start_here().apply()
    world.create().apply()
    shown = dict(world.start_here().plan().choices)
    assert shown["Resource group rg-digital-twins"] == "is there, in westeurope"
    assert shown["Instance my-first-twins"] == "Succeeded, in westeurope"


def test_an_unknown_subscription_lists_those_that_are_seen(world: World) -> None:
    step = world.start_here(subscription="Fabrikam")
    with pytest.raises(InputError) as caught:
        step.apply()
    assert "Fabrikam" in caught.value.message
    assert "Contoso Training" in caught.value.meaning
    assert not step.verify().passed


def test_a_subscription_goes_by_name_or_id(world: World) -> None:
    for wanted in ("contoso production", PRODUCTION_ID.upper()):
        assert "Contoso Production" in dict(world.start_here(subscription=wanted).plan().choices)["Subscription"]


def test_undo_keeps_the_registration_and_says_why(world: World) -> None:
    step = world.start_here()
    step.apply()
    undone = step.undo()
    assert undone.removed == ()
    assert "other instances may need it" in undone.kept[0][1]


def test_a_form_is_offered_subscriptions_and_groups(world: World) -> None:
    step = world.start_here()
    assert [choice.label for choice in step.choices("subscription", {})] == ["Contoso Training", "Contoso Production"]
    assert list(step.choices("resource_group", {})) == []
    assert list(step.choices("mode", {})) == []
