"""What others do in the last moment: while Azure lets a request wait, or between the last look and the request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription

from runbook_lib.errors import AzureRefused, TimedOut
from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import persona
from runbook_lib.steps.core.creation import _Creation
from runbook_lib.steps.core.removal import removers
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure

from .cleaning import after_first_parts, exists, kinds, staying
from .plant import GROUP_SCOPE, NAME, SCOPE, instance, somebody_changes
from .test_made_again import colleague, ids
from .test_ownership import Colleague, colleague_creates
from .world import GROUP, Phases, World

BLUE = {"team": "blue"}
NETWORK = f"{GROUP_SCOPE}/providers/Microsoft.Network/virtualNetworks/vnet-{NAME}"
ZONE = f"{GROUP_SCOPE}/providers/Microsoft.Network/privateDnsZones/privatelink.digitaltwins.azure.net"
BODIES: dict[str, dict[str, Any]] = {
    GROUP_SCOPE: {"location": "westeurope", "tags": BLUE},
    NETWORK: {
        "location": "westeurope",
        "tags": BLUE,
        "properties": {"addressSpace": {"addressPrefixes": ["10.20.0.0/24"]}},
    },
    ZONE: {"location": "global", "tags": BLUE, "properties": {}},
}


def step_that_makes(world: World, path: str) -> Any:
    return world.create() if path == GROUP_SCOPE else PrivateAccess(world.context(), {})


@pytest.fixture
def before(ready: World, request: pytest.FixtureRequest) -> World:
    """A world in which what the step needs is there, but not the thing that a test names."""
    return ready if request.node.callspec.params["path"] == GROUP_SCOPE else after_first_parts(ready)


def while_it_waits(world: World, fault: Fault, act: Callable[[], object]) -> None:
    """Add a fault, and let others act once at the first pause after it has struck."""
    faults = world.sandbox.cloud.faults
    faults.add(fault)

    def acting() -> None:
        if any(one.struck for one in faults.known()):
            world.on_sleep = lambda: None
            faults.clear()
            act()

    world.on_sleep = acting


@pytest.mark.parametrize("effect", [Effect.THROTTLED, Effect.UNAVAILABLE, Effect.DROP])
@pytest.mark.parametrize("path", BODIES, ids=["group", "network", "zone"])
def test_what_others_make_while_a_request_waits_is_not_overwritten(before: World, path: str, effect: Effect) -> None:
    fault = Fault(effect, method="PUT", path=path, times=1, seconds=120)
    while_it_waits(before, fault, lambda: colleague(before, "PUT", path, BODIES[path]))
    with pytest.raises(AzureRefused, match="Somebody else created"):
        step_that_makes(before, path).apply(Phases())
    assert colleague(before, "GET", path)["tags"] == BLUE
    assert path not in ids(before).values()
    assert before.clean_up(confirm_clean_up=True).plan().problems == ()


@pytest.mark.parametrize("path", BODIES, ids=["group", "network", "zone"])
def test_what_a_request_wrote_over_stays_theirs(before: World, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They came after the last look: Azure answers 200 then, and 201 for what is new."""
    look = _Creation.refuse_if_taken

    def look_and_lose_time(creation: _Creation, **options: Any) -> None:
        look(creation, **options)
        if creation.change.resource_id == path:
            colleague(before, "PUT", path, BODIES[path])

    monkeypatch.setattr(_Creation, "refuse_if_taken", look_and_lose_time)
    with pytest.raises(AzureRefused, match="Somebody else created"):
        step_that_makes(before, path).apply()
    assert path not in ids(before).values()
    before.clean_up(confirm_clean_up=True).apply()
    assert colleague(before, "GET", path)


def test_a_failed_network_of_others_is_not_written_again(ready: World) -> None:
    after_first_parts(ready)
    ready.sandbox.cloud.faults.add(Fault(Effect.FAILED, method="PUT", path=NETWORK, times=1))
    colleague(ready, "PUT", NETWORK, BODIES[NETWORK])
    assert colleague(ready, "GET", NETWORK)["properties"]["provisioningState"] == "Failed"
    with pytest.raises(AzureRefused, match="Somebody else created"):
        PrivateAccess(ready.context(), {}).apply()
    assert colleague(ready, "GET", NETWORK)["tags"] == BLUE
    assert NETWORK not in ids(ready).values()


@pytest.mark.parametrize("effect", [Effect.THROTTLED, Effect.UNAVAILABLE])
def test_what_others_make_again_while_a_deletion_waits_stays(ready: World, effect: Effect) -> None:
    after_first_parts(ready)

    def act() -> None:
        azure.management(ready.sandbox).digital_twins.begin_delete(GROUP, NAME, polling=False)
        ready.clock.advance(600)
        colleague_creates(ready)

    while_it_waits(ready, Fault(effect, method="DELETE", path=SCOPE, times=1, seconds=120), act)
    step = ready.clean_up(confirm_clean_up=True)
    assert "Azure Digital Twins instance" not in kinds(step.apply(Phases()).made)
    assert exists(ready)
    assert "made it again since" in staying(step.plan())


