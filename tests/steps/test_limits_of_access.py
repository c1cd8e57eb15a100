"""Where rights come from, and what narrows them: what the guide says is what Azure then does."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from runbook_lib.azure.permissions import ASSIGN_ROLES, CREATE_INSTANCE, EXTENSION, Permissions, Verdict
from runbook_lib.errors import PermissionMissing
from runbook_lib.sandbox.arm.authorization import place_denial
from runbook_lib.sandbox.rbac import DENIAL
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER, RBAC_ADMINISTRATOR
from runbook_lib.sandbox.world import GROUP_ID, PLATFORM_GROUP, PRODUCTION_ID, TRAINING_ID, persona
from runbook_lib.steps.data.connect_client import ConnectClient
from runbook_lib.unattended import failed_checks_error
from tests import azure
from tests.sandbox.command_line import CommandLine, with_az
from tests.sandbox.test_inherited_access import READERS_ONLY

from .test_start_here import SCOPE, SUBSCRIPTION, nos, verdicts
from .world import World

REGISTER = "Microsoft.DigitalTwins/register/action"
READ_MODELS = "Microsoft.DigitalTwins/models/read"
CUSTOM = "7d0f7ab5-4b1f-4bdb-8a43-0f2d3f3f9d12"


def may(world: World, who: str, action: str, scope: str = SUBSCRIPTION, *, data: bool = False) -> Verdict:
    return Permissions(world.context(who).clients).may(action, scope, data=data)


def give(world: World, role: str, who: str, **more: Any) -> None:
    """Give a role in the subscription, not through a step."""
    name, definitions = persona(who).id, f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    body = {"role_definition_id": f"{definitions}/{role}", "principal_id": name, **more}
    operations: Any = azure.authorization(world.sandbox).role_assignments
    operations.create(SUBSCRIPTION, name, body)
    world.clock.advance(600)


# ---- management groups -----------------------------------------------------------------------------------------------


def test_an_owner_by_management_group_is_an_owner(world: World) -> None:
    plan = world.start_here("platform-owner").plan()
    assert dict(plan.choices)["My role on Contoso Training"] == "Owner"
    assert nos(plan) == {"05"}
    world.start_here("platform-owner").apply()
    world.create("platform-owner", grant_access=True).apply()
    assert world.create("platform-owner", grant_access=True).verify().passed


@pytest.mark.parametrize("as_group", [False, True])
def test_a_data_role_from_a_management_group_counts(there: World, as_group: bool) -> None:
    principal, kind = (GROUP_ID, "group") if as_group else (persona("reader").id, "user")
    there.somebody_assigns(
        DATA_OWNER, principal, PLATFORM_GROUP, kind="Group" if as_group else "User", by="platform-owner"
    )
    plan = there.assign(principal=principal, principal_type=kind, role="Azure Digital Twins Data Owner").plan()
    told = f"has the role Azure Digital Twins Data Owner, inherited from {PLATFORM_GROUP}."
    assert any(told in note for note in plan.notes)
    assert "Management group contoso-platform (inherited)" in str(plan.blocks)
    verified = there.assign(principal=principal, principal_type=kind, role="Azure Digital Twins Data Owner").verify()
    assert verified.passed


# ---- eligible roles --------------------------------------------------------------------------------------------------


def test_an_eligible_owner_is_told_to_activate_it_and_not_to_ask_for_it(world: World) -> None:
    plan = world.start_here("eligible-owner").plan()
    assert verdicts(plan)["Give access (02)"] == ("no", "Owner, which you can activate")
    (problem,) = plan.problems
    assert problem.remedy.startswith("You're eligible for Owner here: activate it, then run this again.")
    assert "Privileged Identity Management > My roles > Azure resources" in problem.remedy
    assert (problem.who, problem.request, plan.request) == ("You.", "", "")
    blocked = world.create("eligible-owner").plan()
    assert blocked.blocked
    with pytest.raises(PermissionMissing, match="eligible for Owner") as refused:
        world.create("eligible-owner").apply()
    assert refused.value.who == "You."
    assert "role assignment create" not in str(refused.value)


def test_the_form_names_the_eligible_role_beside_the_box(ready: World) -> None:
    values = {"subscription": TRAINING_ID, "resource_group": "rg-digital-twins"}
    reason = ready.create("eligible-owner").disabled_reason("grant_access", values)
    assert "You're eligible for Owner: activate it first" in reason
    assert "You can still create the instance" not in reason
    assert "You can still create" not in ready.create("reader").disabled_reason("grant_access", values)
    assert "You can still create" in ready.create("contributor").disabled_reason("grant_access", values)


@with_az
def test_the_command_that_it_names_activates_the_role(quick: World, az: CommandLine) -> None:
    az.sign_in_as_user("eligible-owner")
    eligible = may(quick, "eligible-owner", ASSIGN_ROLES).eligible
    assert eligible
    command = eligible.command.replace("$(uuidgen)", "3d0f7ab5-4b1f-4bdb-8a43-0f2d3f3f9d13")
    assert az(*shlex.split(command)[1:])["properties"]["status"] == "Provisioned"
    assert may(quick, "eligible-owner", ASSIGN_ROLES).answer == "yes"
    quick.start_here("eligible-owner").apply()
    quick.create("eligible-owner").apply()


def test_who_sees_no_subscription_is_told_which_role_to_activate(world: World) -> None:
    world.take_roles_from("eligible-owner")
    for wanted in ("", TRAINING_ID, "contoso training"):
        (problem,) = world.start_here("eligible-owner", subscription=wanted).plan().problems
        assert problem.meaning == "You're eligible for Owner at Contoso Training, but the role isn't active."
        assert "Privileged Identity Management > My roles" in problem.remedy
    (problem,) = world.start_here("eligible-owner", subscription="Contoso Production").plan().problems
    assert "eligible" not in problem.meaning


# ---- deny assignments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "excluded", "answer"),
    [
        ([], [], "no"),
        ([persona("contributor").id], [], "no"),
        ([GROUP_ID], [], "no"),
        ([persona("owner").id], [], "yes"),
        ([], [persona("contributor").id], "yes"),
        ([], [GROUP_ID], "yes"),
    ],
)
def test_a_deny_assignment_counts(world: World, named: list[str], excluded: list[str], answer: str) -> None:
    store, denied = world.sandbox.cloud.store, {"actions": ["Microsoft.DigitalTwins/*"]}
    place_denial(store, world.clock, SUBSCRIPTION, "Managed", denied, principals=named, excluded=excluded)
    found = may(world, "contributor", REGISTER)
    assert (found.answer, found.denied_by) == (answer, "Managed" if answer == "no" else "")
    assert (azure_says_yes(world, "contributor")) is (answer == "yes")


def azure_says_yes(world: World, who: str) -> bool:
    path = f"https://management.azure.com{SUBSCRIPTION}/providers/Microsoft.DigitalTwins/register"
    session = azure.http(world.sandbox, who)
    return session.post(path, params={"api-version": "2021-04-01"}).status_code == 200


def test_nobody_is_told_to_ask_for_a_role_against_a_deny_assignment(world: World) -> None:
    denied = {"actions": ["Microsoft.DigitalTwins/*/write"]}
    place_denial(world.sandbox.cloud.store, world.clock, SUBSCRIPTION, "Managed", denied)
    plan = world.create("owner").plan()
    problem = next(one for one in plan.problems if "deny assignment" in one.meaning)
    assert (plan.blocked, problem.role, plan.request) == (True, "", "")
    told = verdicts(world.start_here("owner").plan())
    assert told["Create the instance (01)"] == ("no", "none: the deny assignment 'Managed' forbids it")


def test_deny_assignments_that_cannot_be_read_make_no_yes(world: World) -> None:
    world.take_roles_from("reader")
    world.somebody_defines_role(CUSTOM, "Twins only", {"actions": ["Microsoft.DigitalTwins/*"]})
    world.somebody_assigns(CUSTOM, persona("reader").id, SUBSCRIPTION)
    found = may(world, "reader", REGISTER)
    assert (found.answer, found.reason) == ("unknown", "You aren't allowed to read the deny assignments here.")


def test_a_denied_read_of_data_does_not_wait_for_a_role_that_is_there(let_in: World) -> None:
    denied = {"dataActions": ["Microsoft.DigitalTwins/*"]}
    place_denial(let_in.sandbox.cloud.store, let_in.clock, SCOPE, "Managed", denied)
    let_in.clock.advance(60)
    (problem,) = ConnectClient(let_in.context("owner"), {}).plan().problems
    assert problem.meaning == "The deny assignment 'Managed' forbids it, whatever your roles."
    assert problem.blocking


# ---- conditions and what roles take back -----------------------------------------------------------------------------


def test_a_condition_that_is_about_the_action_makes_it_unknown(world: World) -> None:
    give(world, RBAC_ADMINISTRATOR, "contributor", condition=READERS_ONLY, condition_version="2.0")
    found = may(world, "contributor", ASSIGN_ROLES)
    assert found.answer == "unknown"
    assert READERS_ONLY in found.reason
    # Its own role for everything else has no condition, and this condition isn't about reading.
    assert may(world, "contributor", CREATE_INSTANCE).answer == "yes"
    assert may(world, "contributor", "Microsoft.Authorization/roleAssignments/read").answer == "yes"


def test_a_second_role_without_a_condition_makes_it_a_yes(world: World) -> None:
    give(world, RBAC_ADMINISTRATOR, "access-admin", condition=READERS_ONLY, condition_version="2.0")
    assert may(world, "access-admin", ASSIGN_ROLES).answer == "yes"


def test_what_a_role_takes_back_is_no(there: World) -> None:
    taken = {"dataActions": ["Microsoft.DigitalTwins/*"], "notDataActions": ["Microsoft.DigitalTwins/models/*"]}
    there.somebody_defines_role(CUSTOM, "No models", {"actions": ["*"], "notActions": ["*/write"], **taken})
    there.take_roles_from("reader")
    there.somebody_assigns(CUSTOM, persona("reader").id, SUBSCRIPTION)
    assert may(there, "reader", CREATE_INSTANCE).answer == "no"
    assert may(there, "reader", READ_MODELS, SCOPE, data=True).answer == "no"
    assert may(there, "reader", "Microsoft.DigitalTwins/query/action", SCOPE, data=True).answer == "yes"
    there.somebody_assigns(DATA_READER, persona("reader").id, SCOPE)
    assert may(there, "reader", READ_MODELS, SCOPE, data=True).answer == "yes"


def test_a_condition_that_names_what_it_allows_excludes_the_rest(world: World) -> None:
    only = "(ActionMatches{'Microsoft.Authorization/roleAssignments/read'})"
    world.take_roles_from("reader")
    give(world, RBAC_ADMINISTRATOR, "reader", condition=only, condition_version="2.0")
    for action in (ASSIGN_ROLES, "Microsoft.Authorization/roleAssignments/delete"):
        assert may(world, "reader", action).answer != "yes"


def test_a_role_with_a_condition_is_not_said_to_be_missing(ready: World) -> None:
    give(ready, RBAC_ADMINISTRATOR, "contributor", condition=READERS_ONLY, condition_version="2.0")
    step = ready.create("contributor", grant_access=True)
    outcome = step.apply()
    assert "Go ahead" not in str(outcome)
    with pytest.raises(PermissionMissing, match="but the role isn't assigned") as ended:
        raise failed_checks_error(step.verify())
    assert READERS_ONLY in str(ended.value)
    scope = f"--scope {SCOPE}\n"
    assert scope in str(outcome)
    assert "Portal: my-first-twins > Access control (IAM)" in str(outcome)
    with pytest.raises(PermissionMissing) as refused:
        ready.assign("contributor").apply()
    assert "has a condition that excludes this request" in refused.value.meaning
    assert refused.value.scope == SCOPE
    assert scope in refused.value.request


def test_no_role_is_advised_where_a_deny_assignment_forbids_it_all_the_same(world: World) -> None:
    denied = {"actions": ["Microsoft.DigitalTwins/*/write"]}
    place_denial(world.sandbox.cloud.store, world.clock, SUBSCRIPTION, "Managed", denied)
    for who in ("reader", "eligible-owner"):
        found = may(world, who, CREATE_INSTANCE)
        assert (found.answer, found.denied_by, found.eligible) == ("no", "Managed", None)
        assert CREATE_INSTANCE not in world.start_here(who).plan().request


def test_a_deny_assignment_with_a_condition_makes_it_unknown(world: World) -> None:
    store = world.sandbox.cloud.store
    name = place_denial(store, world.clock, SUBSCRIPTION, "Managed", {"actions": ["Microsoft.DigitalTwins/*"]})
    placed = store.get(DENIAL, name)
    assert placed
    store.put(DENIAL, name, placed | {"properties": placed["properties"] | {"condition": "(Exists @Request[a:b])"}})
    found = may(world, "contributor", REGISTER)
    assert (found.answer, found.denied_by) == ("unknown", "")
    assert "'Managed' has a condition" in found.reason


# ---- messages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["contributor", "reader", "access-admin", "guest"])
def test_a_message_holds_all_that_a_colleague_needs(ready: World, who: str) -> None:
    for step in (ready.start_here(who), ready.create(who, grant_access=True)):
        request = step.plan().request
        if not request:
            continue
        assert "az role assignment create --assignee-object-id " + persona(who).id in request
        assert "Portal: Contoso" in request or "> Access control (IAM) > Add > Add role assignment" in request
        assert "this guide" not in request and "the guide" not in request
        assert not re.search(r"\b0\d-", request), "a notebook's name; an id has longer parts"


@pytest.mark.parametrize(("who", "own"), [("owner", True), ("contributor", False)])
def test_who_can_assign_roles_gives_itself_the_role_for_the_data(there: World, who: str, own: bool) -> None:
    plan = ConnectClient(there.context(who), {}).plan()
    (problem,) = plan.problems
    assert ("Give yourself the role with 02-assign-access." in problem.remedy) is own
    assert (problem.who == "You.") is own
    assert bool(plan.request) is not own


@with_az
def test_what_the_message_says_gives_the_role(quick: World, az: CommandLine) -> None:
    request = quick.start_here("contributor").plan().request
    (command,) = [line for line in request.splitlines() if "az role assignment create" in line]
    az(*shlex.split(command.partition("az ")[2]))
    assert verdicts(quick.start_here("contributor").plan())["Give access (02)"] == ("yes", "")


def test_a_colleague_works_in_the_right_subscription(world: World) -> None:
    lines = world.create("owner", subscription=PRODUCTION_ID).plan().request.splitlines()
    (at,) = [number for number, line in enumerate(lines) if "az dt create" in line]
    assert lines[at - 1].strip() == f"az account set --subscription {PRODUCTION_ID}"
    assert any(line.strip() == EXTENSION for line in lines[:at])


def test_no_role_that_they_hold_is_asked_for(world: World) -> None:
    for who in ("contributor", "access-admin", "operator", "guest", "reader", "eligible-owner"):
        held = dict(world.start_here(who).plan().choices)["My role on Contoso Training"].split(", ")
        for problem in world.start_here(who).plan().problems:
            assert problem.role not in held
