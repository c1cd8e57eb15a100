"""What cleaning up tells people to do by hand removes what the step would, and nothing of anybody else."""

from __future__ import annotations

from pathlib import Path

from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.sandbox.roles import DATA_OWNER, READER
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.data_plane.kinds import MODEL, RELATIONSHIP, TWIN
from runbook_lib.steps.directory.kinds import ROLE
from runbook_lib.steps.identity import survey
from runbook_lib.steps.identity.kinds import ASSOCIATED, OWN_IDENTITY
from runbook_lib.steps.network import topology
from runbook_lib.steps.network.kinds import BLOCK, SUBNET
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.sandbox.command_line import CommandLine, with_az
from tests.steps.by_hand import run_commands, run_program

from .cleaning import FLOOR, WHOLE_GUIDE, after_all_parts, kinds
from .plant import (
    GROUP_SCOPE,
    HOST,
    NAME,
    SCOPE,
    identity_of,
    identity_step,
    instance,
    somebody_changes,
    somebody_makes_identity,
)
from .world import GROUP, World


def full(name: str) -> str:
    return survey.identity_id(TRAINING_ID, GROUP, name)


def in_theirs(world: World) -> World:
    """Run parts of the guide with an instance that somebody else has made, and has things in."""
    world.start_here().apply()
    world.somebody_makes_group()
    world.somebody_makes(NAME, finished=True)
    world.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)
    world.somebody_assigns(READER, persona("contributor").id, SCOPE)
    somebody_makes_identity(world, "id-theirs")
    somebody_changes(world, "UserAssigned", full("id-theirs"))
    for name in ("id-one", "id-two"):
        identity_step(world, system_assigned="on", associate_identity=name, create_identity=True).apply()
    world.assign(principal=persona("reader").user_principal_name).apply()
    BuildGraph(world.context(), {}).apply()
    azure.data_plane(world.sandbox, "owner", HOST).create_models([FLOOR])
    body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/24"]}}}
    theirs = f"{GROUP_SCOPE}/providers/{topology.NETWORKS}/vnet-theirs"
    operations = azure.resources(world.sandbox).resources
    operations.begin_create_or_update_by_id(theirs, body, api_version=topology.version_of(theirs), polling=False)
    world.clock.advance(600)
    PrivateAccess(world.context(), {"virtual_network": "vnet-theirs"}).apply()
    world.clock.advance(600)
    return world


def shut_off(world: World) -> World:
    """Run the whole guide, and switch public network access off."""
    PrivateAccess(after_all_parts(world).context(), {"public_network_access": "disabled", "confirm": True}).apply()
    return world


def check_theirs(world: World) -> None:
    """Everything that is not this run's is as it was, and nothing else is there."""
    there = instance(world)
    assert list(identity_of(world)["user_assigned_identities"]) == [full("id-theirs")]
    assert (there.identity.type, there.public_network_access) == ("UserAssigned", "Enabled")
    assert topology.connections(there) == []
    data = azure.data_plane(world.sandbox, "owner", HOST)
    assert [model.id for model in data.list_models()] == [FLOOR["@id"]]
    assert list(data.query_twins("SELECT * FROM digitaltwins")) == []
    roles = azure.authorization(world.sandbox).role_assignments.list_for_scope(SCOPE, filter="atScope()")
    mine = {role.principal_id for role in roles if str(role.scope).lower() == SCOPE.lower()}
    assert mine == {persona("owner").id, persona("contributor").id}
    left = azure.resources(world.sandbox).resources.list_by_resource_group(GROUP)
    assert {str(one.name) for one in left} == {NAME, "id-theirs", "vnet-theirs"}


# With Python


def test_the_program_takes_back_the_whole_guide(ready: World, tmp_path: Path) -> None:
    step = shut_off(ready).clean_up()
    plan = step.plan()
    assert kinds(plan.changes) == [WHOLE_GUIDE[0], BLOCK.name, *WHOLE_GUIDE[1:]]
    assert len(plan.recipes) == len(plan.changes)
    run_program(ready, plan, tmp_path)
    assert not azure.resources(ready.sandbox).resource_groups.check_existence(GROUP)
    assert step.plan().empty
    assert [check.status for check in step.verify().checks] == ["passed"] * 3


def test_the_program_leaves_what_is_somebody_elses(world: World, tmp_path: Path) -> None:
    step = in_theirs(world).clean_up()
    plan = step.plan()
    assert {one.name for one in (MODEL, TWIN, RELATIONSHIP, SUBNET, ROLE)} < set(kinds(plan.changes))
    run_program(world, plan, tmp_path)
    assert step.plan().empty
    check_theirs(world)


