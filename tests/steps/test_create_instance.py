"""Creating an instance: the plan is exact, a rerun changes nothing, and undo takes back what it made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.errors import PermissionMissing
from runbook_lib.parameters.naming_rules import RUN_TAG
from runbook_lib.record.important_values import ImportantValues
from runbook_lib.sandbox.world import OTHER_CUSTOMERS_INSTANCE, TENANT_ID, TRAINING_ID
from tests import azure

from .world import Phases, World

DATA_OWNER = "Azure Digital Twins Data Owner"
CHANGES = [("create", "Resource group"), ("create", "Azure Digital Twins instance")]


def test_the_plan_names_what_will_be_made_and_the_same_as_commands(ready: World) -> None:
    plan = ready.create(grant_access=True, system_identity=True, tags="team=factory floor").plan()
    assert [(c.action, c.kind) for c in plan.changes] == [*CHANGES, ("assign", "Role")]
    assert not plan.problems
    assert dict(plan.choices)["Region"] == "westeurope"
    assert plan.commands[0].startswith("az group create --name rg-digital-twins --location westeurope")
    assert "--mi-system-assigned --tags 'team=factory floor' adt-setup-runbook=" in plan.commands[1]
    assert plan.commands[2].startswith("az role assignment create --assignee-object-id")


def test_it_creates_what_the_plan_said(ready: World) -> None:
    step, phases = ready.create(grant_access=True, system_identity=True, tags={"team": "factory"}), Phases()
    planned = step.plan().changes
    outcome = step.apply(phases)
    assert outcome.made == planned
    assert outcome.values["Host name"] == "my-first-twins.api.weu.digitaltwins.azure.net"
    assert outcome.values["Identity object id"]
    assert phases.texts == [
        "Looking at what exists",
        "Creating the resource group",
        "Creating the instance",
        f"Assigning {DATA_OWNER}",
    ]
    verification = step.verify()
    assert [check.status for check in verification.checks] == ["passed"] * 7
    assert verification.values == outcome.values


def test_the_important_values_lie_beside_the_journal(ready: World) -> None:
    outcome = ready.create().apply()
    kept = json.loads((ready.journal.folder / "important-values.json").read_text())
    assert kept == json.loads(ImportantValues(outcome.values).json)
    assert kept == {
        "instance_name": "my-first-twins",
        "resource_group": "rg-digital-twins",
        "host_name": "my-first-twins.api.weu.digitaltwins.azure.net",
        "region": "westeurope",
        "tenant_id": TENANT_ID,
        "subscription_id": TRAINING_ID,
    }


def test_a_second_run_changes_nothing(ready: World) -> None:
    values: dict[str, Any] = {"grant_access": True, "system_identity": True, "tags": {"team": "factory"}}
    first = ready.create(**values).apply()
    again = ready.create(**values)
    assert again.plan().empty
    second = again.apply()
    assert second.made == ()
    assert second.values == first.values


def test_the_name_may_be_typed_in_another_case_the_second_time(ready: World) -> None:
    ready.create(instance_name="My-Twins").apply()
    assert ready.create(instance_name="my-twins").plan().empty


def test_drift_is_updated_and_other_tags_stay(ready: World) -> None:
    ready.create(tags={"team": "a", "keep": "me"}).apply()
    step = ready.create(tags={"team": "b"}, system_identity=True)
    change = step.plan().changes[0]
    assert (change.action, change.details) == ("update", "tag team=b, system-assigned identity on")
    step.apply()
    found = azure.management(ready.sandbox).digital_twins.get("rg-digital-twins", "my-first-twins")
    assert found.tags == {"team": "b", "keep": "me", RUN_TAG: ready.journal.run_id}
    assert found.identity is not None
    assert str(found.identity.principal_id or "")
    assert step.plan().empty
    assert step.verify().passed


def test_the_provider_is_registered_on_the_way(world: World) -> None:
    step = world.create()
    plan = step.plan()
    assert [(c.action, c.kind) for c in plan.changes] == [("register", "Resource provider"), *CHANGES]
    assert "az provider register" in plan.commands[0]
    step.apply()
    assert step.verify().passed


def test_access_later_works_too(ready: World) -> None:
    ready.create().apply()
    step = ready.create(grant_access=True)
    assert [c.action for c in step.plan().changes] == ["assign"]
    step.apply()
    assert step.plan().empty


# Undo


def test_undo_takes_back_only_what_this_run_made(ready: World) -> None:
    ready.somebody_makes_group()
    step = ready.create(grant_access=True)
    step.apply()
    undone = step.undo()
    assert [c.kind for c in undone.removed] == ["Role", "Azure Digital Twins instance"]
    assert azure.resources(ready.sandbox).resource_groups.check_existence("rg-digital-twins")
    assert step.undo().removed == ()


def test_undo_leaves_what_was_there_before(ready: World) -> None:
    ready.somebody_makes_group()
    ready.somebody_makes("my-first-twins", finished=True)
    step = ready.create(tags={"team": "a"})
    step.apply()
    undone = step.undo()
    assert undone.removed == ()
    assert "it was there before this run" in undone.kept[0][1]


def test_undo_keeps_a_group_in_which_others_work(ready: World) -> None:
    step = ready.create()
    step.apply()
    ready.somebody_makes("somebody-elses")
    undone = step.undo()
    assert [c.kind for c in undone.removed] == ["Azure Digital Twins instance"]
    assert undone.kept == (("rg-digital-twins", "it is not empty: somebody-elses"),)


def test_undo_does_not_claim_to_have_removed_what_was_gone_already(ready: World) -> None:
    step = ready.create()
    step.apply()
    azure.management(ready.sandbox).digital_twins.begin_delete("rg-digital-twins", "my-first-twins", polling=False)
    ready.clock.advance(600)
    undone = step.undo()
    assert [c.kind for c in undone.removed] == ["Resource group"]
    assert undone.kept == (("my-first-twins", "it was already gone"),)
    assert ready.journal.made("create-instance") == ()


def test_undo_by_somebody_who_may_not_keeps_everything_on_record(ready: World) -> None:
    ready.create().apply()
    undone = ready.create("reader").undo()
    assert undone.removed == ()
    assert len(ready.journal.made("create-instance")) == 2
    assert [c.kind for c in ready.create().undo().removed] == ["Azure Digital Twins instance", "Resource group"]


def test_verify_before_apply_says_what_is_missing(ready: World) -> None:
    verification = ready.create().verify()
    assert not verification.passed
    assert verification.checks[0].remedy == "Run this step first."


# What a form asks


def test_a_form_starts_with_a_name_that_is_free(ready: World) -> None:
    step = ready.create()
    values = step.parameters.model_dump()
    assert step.proposal("instance_name", values) == ""
    step.apply()
    assert step.proposal("instance_name", values) == "", "this run goes on with its own instance"
    other = ready.create()
    other.context.journal.make_current("create-instance", "/subscriptions/s/resourceGroups/g/providers/x/y/other")
    assert other.proposal("instance_name", values) == "my-first-twins-2"
    assert other.proposal("instance_name", {**values, "instance_name": "mine"}) == ""


def test_a_form_is_offered_regions_by_display_name(ready: World) -> None:
    offered = {choice.value: choice.label for choice in ready.create().choices("region", {})}
    assert offered["westeurope"] == "West Europe (westeurope)"
    assert "westus" not in offered
    assert list(ready.create().choices("instance_name", {})) == []


def test_a_name_is_checked_while_it_is_typed(ready: World) -> None:
    step, values = ready.create(), {"instance_name": "free-name", "region": "West Europe"}
    good = step.hint("instance_name", values)
    assert good is not None
    assert good.tone == "good"
    bad = step.hint("instance_name", {**values, "instance_name": OTHER_CUSTOMERS_INSTANCE})
    assert bad is not None
    assert bad.tone == "bad"
    assert step.hint("instance_name", {**values, "instance_name": "-"}) is None
    assert step.hint("region", values) is None


# Networking


PARTS = [
    ("create", "Virtual network"),
    ("create", "Subnet"),
    ("create", "Private endpoint"),
    ("create", "Private DNS zone"),
    ("create", "Virtual network link"),
    ("create", "Private DNS zone group"),
]


def test_a_private_endpoint_is_made_with_the_instance(ready: World) -> None:
    step = ready.create(connectivity="private")
    plan = step.plan()
    assert [(c.action, c.kind) for c in plan.changes] == [*CHANGES, *PARTS]
    assert not plan.problems
    assert dict(plan.choices)["Connectivity method"] == "Private endpoint"
    assert any("Public network access stays on" in note for note in plan.notes)
    assert step.apply().made == plan.changes
    assert step.plan().empty
    verification = step.verify()
    assert [check.name for check in verification.checks if check.status != "passed"] == []
    assert verification.checks[-1].evidence.endswith("privatelink.digitaltwins.azure.net -> 10.20.0.4")
    assert step.undo().kept == ()
    assert ready.create().plan().changes[0].kind == "Resource group"


def test_a_private_endpoint_can_follow_an_instance_that_is_there(ready: World) -> None:
    ready.create().apply()
    step = ready.create(connectivity="Private endpoint", private_dns=False, subnet="inner")
    assert [(c.action, c.kind) for c in step.plan().changes] == PARTS[:3]
    step.apply()
    assert step.verify().passed


def test_a_private_endpoint_is_refused_before_the_instance_is_made(ready: World) -> None:
    ready.somebody_makes_group()
    step = ready.create("reader", connectivity="private")
    missing = {problem.action for problem in step.plan().problems}
    assert {"Microsoft.Network/privateEndpoints/write", "Microsoft.DigitalTwins/digitalTwinsInstances/write"} <= missing
    with pytest.raises(PermissionMissing):
        step.apply()


def test_the_networking_form_offers_methods_and_networks(ready: World) -> None:
    step = ready.create(connectivity="private")
    step.apply()
    assert [c.label for c in step.choices("connectivity", {})] == ["Public endpoint", "Private endpoint"]
    assert [c.label for c in step.choices("virtual_network", {})] == ["vnet-my-first-twins (westeurope)"]
    assert [c.value for c in step.choices("subnet", {})] == ["private-endpoints"]


def test_a_role_that_is_there_stays_without_grant_access_and_that_is_said(ready: World) -> None:
    ready.create(grant_access=True).apply()
    note = "You already have Azure Digital Twins Data Owner on the instance, which stays: no role is taken away here."
    plan = ready.create(grant_access=False).plan()
    assert plan.empty
    assert note in plan.notes
