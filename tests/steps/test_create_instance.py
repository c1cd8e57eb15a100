"""Creating an instance: the plan is exact, a rerun changes nothing, and every obstacle is explained."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.errors import (
    InputError,
    PermissionMissing,
    SandboxUnavailable,
    SignInFailed,
    TimedOut,
)
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.roles import CONTRIBUTOR
from runbook_lib.sandbox.world import OTHER_CUSTOMERS_INSTANCE, TRAINING_ID, persona
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
    assert "--mi-system-assigned --tags 'team=factory floor'" in plan.commands[1]
    assert plan.commands[2].startswith("az role assignment create --assignee-object-id")


def test_it_creates_what_the_plan_said(ready: World) -> None:
    step, phases = ready.create(grant_access=True, system_identity=True, tags={"team": "factory"}), Phases()
    planned = step.plan().changes
    outcome = step.apply(phases)
    assert outcome.made == planned
    assert outcome.values["Host name"] == "my-first-twins.api.weu.digitaltwins.azure.net"
    assert outcome.values["Identity object id"]
    assert phases.texts == [
        "Looking at what is there",
        "Creating the resource group",
        "Creating the instance",
        f"Assigning {DATA_OWNER}",
    ]
    proof = step.verify()
    assert [check.status for check in proof.checks] == ["passed"] * 7
    assert proof.values == outcome.values


def test_the_important_values_lie_beside_the_journal(ready: World) -> None:
    outcome = ready.create().apply()
    kept = json.loads((ready.journal.folder / "important-values.json").read_text())
    assert kept == outcome.values
    assert kept.keys() == {"Name", "Resource group", "Host name", "Region", "Subscription"}


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
    assert found.tags == {"team": "b", "keep": "me"}
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


# Bad input


def test_an_invalid_name_never_reaches_azure(ready: World) -> None:
    step = ready.create(instance_name="-a")
    for verb in (step.plan, step.apply, step.verify):
        with pytest.raises(InputError, match="too short"):
            verb()
    assert "create-instance" not in {entry["step"] for entry in ready.journal.events()}


def test_a_taken_name_is_refused_before_anything_is_made(ready: World) -> None:
    step = ready.create(instance_name=OTHER_CUSTOMERS_INSTANCE)
    problem = step.plan().problems[0]
    assert (problem.field, problem.kind) == ("instance_name", "input")
    assert "already exists in region 'westeurope'" in problem.message
    with pytest.raises(InputError) as caught:
        step.apply()
    assert "Choose another name" in caught.value.remedy
    assert ready.journal.made("create-instance") == ()
    assert ready.create(instance_name="another-name").apply().made


def test_a_region_without_the_service_names_those_that_have_it(ready: World) -> None:
    with pytest.raises(InputError) as caught:
        ready.create(region="westus").apply()
    assert "'westus' does not offer" in caught.value.message
    assert "westeurope" in caught.value.remedy
    assert "region" in caught.value.problems
    assert ready.create(region="westus2").apply().values["Region"] == "westus2"


def test_an_unknown_subscription_is_refused(ready: World) -> None:
    with pytest.raises(InputError) as caught:
        ready.create(subscription="00000000-0000-0000-0000-000000000000").apply()
    assert "Contoso Training" in caught.value.meaning


def test_a_missing_resource_group_is_made_only_when_wanted(ready: World) -> None:
    step = ready.create(create_resource_group=False)
    with pytest.raises(InputError) as caught:
        step.apply()
    assert "There is no resource group 'rg-digital-twins'" in caught.value.message
    assert "create_resource_group" in caught.value.remedy
    ready.somebody_makes_group()
    assert [c.kind for c in step.apply().made] == ["Azure Digital Twins instance"]


def test_a_resource_group_elsewhere_is_used_and_explained(ready: World) -> None:
    ready.somebody_makes_group("northeurope")
    step = ready.create()
    plan = step.plan()
    assert [c.kind for c in plan.changes] == ["Azure Digital Twins instance"]
    assert any("in northeurope" in note and "not possible" in note for note in plan.notes)
    assert step.apply().values["Region"] == "westeurope"


def test_an_instance_cannot_move(ready: World) -> None:
    ready.create().apply()
    with pytest.raises(InputError) as caught:
        ready.create(region="northeurope").apply()
    assert "an instance cannot move" in caught.value.meaning
    assert "Choose the region westeurope" in caught.value.remedy


def test_a_full_region_is_announced_and_refused_by_azure(ready: World) -> None:
    ready.create().apply()
    for number in range(9):
        ready.somebody_makes(f"one-more-{number}")
    step = ready.create(instance_name="eleventh")
    problem = step.plan().problems[0]
    assert (problem.field, problem.kind, problem.blocking) == ("region", "azure", False)
    with pytest.raises(InputError, match="10"):
        step.apply()
    assert ready.journal.unfinished() == {}


# No permission


def test_a_reader_is_told_action_scope_role_and_what_to_send(ready: World) -> None:
    step = ready.create("reader")
    with pytest.raises(PermissionMissing) as caught:
        step.apply()
    error = caught.value
    assert error.action == "Microsoft.Resources/subscriptions/resourceGroups/write"
    assert error.scope == f"/subscriptions/{TRAINING_ID}"
    assert error.role == "Contributor"
    assert "az group create" in error.request
    assert persona("reader").id in error.request
    assert "digitalTwinsInstances/write" in error.message
    assert ready.journal.made("create-instance") == ()


def test_the_cured_permission_lets_the_second_run_finish(ready: World) -> None:
    with pytest.raises(PermissionMissing):
        ready.create("reader").apply()
    ready.somebody_assigns(CONTRIBUTOR, persona("reader").id, f"/subscriptions/{TRAINING_ID}")
    assert ready.create("reader").apply().made


def test_a_contributor_creates_the_instance_without_access(ready: World) -> None:
    step = ready.create("contributor", grant_access=True)
    assert "Role Based Access Control Administrator" in step.barred("grant_access", {})
    plan = step.plan()
    assert not plan.blocked
    assert [c.action for c in plan.changes] == ["create", "create"]
    problem = plan.problems[0]
    assert (problem.field, problem.blocking) == ("grant_access", False)
    outcome = step.apply()
    assert outcome.tone == "warning"
    assert "az role assignment create" in outcome.notes[0]
    proof = step.verify()
    assert proof.passed
    assert [check.status for check in proof.checks][-1] == "not tried"


def test_nobody_who_may_is_barred(ready: World) -> None:
    assert ready.create("owner").barred("grant_access", {}) == ""
    assert ready.create("operator").barred("grant_access", {}) == ""
    assert ready.create("contributor").barred("region", {}) == ""


# Bad luck


def test_a_timeout_is_recorded_and_the_rerun_goes_on(ready: World) -> None:
    ready.stuck = True
    with pytest.raises(TimedOut) as caught:
        ready.create(timeout_minutes=1).apply()
    assert "not finished after 1 minutes" in caught.value.message
    assert "finds what is there" in caught.value.remedy
    assert [c.kind for c in ready.journal.unfinished().values()] == ["Azure Digital Twins instance"]
    with pytest.raises(TimedOut):
        ready.create(timeout_minutes=1).apply()
    ready.stuck = False
    assert [c.kind for c in ready.create().apply().made] == ["Azure Digital Twins instance"]
    assert ready.journal.unfinished() == {}


def test_ctrl_c_leaves_a_record_and_the_rerun_goes_on(ready: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    ready.on_sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        ready.create().apply()
    assert [c.kind for c in ready.journal.unfinished().values()] == ["Azure Digital Twins instance"]
    ready.on_sleep = lambda: None
    step, phases = ready.create(), Phases()
    assert "goes on where it was" in " ".join(step.plan().notes)
    outcome = step.apply(phases)
    assert "Waiting for the instance that is being created" in phases.texts
    assert [c.kind for c in outcome.made] == ["Azure Digital Twins instance"]
    assert ready.journal.unfinished() == {}
    assert step.verify().passed
    assert {c.kind for c in step.undo().removed} == {"Azure Digital Twins instance", "Resource group"}


def test_the_sandbox_going_away_is_said_with_the_remedy(ready: World, sandbox: Sandbox) -> None:
    gone = {**sandbox.client_settings, "proxies": {"https": "http://127.0.0.1:9", "http": "http://127.0.0.1:9"}}
    step = ready.create()
    object.__setattr__(step.context.clients.target, "client_settings", gone)
    step.context.clients.close()
    with pytest.raises(SandboxUnavailable) as caught:
        step.plan()
    assert "runbook sandbox start" in caught.value.remedy


def test_an_expired_sign_in_is_no_bug(ready: World) -> None:
    step = ready.create()
    credential = step.context.clients.target.credential
    old = credential.get_token("https://management.azure.com/.default")
    ready.clock.advance(24 * 3600)
    object.__setattr__(credential, "get_token", lambda *scopes, **options: old)
    with pytest.raises(SignInFailed) as caught:
        step.plan()
    assert caught.value.code == "ExpiredAuthenticationToken"
    assert "Sign in again" in caught.value.remedy
    assert caught.value.correlation_id


def test_an_instance_that_is_being_deleted_is_waited_for_by_the_person(ready: World) -> None:
    ready.create().apply()
    azure.management(ready.sandbox).digital_twins.begin_delete("rg-digital-twins", "my-first-twins", polling=False)
    assert "being deleted" in ready.create().plan().problems[0].message
    ready.clock.advance(600)
    assert ready.create().apply().made


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
    assert undone.kept == (("my-first-twins", "it was gone already"),)
    assert ready.journal.made("create-instance") == ()


def test_undo_by_somebody_who_may_not_keeps_everything_on_record(ready: World) -> None:
    ready.create().apply()
    undone = ready.create("reader").undo()
    assert undone.removed == ()
    assert len(ready.journal.made("create-instance")) == 2
    assert [c.kind for c in ready.create().undo().removed] == ["Azure Digital Twins instance", "Resource group"]


def test_verify_before_apply_says_what_is_missing(ready: World) -> None:
    proof = ready.create().verify()
    assert not proof.passed
    assert proof.checks[0].remedy == "Run this step first."


# What a form asks


def test_a_form_is_offered_regions_by_display_name(ready: World) -> None:
    offered = {choice.value: choice.label for choice in ready.create().choices("region", {})}
    assert offered["westeurope"] == "West Europe"
    assert "westus" not in offered
    assert list(ready.create().choices("instance_name", {})) == []


def test_a_name_is_checked_while_it_is_typed(ready: World) -> None:
    step, values = ready.create(), {"instance_name": "free-name", "region": "West Europe"}
    good = step.remark("instance_name", values)
    assert good is not None
    assert good.tone == "good"
    bad = step.remark("instance_name", {**values, "instance_name": OTHER_CUSTOMERS_INSTANCE})
    assert bad is not None
    assert bad.tone == "bad"
    assert step.remark("instance_name", {**values, "instance_name": "-"}) is None
    assert step.remark("region", values) is None


# Networking


PARTS = [
    ("create", "Virtual network"), ("create", "Subnet"), ("create", "Private endpoint"), ("create", "Private DNS zone"),
    ("create", "Virtual network link"), ("create", "Private DNS zone group"),
]  # fmt: skip


def test_a_private_endpoint_is_made_with_the_instance(ready: World) -> None:
    step = ready.create(connectivity="private")
    plan = step.plan()
    assert [(c.action, c.kind) for c in plan.changes] == [*CHANGES, *PARTS]
    assert not plan.problems
    assert dict(plan.choices)["Connectivity method"] == "Private endpoint"
    assert any("Public network access stays on" in note for note in plan.notes)
    assert step.apply().made == plan.changes
    assert step.plan().empty
    proof = step.verify()
    assert [check.name for check in proof.checks if check.status != "passed"] == []
    assert proof.checks[-1].evidence.endswith("privatelink.digitaltwins.azure.net -> 10.20.0.4")
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
