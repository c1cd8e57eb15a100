"""An identity that exists isn't enough: it needs a role where the endpoint or data history sends to."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from runbook_lib.sandbox.http import Answer, Request
from runbook_lib.sandbox.roles import (
    CONTRIBUTOR,
    EVENT_HUBS_DATA_OWNER,
    EVENT_HUBS_DATA_SENDER,
    READER,
    SERVICE_BUS_DATA_SENDER,
    STORAGE_BLOB_DATA_CONTRIBUTOR,
)
from runbook_lib.sandbox.world import PLATFORM_GROUP, PRODUCTION_ID, TRAINING_ID, persona
from tests import azure

from .plant import (
    BUS,
    GROUP_SCOPE,
    SCOPE,
    identity_of,
    identity_step,
    owner_gets_the_data,
    somebody_adds_endpoint,
    somebody_adds_route,
    somebody_changes,
    somebody_keeps_history,
    somebody_puts,
)
from .world import GROUP, World

NAME = "Their identities have the roles that they need there"
FAR_BUS = f"/subscriptions/{PRODUCTION_ID}/resourceGroups/rg-events/providers/Microsoft.EventHub/namespaces/twins-bus"
"""In another subscription."""
QUEUES = f"{GROUP_SCOPE}/providers/Microsoft.ServiceBus/namespaces/twins-queues"
STORE = f"{GROUP_SCOPE}/providers/Microsoft.Storage/storageAccounts/twinsletters"


@pytest.fixture
def plant(there: World) -> World:
    """An instance whose own identity sends the events of one route to an event hub."""
    somebody_changes(there, "SystemAssigned")
    somebody_puts(there, BUS)
    somebody_puts(there, f"{BUS}/eventhubs/alarms")
    somebody_adds_endpoint(there, "alarms")
    owner_gets_the_data(there)
    somebody_adds_route(there, "hot-rooms", "alarms")
    return there


def check(world: World, **values: Any) -> Any:
    checks = identity_step(world, **values).verify().checks
    return next((one for one in checks if one.name == NAME), None)


def give(world: World, role: str, scope: str, by: str = "owner") -> None:
    world.somebody_assigns(role, identity_of(world)["principal_id"], scope, kind="ServicePrincipal", by=by)


def test_an_identity_without_the_role_is_found_with_the_events_that_do_not_arrive(plant: World) -> None:
    found = check(plant)
    assert found.status == "failed"
    lacks = f"lacks Azure Event Hubs Data Sender at {BUS}/eventhubs/alarms"
    expected = f"endpoint alarms: my-first-twins exists, but {lacks}"
    assert expected in found.evidence
    assert "hot-rooms (all events)" in found.evidence
    assert any(expected in note for note in identity_step(plant).plan().notes)
    (command,) = [line for line in found.remedy.splitlines() if line.startswith("az ")]
    words = dict(zip(shlex.split(command)[4::2], shlex.split(command)[5::2], strict=True))
    assert (words["--role"], words["--scope"]) == ("Azure Event Hubs Data Sender", f"{BUS}/eventhubs/alarms")
    assert words["--assignee-object-id"] == identity_of(plant)["principal_id"]


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (EVENT_HUBS_DATA_SENDER, f"{BUS}/eventhubs/alarms"),
        (EVENT_HUBS_DATA_OWNER, BUS),
        (EVENT_HUBS_DATA_SENDER, f"/subscriptions/{TRAINING_ID}"),
        (EVENT_HUBS_DATA_SENDER, PLATFORM_GROUP),
    ],
)
def test_with_a_role_that_sends_it_passes_and_says_what_stops_without_it(plant: World, role: str, scope: str) -> None:
    give(plant, role, scope, "platform-owner" if scope == PLATFORM_GROUP else "owner")
    found = check(plant)
    assert found.status == "passed"
    assert f"at {scope}. Without that role, it stops." in found.evidence
    assert "hot-rooms (all events)" in found.evidence
    assert any("Without that role, it stops." in note for note in identity_step(plant).plan().notes)


@pytest.mark.parametrize("role", [READER, CONTRIBUTOR])
def test_a_role_that_does_not_send_is_none(plant: World, role: str) -> None:
    give(plant, role, BUS)
    assert check(plant).status == "failed"


def test_a_target_that_cannot_be_seen_is_not_judged(there: World) -> None:
    somebody_changes(there, "SystemAssigned")
    somebody_adds_endpoint(there, "alarms")
    found = check(there)
    assert found.status == "not tried"
    assert "can't tell whether my-first-twins has Azure Event Hubs Data Sender at twins-bus" in found.evidence


@pytest.fixture
def elsewhere(there: World) -> World:
    """An instance that sends to an event hub in another subscription, which only some people can see."""
    somebody_changes(there, "SystemAssigned")
    platform = azure.resources(there.sandbox, "platform-owner", PRODUCTION_ID)
    platform.providers.register("Microsoft.EventHub")
    there.clock.advance(600)
    platform.resource_groups.create_or_update("rg-events", {"location": "westeurope"})
    somebody_puts(there, FAR_BUS, "platform-owner")
    somebody_puts(there, f"{FAR_BUS}/eventhubs/alarms", "platform-owner")
    somebody_adds_endpoint(there, "alarms")
    return there


def test_a_target_in_another_subscription_is_judged_by_those_who_can_see_it(elsewhere: World) -> None:
    found = check(elsewhere)
    assert found.status == "failed"
    assert f"lacks Azure Event Hubs Data Sender at {FAR_BUS}/eventhubs/alarms" in found.evidence
    assert f"--scope {FAR_BUS}/eventhubs/alarms" in found.remedy
    give(elsewhere, EVENT_HUBS_DATA_SENDER, FAR_BUS, "platform-owner")
    found = check(elsewhere)
    assert (found.status, f"at {FAR_BUS}. Without that role, it stops." in found.evidence) == ("passed", True)


def test_a_target_in_a_subscription_that_you_cannot_see_is_not_judged(elsewhere: World) -> None:
    give(elsewhere, EVENT_HUBS_DATA_SENDER, FAR_BUS, "platform-owner")
    for who in ("contributor", "guest"):
        (found,) = [one for one in identity_step(elsewhere, who).verify().checks if one.name == NAME]
        assert found.status == "not tried"
        assert "can't tell whether my-first-twins has Azure Event Hubs Data Sender at twins-bus" in found.evidence
        assert not any("Without that role" in note for note in identity_step(elsewhere, who).plan().notes)


def test_data_history_in_a_subscription_that_you_cannot_see_is_not_judged(there: World) -> None:
    somebody_changes(there, "SystemAssigned")
    somebody_keeps_history(there, identity_of(there)["principal_id"])
    there.take_roles_from("reader")
    there.somebody_assigns(READER, persona("reader").id, SCOPE)
    (found,) = [one for one in identity_step(there, "reader").verify().checks if one.name == NAME]
    assert (found.status, found.evidence.count("can't tell whether")) == ("not tried", 2)


def test_each_name_is_looked_for_once(elsewhere: World, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_adds_endpoint(elsewhere, "more")
    seen, handle = list[str](), elsewhere.sandbox.cloud.handle

    def noting(request: Request) -> Answer:
        if request.path.lower().endswith("/resources"):
            seen.append(request.path.lower())
        return handle(request)

    monkeypatch.setattr(elsewhere.sandbox.cloud, "handle", noting)
    identity_step(elsewhere).plan()
    assert seen == [f"/subscriptions/{TRAINING_ID}/resources", f"/subscriptions/{PRODUCTION_ID}/resources"]


def test_nothing_that_uses_an_identity_is_nothing_to_check(there: World) -> None:
    somebody_changes(there, "SystemAssigned")
    assert check(there) is None


def test_data_history_needs_two_roles(there: World) -> None:
    somebody_changes(there, "SystemAssigned")
    somebody_keeps_history(there, identity_of(there)["principal_id"])
    found = check(there)
    assert (found.status, found.evidence.count("Without that role, it stops.")) == ("passed", 2)
    store = there.sandbox.cloud.store
    (gone,) = [
        f"{one['scope']}/providers/Microsoft.Authorization/roleAssignments/{one['name']}"
        for one in store.list("role-assignment")
        if one["scope"].endswith("/databases/history")
    ]
    azure.authorization(there.sandbox).role_assignments.delete_by_id(gone)
    found = check(there)
    assert found.status == "failed"
    assert "data history connection plant-history: my-first-twins exists, but lacks Contributor at" in found.evidence
    assert "No longer recorded in history" in found.evidence


def test_service_bus_and_dead_letters_have_roles_of_their_own(plant: World) -> None:
    give(plant, EVENT_HUBS_DATA_SENDER, BUS)
    for path in (QUEUES, f"{QUEUES}/topics/news", STORE):
        somebody_puts(plant, path)
    properties = {
        "endpointType": "ServiceBus",
        "authenticationType": "IdentityBased",
        "entityPath": "news",
        "endpointUri": "sb://twins-queues.servicebus.windows.net",
        "deadLetterUri": "https://twinsletters.blob.core.windows.net/lost",
    }
    operations: Any = azure.management(plant.sandbox).digital_twins_endpoint
    operations.begin_create_or_update(GROUP, "my-first-twins", "news", {"properties": properties}, polling=False)
    plant.clock.advance(60)
    lacking = [line for line in check(plant).evidence.splitlines() if "lacks" in line]
    assert [("Service Bus Data Sender" in one, "Storage Blob Data Contributor" in one) for one in lacking] == [
        (True, False),
        (False, True),
    ]
    assert f"{STORE}/blobServices/default/containers/lost" in lacking[1]
    give(plant, SERVICE_BUS_DATA_SENDER, QUEUES)
    give(plant, STORAGE_BLOB_DATA_CONTRIBUTOR, STORE)
    assert check(plant).status == "passed"
