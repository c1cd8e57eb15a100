"""What plans tell people to do by hand about private access ends where the step itself would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.parameters.naming_rules import RUN_TAG
from runbook_lib.steps.network import survey, topology
from runbook_lib.steps.network.kinds import BLOCK
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.sandbox.command_line import CommandLine, with_az
from tests.steps.by_hand import run_commands, run_program
from tests.steps.plant import GROUP_SCOPE, NAME, SCOPE, instance
from tests.steps.world import World, quick_world

PARTS = [
    "Virtual network",
    "Subnet",
    "Private endpoint",
    "Private DNS zone",
    "Virtual network link",
    "Private DNS zone group",
]
REQUEST: dict[str, Any] = {"request_approval": True, "private_dns": False}
WRITTEN_OUT = {"ipVersionType": "IPv4", "enableVmProtection": False}
"""What az says although it is so anyway."""


def furnish(world: World) -> World:
    """Make the instance, whose data the owner may read."""
    world.create(grant_access=True, tags={"env": "test"}, system_identity=True).apply()
    world.clock.advance(600)
    return world


@pytest.fixture
def made(world: World) -> World:
    return furnish(world)


@pytest.fixture
def by_step(tmp_path: Path) -> Iterator[World]:
    """Another world like `quick`, in which the step itself works."""
    with quick_world(tmp_path / "by-step") as world:
        yield world


def access(world: World, **values: Any) -> PrivateAccess:
    return PrivateAccess(world.context(), values)


def connections(world: World) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(one.endpoint, one.status, one.description, one.group_ids) for one in topology.connections(instance(world))]


def parts(world: World, **values: Any) -> dict[str, Any]:
    """Every part of the private endpoint as Azure describes it, without what differs each time."""
    step = access(world, **values)
    found = survey.survey(step.context.clients, step.parameters, SCOPE, "westeurope", "")
    there = (found.network, found.endpoint, found.zone, found.link, found.zone_group)
    return {str(one["id"]): _plain(one) for one in there if one}


DIFFERENT = ("etag", "resourceGuid", RUN_TAG)
"""What each thing has of its own, and the tag of the run that made it."""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _plain(one)
            for key, one in value.items()
            if key not in DIFFERENT and not (key in WRITTEN_OUT and one == WRITTEN_OUT[key])
        }
    return [_plain(one) for one in value] if isinstance(value, list) else value


# With Python


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, PARTS),
        ({"private_dns": False}, PARTS[:3]),
        ({"public_network_access": "disabled", "address_range": "10.9.0.0/26"}, [*PARTS, BLOCK.name]),
        (REQUEST, PARTS[:3]),
    ],
)
def test_the_program_makes_what_the_step_would(
    made: World, tmp_path: Path, values: dict[str, Any], kinds: list[str]
) -> None:
    step = access(made, **values)
    plan = step.plan()
    assert [change.kind for change in plan.changes] == kinds
    run_program(made, plan, tmp_path)
    assert step.plan().empty
    assert step.verify().passed
    there = instance(made)
    assert there.tags == {"env": "test", RUN_TAG: made.journal.run_id}
    assert there.identity.type == "SystemAssigned"


def test_the_program_registers_the_provider_before_anything_needs_it(made: World, tmp_path: Path) -> None:
    made.somebody_unregisters(topology.NAMESPACE)
    step = access(made, public_network_access="disabled")
    plan = step.plan()
    assert [way.calls[0].operation for way in plan.recipes][:2] == [
        "providers.register", "resources.begin_create_or_update_by_id",
    ]  # fmt: skip
    assert len(plan.recipes) == len(plan.changes)
    run_program(made, plan, tmp_path)
    assert step.plan().empty


def test_the_program_uses_a_network_that_is_there(made: World, tmp_path: Path) -> None:
    theirs = f"{GROUP_SCOPE}/providers/{topology.NETWORKS}/vnet-plant"
    used = {"name": "machines", "properties": {"addressPrefix": "10.1.0.0/26"}}
    body = {
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/24"]}, "subnets": [used]},
    }
    operations = azure.resources(made.sandbox).resources
    operations.begin_create_or_update_by_id(theirs, body, api_version=topology.version_of(theirs), polling=False)
    made.clock.advance(600)
    step = access(made, virtual_network="vnet-plant")
    run_program(made, step.plan(), tmp_path)
    assert step.plan().empty
    subnets = parts(made, virtual_network="vnet-plant")[theirs]["properties"]["subnets"]
    assert [(one["name"], one["properties"]["addressPrefix"]) for one in subnets] == [
        ("machines", "10.1.0.0/26"),
        ("private-endpoints", "10.1.0.64/27"),
    ]


def test_the_programs_decide_about_a_connection(made: World, tmp_path: Path) -> None:
    access(made, **REQUEST).apply()
    approval = access(made, decision="approve", create_private_endpoint=False)
    run_program(made, approval.plan(), tmp_path)
    assert approval.plan().empty
    told = "Approved with the Azure Digital Twins setup guide."
    assert connections(made) == [(f"pe-{NAME}", "Approved", told, ("API",))]
    refusal = access(made, decision="reject", create_private_endpoint=False)
    run_program(made, refusal.plan(), tmp_path)
    assert refusal.plan().empty
    assert [status for _, status, *_ in connections(made)] == ["Rejected"]


def test_the_program_opens_the_public_door_again(made: World, tmp_path: Path) -> None:
    access(made, public_network_access="disabled", create_private_endpoint=False, confirm=True).apply()
    step = access(made, public_network_access="enabled", create_private_endpoint=False)
    run_program(made, step.plan(), tmp_path)
    assert step.plan().empty
    assert topology.public_access(instance(made)) == "Enabled"


def test_the_program_of_a_creation_makes_its_private_endpoint_too(world: World, tmp_path: Path) -> None:
    step = world.create(connectivity="private", grant_access=True)
    plan = step.plan()
    assert [change.kind for change in plan.changes][-7:] == [*PARTS, "Role"]
    assert len(plan.recipes) == len(plan.changes)
    run_program(world, plan, tmp_path)
    assert step.plan().empty
    assert step.verify().passed


# In the portal


def test_the_portal_is_named_by_its_pages(made: World) -> None:
    pages = [way.portal for way in access(made, public_network_access="disabled").plan().recipes]
    assert [page.partition(" > ")[0] for page in pages] == [
        "Create a resource",
        f"vnet-{NAME}",
        NAME,
        "Create a resource",
        PUBLIC.private_zone,
        f"pe-{NAME}",
        NAME,
    ]
    assert "Subnets > + Subnet > Name: private-endpoints > Starting address and size: 10.20.0.0/27" in pages[1]
    assert "Networking > Private endpoint connections > + Private endpoint > Basics" in pages[2]
    assert pages[-1].endswith("Networking > Public access > Allow public network access to: Disabled > Save")


def test_the_portal_asks_for_approval_by_the_resource_id(made: World) -> None:
    page = access(made, **REQUEST).plan().recipes[2].portal
    assert page.startswith("Private Link Center > Private endpoints > Create > Basics")
    assert f"Resource ID or alias: {SCOPE} > Target sub-resource: API > Request message: Private access for" in page
    access(made, **REQUEST).apply()
    for decision, label in (("approve", "Approve"), ("reject", "Reject")):
        [way] = access(made, decision=decision, create_private_endpoint=False).plan().recipes
        assert way.portal == f"{NAME} > Networking > Private endpoint connections > pe-{NAME} > {label} > Yes"


# With the Azure CLI


@with_az
def test_the_commands_make_what_the_step_would(quick: World, az: CommandLine, by_step: World) -> None:
    furnish(quick)
    furnish(by_step)
    quick.somebody_unregisters(topology.NAMESPACE)
    step = access(quick, public_network_access="disabled")
    run = run_commands(az, step.plan(), quick.context().clients)
    assert len(run) == 8
    assert step.plan().empty
    assert {check.status for check in step.verify().checks} == {"passed"}
    access(by_step, public_network_access="disabled", confirm=True).apply()
    assert parts(quick) == parts(by_step)
    assert connections(quick) == connections(by_step)
    there = instance(quick)
    assert (there.public_network_access, there.tags, there.identity.type) == (
        "Disabled",
        {"env": "test", RUN_TAG: quick.journal.run_id},
        "SystemAssigned",
    )
    back = access(quick, public_network_access="enabled")
    run_commands(az, back.plan(), quick.context().clients)
    assert back.plan().empty


@with_az
def test_the_commands_ask_for_approval_and_decide(quick: World, az: CommandLine, by_step: World) -> None:
    furnish(quick)
    clients = quick.context().clients
    step = access(quick, **REQUEST)
    run_commands(az, step.plan(), clients)
    assert step.plan().empty
    furnish(by_step)
    access(by_step, **REQUEST).apply()
    assert parts(quick, **REQUEST) == parts(by_step, **REQUEST)
    assert connections(quick) == connections(by_step)
    for decision, status in (("approve", "Approved"), ("reject", "Rejected")):
        deciding = access(quick, **REQUEST, decision=decision)
        run_commands(az, deciding.plan(), clients)
        assert deciding.plan().empty
        assert [found for _, found, *_ in connections(quick)] == [status]


@with_az
def test_the_commands_of_a_creation_make_its_private_endpoint_too(
    quick: World, az: CommandLine, by_step: World
) -> None:
    step = quick.create(connectivity="private")
    run_commands(az, step.plan(), quick.context().clients)
    assert step.plan().empty
    assert step.verify().passed
    by_step.create(connectivity="private").apply()
    assert parts(quick) == parts(by_step)