def test_tags_and_identities_that_others_add_after_the_plan_stay(ready: World) -> None:
    ready.somebody_makes_group()
    colleague_creates(ready)
    step = ready.create(tags={"cost": "12"}, system_identity=True)

    def act() -> None:
        azure.management(ready.sandbox).digital_twins.begin_update(
            GROUP, NAME, DigitalTwinsPatchDescription(tags={**BLUE, "added": "since"}), polling=False
        )
        ready.clock.advance(60)
        made = colleague(
            ready,
            "PUT",
            f"{GROUP_SCOPE}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs",
            {"location": "westeurope"},
        )
        somebody_changes(ready, "UserAssigned", made["id"])

    look = step._look

    def look_and_lose_time() -> Any:
        seen = look()
        act()
        return seen

    step._look = look_and_lose_time  # type: ignore[method-assign]
    step.apply()
    there = instance(ready)
    assert there.tags == {"team": "blue", "added": "since", "cost": "12"}
    assert there.identity.type == "SystemAssigned,UserAssigned"


def test_public_access_that_is_off_stays_off_when_a_failed_instance_is_made_again(ready: World) -> None:
    ready.somebody_makes_group()
    ready.sandbox.cloud.faults.add(Fault(Effect.FAILED, method="PUT", path=SCOPE, times=1))
    body = {"location": "westeurope", "properties": {"publicNetworkAccess": "Disabled"}}
    colleague(ready, "PUT", SCOPE, body)
    bodies: list[Any] = []

    def watch(request: Any, _answer: Any) -> None:
        if request.method == "PUT" and request.path.lower() == SCOPE.lower():
            bodies.append(json.loads(request.body))

    ready.sandbox.cloud.observers.append(watch)
    ready.create().apply()
    assert [one["properties"] for one in bodies] == [{"publicNetworkAccess": "Disabled"}]
    assert instance(ready).public_network_access == "Disabled"


def test_a_tag_of_others_that_differs_in_case_is_the_same_tag(ready: World) -> None:
    ready.somebody_makes_group()
    colleague_creates(ready)
    ready.create(tags={"TEAM": "red"}).apply()
    assert instance(ready).tags == {"team": "red"}
    assert ready.create(tags={"Team": "red"}).plan().empty


def test_a_group_that_lost_its_tag_stays_and_says_so(ready: World) -> None:
    ready.create().apply()
    colleague(ready, "PUT", GROUP_SCOPE, {"location": "westeurope", "tags": {}})
    step = ready.clean_up(confirm_clean_up=True)
    assert kinds(step.apply().made) == ["Azure Digital Twins instance"]
    assert "it no longer carries this run's tag adt-setup-runbook" in step.verify().checks[1].evidence


@pytest.mark.parametrize("kind", ["Private DNS zone", "Virtual network link"])
def test_a_zone_and_a_link_of_others_are_not_written_over_in_the_last_millisecond(ready: World, kind: str) -> None:
    """Azure has a precondition for them: the request itself says that there must be none."""
    step = PrivateAccess(after_first_parts(ready).context(), {})
    (change,) = [one for one in step.plan().changes if one.kind == kind]
    send, sent = RequestsTransport.send, list[str]()

    def sending(transport: Any, request: Any, **options: Any) -> Any:
        if request.method == "PUT" and request.url.partition("?")[0].lower().endswith(change.resource_id.lower()):
            sent.append(request.url)
            if len(sent) == 1:
                colleague(ready, "PUT", change.resource_id, {**json.loads(request.body), "tags": BLUE})
        return send(transport, request, **options)

    with patch.object(RequestsTransport, "send", sending), pytest.raises(AzureRefused, match="Somebody else created"):
        step.apply()
    assert colleague(ready, "GET", change.resource_id)["tags"] == BLUE
    assert change.resource_id.lower() not in ids(ready).values()


def test_a_zone_whose_answer_was_lost_is_this_runs(ready: World) -> None:
    """The same request once more is refused, because the first try has made it."""
    step = PrivateAccess(after_first_parts(ready).context(), {})
    ready.sandbox.cloud.faults.add(Fault(Effect.DROP_ANSWER, method="PUT", path=ZONE, times=1))
    step.apply()
    assert ZONE.lower() in {one.resource_id.lower() for one in ready.journal.made()}
    assert step.plan().empty


def test_a_role_that_azure_does_not_show_yet_is_not_called_found(ready: World) -> None:
    ready.create().apply()
    role = type(removers()["Role"])
    with patch.object(role, "exists", lambda _self, _removal: False), pytest.raises(TimedOut, match="show it for 30 s"):
        ready.create(grant_access=True).apply()
    assert ready.journal.unfinished("create-instance"), "the record has it"
    ready.create(grant_access=True).apply()
    assert "Role" in kinds(ready.journal.made())


def test_a_role_that_somebody_gives_meanwhile_is_not_called_refused(ready: World) -> None:
    who = persona("owner").id
    colleague = Colleague("Assigning", lambda: ready.somebody_assigns(DATA_OWNER, who, SCOPE, by="access-admin"))
    outcome = ready.create(grant_access=True).apply(colleague)
    assert colleague.came
    assert outcome.notes == ()
    assert "Role" not in kinds(ready.journal.made())
