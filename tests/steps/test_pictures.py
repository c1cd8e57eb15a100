"""Every plan and every outcome has a picture of the setup, with a mark at all that changes or can't."""

from __future__ import annotations

import pytest

from runbook_lib.display.drawing import Drawing
from runbook_lib.sandbox import Sandbox
from runbook_lib.steps.core.results import Plan
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests.steps.test_exact_plans import STEPS
from tests.steps.world import World


def lines(picture: Drawing | None) -> list[str]:
    assert picture is not None
    return picture.text().splitlines()[1:]


def marks(picture: Drawing | None) -> list[str]:
    assert picture is not None
    return [mark for mark in (*(one.mark for one in picture.nodes), *(one.mark for one in picture.edges)) if mark]


def test_a_new_setup_is_drawn_with_everything_that_comes_with_it(world: World) -> None:
    world.start_here().apply()
    step = world.create(connectivity="private", grant_access=True, system_identity=True)
    plan = step.plan()
    assert lines(plan.picture) == [
        "  Contoso Training (Subscription)",
        "    rg-digital-twins (Resource group) + new",
        "      my-first-twins (Azure Digital Twins instance) + new",
        "      ├─ acts as → System-assigned identity + new",
        "      ├─ lets in → owner@contoso.onmicrosoft.com (Azure Digital Twins Data Owner) + new",
        "      └─ reached through → pe-my-first-twins (Private endpoint) + new",
        "         ├─ in → private-endpoints (Subnet) + new",
        "         │  └─ of → vnet-my-first-twins (Virtual network) + new",
        "         └─ named in + new → privatelink.digitaltwins.azure.net (Private DNS zone) + new",
        "            └─ linked to + new → vnet-my-first-twins (see there)",
    ]
    outcome = step.apply()
    assert lines(outcome.picture) == lines(plan.picture)  # all of it was made
    assert plan.picture and plan.picture.title == "The setup, and what this would change"
    again = step.plan()
    assert not marks(again.picture)
    there = "\n".join(lines(plan.picture)).replace(" + new", "").replace("through", "through, approved")
    assert {line.strip("│├└─ ") for line in lines(again.picture)} == {line.strip("│├└─ ") for line in there.split("\n")}
    assert "picture" not in plan.as_json()
    assert "picture" not in outcome.as_json()


def test_identities_that_go_and_come_are_told_apart(world: World) -> None:
    world.start_here().apply()
    world.create(system_identity=True).apply()
    wanted = {"system_assigned": "off", "associate_identity": "id-mine", "create_identity": True, "confirm": True}
    assert lines(ManagedIdentity(world.context(), wanted).plan().picture) == [
        "  Contoso Training (Subscription)",
        "    rg-digital-twins (Resource group)",
        "      my-first-twins (Azure Digital Twins instance)",
        "      ├─ acts as → System-assigned identity − removed",
        "      └─ acts as → id-mine (User-assigned identity) + new",
        "      id-mine (User-assigned managed identity) + new",
    ]


def test_people_with_access_are_in_it_and_a_closed_door_is(world: World) -> None:
    world.start_here().apply()
    world.create(grant_access=True).apply()
    assert lines(world.assign(principal="Ruth Reader").plan().picture)[3:] == [
        "      ├─ lets in → owner@contoso.onmicrosoft.com (Azure Digital Twins Data Owner)",
        "      └─ lets in → Ruth Reader (Azure Digital Twins Data Owner) + new",
    ]
    closing = PrivateAccess(world.context(), {"public_network_access": "disabled", "confirm": True})
    assert "      ├─ closed to → Internet (public network access off) + new" in lines(closing.plan().picture)


def test_what_is_in_the_way_is_marked_as_blocked(world: World) -> None:
    world.start_here().apply()
    refused = world.create("reader", grant_access=True).plan()
    assert refused.blocked
    assert {*marks(refused.picture)} == {"blocked"}
    partly = world.create("contributor", grant_access=True)
    for picture in (partly.plan().picture, partly.apply().picture):
        assert [line.rpartition(") ")[2] for line in lines(picture)[1:]] == ["+ new", "+ new", "⊘ blocked"]


def test_clean_up_shows_what_goes_and_what_stays(world: World) -> None:
    world.start_here().apply()
    world.create(grant_access=True).apply()
    assert lines(world.clean_up().plan().picture) == [
        "  Contoso Training (Subscription)",
        "    rg-digital-twins (Resource group) − removed",
        "      my-first-twins (Azure Digital Twins instance) − removed",
        "      └─ lets in → owner@contoso.onmicrosoft.com (Azure Digital Twins Data Owner) − removed",
    ]


@pytest.mark.parametrize("name", STEPS)
def test_every_change_of_a_plan_has_its_mark(world: World, name: str) -> None:
    prepare, make = STEPS[name]
    prepare(world)
    plan: Plan = make(world, "owner").plan()
    assert plan.changes
    picture = plan.picture
    assert picture is not None
    shared = sum(int(node.name.partition(" × ")[0]) - 1 for node in picture.nodes if " × " in node.name)
    assert len(marks(picture)) + shared >= len(plan.changes)


def test_a_picture_costs_no_request(world: World, sandbox: Sandbox) -> None:
    world.start_here().apply()
    step = world.create()
    seen: list[str] = []
    sandbox.cloud.observers.append(lambda request, _: seen.append(request.path))
    plan, found = step._look()
    before = len(seen)
    assert found is not None
    step._pictured(found, plan, plan.changes, "again")
    assert len(seen) == before