def test_the_program_removes_roles_that_nobody_holds(ready: World, tmp_path: Path) -> None:
    who = "5c1e3a52-0a40-4f3e-9d0c-1d6d4c4c5a11"
    store = ready.sandbox.cloud.store
    store.put("user", who, {"id": who, "displayName": "Leaver", "userPrincipalName": "l@contoso.com"})
    ready.somebody_assigns(READER, who, f"/subscriptions/{TRAINING_ID}")
    store.delete("user", who)
    ready.clock.advance(3600)
    step = ready.clean_up(remove_orphans=True)
    [way] = step.plan().recipes
    assert way.portal == f"{TRAINING_ID} > Access control (IAM) > Role assignments > Reader to {who} > Remove > Yes"
    run_program(ready, step.plan(), tmp_path)
    assert step.plan().empty


def test_each_removal_of_an_identity_reckons_with_those_before_it(world: World) -> None:
    plan = in_theirs(world).clean_up().plan()
    said = [
        (change.name, body.type, {key.rpartition("/")[2]: one is not None for key, one in users.items()})
        for change, way in zip(plan.changes, plan.recipes, strict=True)
        if change.kind in (ASSOCIATED.name, OWN_IDENTITY.name)
        for body in [way.calls[0].arguments[2].value.identity]
        for users in [body.user_assigned_identities]
    ]
    assert said == [
        ("id-two", "SystemAssigned,UserAssigned", {"id-theirs": True, "id-one": True, "id-two": False}),
        ("id-one", "SystemAssigned,UserAssigned", {"id-theirs": True, "id-one": False}),
        (NAME, "UserAssigned", {"id-theirs": True}),
    ]


# In the portal


def test_the_portal_is_named_by_its_pages(ready: World) -> None:
    pages = [way.portal for way in shut_off(ready).clean_up().plan().recipes]
    role = "Azure Digital Twins Data Owner to owner@contoso.onmicrosoft.com at the instance"
    assert pages == [
        f"{NAME} > Access control (IAM) > Role assignments > {role} > Remove > Yes",
        f"{NAME} > Networking > Public access > Allow public network access to: All networks > Save",
        f"pe-{NAME} > DNS configuration > the configuration with the zone's name > Delete",
        f"pe-{NAME} > Overview > Delete",
        f"{PUBLIC.private_zone} > DNS Management > Virtual Network Links > link-vnet-{NAME} > Delete",
        f"{PUBLIC.private_zone} > Overview > Delete zone",
        f"vnet-{NAME} > Subnets > private-endpoints > Delete",
        f"vnet-{NAME} > Overview > Delete",
        f"{NAME} > Identity > User-assigned (preview) > id-mine > Remove > Yes",
        f"{NAME} > Identity > System-assigned > Off > Save > Yes",
        "id-mine > Overview > Delete",
        f"{NAME} > Overview > Delete",
        f"{GROUP} > Overview > Delete resource group",
    ]


def test_data_is_removed_in_explorer(world: World) -> None:
    pages = [way.portal for way in in_theirs(world).clean_up().plan().recipes]
    explorer = f"{NAME} > Overview > Open Azure Digital Twins Explorer (preview)"
    for page in (
        "TWIN GRAPH > feeds-factory-oven > right-click > Delete relationship(s)",
        "TWIN GRAPH > factory-oven > right-click > Delete twin(s)",
        "MODELS > dtmi:com:contoso:factory:Machine;1 > Delete Model",
    ):
        assert f"{explorer} > {page}" in pages


# With the Azure CLI


@with_az
def test_the_commands_take_back_the_whole_guide(quick: World, az: CommandLine) -> None:
    step = shut_off(quick).clean_up()
    run = run_commands(az, step.plan(), quick.context().clients)
    assert sum(not line.startswith("az dt ") for line in run) == 10
    assert not azure.resources(quick.sandbox).resource_groups.check_existence(GROUP)
    assert step.plan().empty
    assert [check.status for check in step.verify().checks] == ["passed"] * 3


@with_az
def test_the_commands_leave_what_is_somebody_elses(quick: World, az: CommandLine) -> None:
    step = in_theirs(quick).clean_up()
    run_commands(az, step.plan(), quick.context().clients)
    assert step.plan().empty
    check_theirs(quick)
