"""What stands in the way of creating an instance: each obstacle is explained, and a rerun goes on behind it."""

from __future__ import annotations

import pytest

from runbook_lib.errors import InputError, PermissionMissing, SandboxUnavailable, SignInFailed, TimedOut
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.roles import CONTRIBUTOR
from runbook_lib.sandbox.world import OTHER_CUSTOMERS_INSTANCE, TRAINING_ID, persona
from runbook_lib.unattended import failed_checks_error
from tests import azure

from .world import Phases, World

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
    assert "'westus' doesn't offer" in caught.value.message
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
    assert any("already exists in northeurope" in note and "can still be in" in note for note in plan.notes)
    assert step.apply().values["Region"] == "westeurope"


def test_an_instance_cannot_move(ready: World) -> None:
    ready.create().apply()
    with pytest.raises(InputError) as caught:
        ready.create(region="northeurope").apply()
    assert "instances can't move" in caught.value.meaning
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
    assert (error.remedy.count("Contributor"), error.request.count("Hello,")) == (1, 1)
    assert "az dt create" in error.request
    assert ready.journal.made("create-instance") == ()


def test_the_cured_permission_lets_the_second_run_finish(ready: World) -> None:
    with pytest.raises(PermissionMissing):
        ready.create("reader").apply()
    ready.somebody_assigns(CONTRIBUTOR, persona("reader").id, f"/subscriptions/{TRAINING_ID}")
    assert ready.create("reader").apply().made


def test_a_contributor_creates_the_instance_without_access(ready: World) -> None:
    step = ready.create("contributor", grant_access=True)
    assert "Role Based Access Control Administrator" in step.disabled_reason("grant_access", {})
    plan = step.plan()
    assert not plan.blocked
    assert [c.action for c in plan.changes] == ["create", "create"]
    problem = plan.problems[0]
    assert (problem.field, problem.blocking) == ("grant_access", False)
    outcome = step.apply()
    assert outcome.tone == "warning"
    assert "az role assignment create" in outcome.notes[0]
    verification = step.verify()
    assert [check.status for check in verification.checks if check.problem] == ["failed"]
    assert not verification.passed, "access was asked for and isn't there"
    error = failed_checks_error(verification)
    assert isinstance(error, PermissionMissing)
    assert (error.action, error.scope) == ("Microsoft.Authorization/roleAssignments/write", plan.changes[1].resource_id)


def test_nobody_who_may_is_barred(ready: World) -> None:
    assert ready.create("owner").disabled_reason("grant_access", {}) == ""
    assert ready.create("operator").disabled_reason("grant_access", {}) == ""
    assert ready.create("contributor").disabled_reason("region", {}) == ""


# Bad luck


def test_a_timeout_is_recorded_and_the_rerun_goes_on(ready: World) -> None:
    ready.stuck = True
    with pytest.raises(TimedOut) as caught:
        ready.create(timeout_minutes=1).apply()
    assert "Timed out after 1 minute" in caught.value.message
    assert "continues with what exists" in caught.value.remedy
    assert [c.kind for c in ready.journal.unfinished().values()] == ["Azure Digital Twins instance"]
    with pytest.raises(TimedOut):
        ready.create(timeout_minutes=1).apply()
    ready.stuck = False
    assert [c.kind for c in ready.create().apply().made] == ["Azure Digital Twins instance"]
    assert ready.journal.unfinished() == {}


def test_ctrl_c_leaves_a_record_and_the_rerun_goes_on(ready: World) -> None:
    ready.interrupts(ready.create())
    assert [c.kind for c in ready.journal.unfinished().values()] == ["Azure Digital Twins instance"]
    step, phases = ready.create(), Phases()
    assert "continues from there" in " ".join(step.plan().notes)
    outcome = step.apply(phases)
    assert "Waiting until Azure has created the instance" in phases.texts
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
