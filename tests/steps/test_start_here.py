"""Who am I, what may I do, is the subscription ready."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization.v2022_04_01.models import Permission, RoleDefinition
from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

from runbook_lib.azure.permissions import Permissions
from runbook_lib.display.cards import Table
from runbook_lib.errors import InputError
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER
from runbook_lib.sandbox.world import PRODUCTION_ID, TRAINING_ID, derive_id, persona
from runbook_lib.steps.core.kinds import Places
from runbook_lib.steps.core.results import Plan
from runbook_lib.steps.start.permission_table import assess, table
from tests import azure

from .world import GROUP, Phases, World

SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
SCOPE = f"{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/my-first-twins"
CUSTOM = "7d0f7ab5-4b1f-4bdb-8a43-0f2d3f3f9d11"
FLOOR = {"@id": "dtmi:example:Floor;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2", "displayName": "Floor"}


def accepted(call: Callable[[], object]) -> bool:
    """Tell whether Azure does it."""
    try:
        call()
    except HttpResponseError as error:
        assert error.status_code == 403
        return False
    return True


def verdicts(plan: Plan) -> dict[str, tuple[str, str]]:
    """What the card says of each later step: the answer, and the role that cures it."""
    (table,) = plan.blocks
    assert isinstance(table, Table)
    return {label: (answer, cure) for label, answer, cure in table.rows}


def nos(plan: Plan) -> set[str]:
    """The notebooks of which something may not be done."""
    return {label[-3:-1] for label, (answer, _) in verdicts(plan).items() if answer == "no"}


@pytest.mark.parametrize(
    ("persona_name", "role", "not_allowed"),
    [
        ("owner", "Owner", {"05"}),
        ("contributor", "Contributor", {"02", "05", "06"}),
        ("reader", "Reader", {"00", "01", "02", "03", "04", "05", "06"}),
        ("access-admin", "User Access Administrator", {"00", "01", "03", "04", "05", "06"}),
        ("operator", "Contributor, User Access Administrator", {"05"}),
        ("platform-owner", "Owner", {"05"}),
        ("eligible-owner", "Reader", {"00", "01", "02", "03", "04", "05", "06"}),
        ("guest", "Contributor, User Access Administrator", {"05"}),
        ("setup-pipeline", "Contributor, User Access Administrator", {"05"}),
    ],
)
def test_it_tells_roles_and_what_they_allow(world: World, persona_name: str, role: str, not_allowed: set[str]) -> None:
    plan = world.start_here(persona_name).plan()
    shown = dict(plan.choices)
    assert sorted(shown["My role on Contoso Training"].split(", ")) == role.split(", ")
    assert nos(plan) == not_allowed
    assert not plan.blocked


@pytest.mark.parametrize(
    ("persona_name", "label", "cure"),
    [
        ("contributor", "Give access (02)", "Role Based Access Control Administrator"),
        ("contributor", "Read data (05)", "Azure Digital Twins Data Reader"),
        ("contributor", "Write data (05)", "Azure Digital Twins Data Owner"),
        ("contributor", "Clean up (06)", "Role Based Access Control Administrator"),
        ("reader", "Create the instance (01)", "Contributor"),
        ("reader", "User-assigned identity (03)", "Contributor"),
        ("reader", "Private endpoint and DNS (04)", "Contributor"),
        ("reader", "Clean up (06)", "Role Based Access Control Administrator and Contributor"),
    ],
)
def test_a_no_names_the_least_role_that_cures_it(world: World, persona_name: str, label: str, cure: str) -> None:
    assert verdicts(world.start_here(persona_name).plan())[label] == ("no", cure)


def test_a_linked_resource_that_may_not_be_used_is_a_no_of_its_own(world: World) -> None:
    world.take_roles_from("reader")
    role = RoleDefinition(
        role_name="No identities",
        role_type="CustomRole",
        assignable_scopes=[SUBSCRIPTION],
        permissions=[Permission(actions=["*"], not_actions=["Microsoft.ManagedIdentity/*"])],
    )
    azure.authorization(world.sandbox).role_definitions.create_or_update(SUBSCRIPTION, CUSTOM, role)
    world.somebody_assigns(CUSTOM, persona("reader").id, SUBSCRIPTION)
    found = verdicts(world.start_here("reader").plan())
    assert found["System-assigned identity (03)"] == ("yes", "")
    assert found["User-assigned identity (03)"] == ("no", "Managed Identity Contributor and Managed Identity Operator")


@pytest.mark.parametrize("who", ["owner", "contributor", "reader", "access-admin"])
def test_the_verdicts_are_what_azure_does(ready: World, who: str) -> None:
    ready.create().apply()
    found = verdicts(ready.start_here(who).plan())
    assert (found["Create the instance (01)"][0] == "yes") is accepted(
        lambda: azure.management(ready.sandbox, who).digital_twins.begin_create_or_update(
            GROUP, "another-one", DigitalTwinsDescription(location="westeurope"), polling=False
        )
    )
    assert (found["Give access (02)"][0] == "yes") is accepted(
        lambda: ready.somebody_assigns(DATA_OWNER, persona(who).id, SCOPE, by=who)
    )
    ready.somebody_assigns(DATA_READER, persona(who).id, SCOPE)
    found = verdicts(ready.start_here(who).plan())
    assert found["Read data (05)"] == ("yes", "")
    client = azure.data_plane(ready.sandbox, who, "my-first-twins.api.weu.digitaltwins.azure.net")
    assert list(client.list_models()) == []
    assert (found["Write data (05)"][0] == "yes") is accepted(lambda: client.create_models([FLOOR]))


def test_what_azure_does_not_say_is_no_yes_and_no_no(world: World) -> None:
    class Blind(Permissions):
        def _at(self, scope: str) -> str:
            return "Azure does not let you see your own permissions here."

    assessed = assess(Blind(world.start_here().context.clients), Places(SUBSCRIPTION))
    assert {one.answer for one in assessed} == {"unknown"}
    assert "does not let you see" in table(assessed).rows[0][2]


def test_what_is_not_allowed_comes_with_the_cure_and_a_message(world: World) -> None:
    (problem,) = world.start_here("contributor").plan().problems
    assert (problem.kind, problem.blocking) == ("permission", False)
    assert problem.message == "You aren't allowed to do:\nGive access (02)\nClean up (06)"
    assert problem.scope == SUBSCRIPTION
    assert problem.role == "Role Based Access Control Administrator"
    assert "contributor@contoso.onmicrosoft.com" in problem.request
    assert "Microsoft.Authorization/roleAssignments/write" in problem.request
    assert (
        "Could you please do this?\nGive me the role Role Based Access Control Administrator: az role"
        in problem.request
    )


def test_one_role_cures_many_nos_with_one_message(world: World) -> None:
    plan = world.start_here("reader").plan()
    assert [problem.role for problem in plan.problems] == ["Contributor", "Role Based Access Control Administrator"]
    assert str(plan).count("Hello, I'm setting up") == plan.request.count("Could you please do this?") == 1
    assert all(f'--role "{problem.role}" --scope {SUBSCRIPTION}' in plan.request for problem in plan.problems)


def test_access_to_the_data_is_asked_for_where_the_instance_is(ready: World) -> None:
    assert "give yourself the role with 02-assign-access" in ready.start_here().plan().notes[0]
    ready.create().apply()
    problem = ready.start_here("contributor").plan().problems[-1]
    assert (problem.role, problem.scope) == ("Azure Digital Twins Data Owner", SCOPE)


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
    assert "Contributor" in step.disabled_reason("register_provider", {})
    outcome = step.apply()
    assert outcome.tone == "warning"
    assert any("Register the resource provider (00)" in note for note in outcome.notes)


def test_it_shows_what_exists(world: World) -> None:
    world.start_here().apply()
    world.create().apply()
    shown = dict(world.start_here().plan().choices)
    assert shown["Resource group rg-digital-twins"] == "exists, in westeurope"
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


def test_an_empty_plan_does_not_call_a_provider_there_that_is_not_registered(world: World) -> None:
    plan = world.start_here(register_provider=False).plan()
    assert plan.empty
    assert plan.if_empty == "Nothing would change: the resource provider stays unregistered."
    world.start_here().apply()
    assert "unregistered" not in world.start_here(register_provider=False).plan().if_empty


def test_thirty_subscriptions_cost_one_page_and_not_a_request_each(world: World) -> None:
    few = dict(world.start_here().plan().choices)
    store = world.sandbox.cloud.store
    held, *_ = [one for one in store.list("role-assignment") if one["principalId"] == persona("owner").id]
    for number in range(30):
        one = derive_id("subscription", f"plant {number}")
        document = {"subscriptionId": one, "displayName": f"Plant {number}", "order": 10 + number}
        store.put("subscription", one, document)
        scope = f"/subscriptions/{one}"
        store.put(
            "role-assignment",
            f"{scope}/providers/Microsoft.Authorization/roleAssignments/{held['name']}",
            {**held, "scope": scope},
        )
    asked: list[str] = []
    world.sandbox.cloud.observers.append(lambda request, _: asked.append(request.path))
    shown = dict(world.start_here().plan().choices)
    assert few["My role on Contoso Training"] == shown["My role on Contoso Training"] == "Owner"
    assert [name for name in shown if name.startswith("My role on")] == ["My role on Contoso Training"]
    assert shown["Other subscriptions"] == "you can see 31 more"
    assert not [path for path in asked if path.startswith("/subscriptions/") and TRAINING_ID not in path]
