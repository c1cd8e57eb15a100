"""The guide in Azure Government: every request goes to that cloud's own hosts, and everything works as in Azure."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.azure.clouds import GOVERNMENT, PUBLIC
from runbook_lib.azure.target import connect
from runbook_lib.errors import PermissionMissing
from runbook_lib.explain.translate import explaining
from runbook_lib.export import Format
from runbook_lib.export.export import export
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.http import Answer, Request
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import TRAINING_ID
from runbook_lib.steps.core.recipes import script
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.data.call_rest import CallRest
from runbook_lib.steps.data.calls import MODELS_FILE
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.sandbox.command_line import CommandLine, with_az
from tests.steps.by_hand import run_commands, run_program
from tests.steps.data import models_file
from tests.steps.test_bad_days import through_the_sandbox

from .world import World

REGION = "usgovvirginia"


@pytest.fixture
def hosts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The hosts that the sandbox is asked for."""
    seen: set[str] = set()
    handle = sandbox.cloud.handle

    def noting(request: Request) -> Answer:
        seen.add(request.host)
        return handle(request)

    monkeypatch.setattr(sandbox.cloud, "handle", noting)
    return seen


@pytest.fixture
def there(world: World) -> World:
    """A world in Azure Government, with an instance that its owner can use."""
    world.cloud = GOVERNMENT
    world.start_here().apply()
    world.create(region=REGION, connectivity="private", grant_access=True).apply()
    world.clock.advance(600)
    return world


def test_a_sign_in_goes_to_its_own_authority(
    sandbox: Sandbox, hosts: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    through_the_sandbox(sandbox, monkeypatch)
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")
    for way in ("service-principal", "default"):
        target = connect("azure", way)
        assert target.claims()["aud"] == GOVERNMENT.resource_manager
        target.credential.close()  # type: ignore[attr-defined]
    assert hosts == {GOVERNMENT.authority}


def test_the_guide_stays_in_its_cloud(there: World, hosts: set[str]) -> None:
    made = there.create(region=REGION, connectivity="private", grant_access=True)
    assert made.plan().changes == ()
    verified = made.verify()
    assert verified.passed, verified
    sent = CallRest(there.context(), {}).apply()
    private = PrivateAccess(there.context(), {}).verify()
    assert private.passed, private
    there.assign(principal="contributor@contoso.onmicrosoft.com").apply()
    host = next(name for name in hosts if name.endswith(f".{GOVERNMENT.data_suffix}"))
    assert hosts == {"management.usgovcloudapi.net", "graph.microsoft.us", host}
    shown = f"{sent}\n{private}\n{made.plan()}\n{verified}"
    assert "privatelink.digitaltwins.azure.us" in shown
    assert GOVERNMENT.resource_manager in shown
    for public in (PUBLIC.resource_manager, f"{PUBLIC.private_zone}", "api.weu.digitaltwins.azure.net"):
        assert public not in shown


def test_programs_and_commands_work_there(there: World, hosts: set[str], tmp_path: Path) -> None:
    """Each plan's program is run as it is shown; afterwards, nothing is left to do."""
    extra: dict[str, Any] = {"tags": {"env": "test"}, "region": REGION, "connectivity": "private"}
    steps: list[Step[Any, Any]] = [
        there.create(**extra, system_identity=True),
        there.create(**extra, instance_name="another", grant_access=True),
        there.assign(principal="contributor@contoso.onmicrosoft.com"),
        ManagedIdentity(there.context(), {"associate_identity": "id-twins", "create_identity": True}),
        PrivateAccess(there.context(), {"public_network_access": "disabled"}),
        PrivateAccess(there.context(), {"public_network_access": "enabled"}),
        BuildGraph(there.context(), {}),
    ]
    for step in steps:
        plan = step.plan()
        assert plan.changes, step.id
        if isinstance(step, BuildGraph):
            (tmp_path / MODELS_FILE).write_text(models_file(plan), "utf-8")
        run_program(there, plan, tmp_path)
        there.clock.advance(600)
        assert step.plan().changes == (), step.id
        shown = str(plan)
        assert f"The same in the Azure portal ({GOVERNMENT.portal})" in shown
        assert plan.as_json()["cloud"] == "AzureUSGovernment"
        if plan.commands:
            assert "az cloud set --name AzureUSGovernment" in shown
    asking = run_program(there, CallRest(there.context(), {}).plan(), tmp_path)
    assert asking["rows"] == [{"COUNT": 6}]
    assert asking["instance"].location == REGION
    assert not [host for host in hosts if host.endswith((".azure.com", ".azure.net"))]


def test_the_programs_of_the_start_and_the_end_work_there(world: World, hosts: set[str], tmp_path: Path) -> None:
    world.cloud = GOVERNMENT
    run_program(world, world.start_here().plan(), tmp_path)
    assert world.start_here().plan().changes == ()
    world.create(region=REGION).apply()
    removal = world.clean_up(confirm_clean_up=True)
    run_program(world, removal.plan(), tmp_path)
    world.clock.advance(600)
    assert removal.plan().changes == ()
    assert not [host for host in hosts if host.endswith((".azure.com", ".azure.net"))]


def test_what_belongs_to_another_cloud_is_refused_before_anything_is_asked(there: World, hosts: set[str]) -> None:
    zone = f"/subscriptions/{TRAINING_ID}/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones"
    step = PrivateAccess(there.context(), {"private_dns_zone": f"{zone}/{PUBLIC.private_zone}"})
    (problem,) = step.plan().problems
    assert (problem.field, GOVERNMENT.private_zone in problem.remedy) == ("private_dns_zone", True)
    host = "my-first-twins.api.weu.digitaltwins.azure.net"
    (problem,) = CallRest(there.context(), {"host_name": host}).plan().problems
    assert problem.message == f"{host} is in Azure, and you work in Azure Government."
    assert host not in hosts


def test_a_message_to_a_colleague_names_the_cloud(world: World) -> None:
    world.cloud = GOVERNMENT
    told = f"It's in Azure Government ({GOVERNMENT.portal}): az cloud set --name AzureUSGovernment"
    assert told in world.create("reader", region=REGION).plan().request
    eligible = world.create("eligible-owner", region=REGION).plan().problems[0].remedy
    assert "Command: az cloud set --name AzureUSGovernment && az rest " in eligible
    with pytest.raises(PermissionMissing) as refused, explaining("making a group"):
        clients = world.context("reader").clients
        clients.resources(TRAINING_ID).resource_groups.create_or_update("rg", {"location": REGION})
    assert told in refused.value.request


@with_az
def test_the_commands_of_a_plan_work_there(quick: World, az: CommandLine) -> None:
    quick.cloud = GOVERNMENT
    step = quick.create(region=REGION, grant_access=True)
    first, *_ = script(step.plan().recipes, GOVERNMENT).splitlines()
    az(*shlex.split(first)[1:])
    az.sign_in_as_user("owner")
    run_commands(az, step.plan(), quick.context().clients)
    assert step.plan().changes == ()


@pytest.mark.parametrize(
    ("wanted", "where", "told"),
    [
        ("bash", "", "\naz cloud set --name AzureUSGovernment\n"),
        ("powershell", "", "Connect-AzAccount -Environment AzureUSGovernment"),
        ("bicep", "", "\naz cloud set --name AzureUSGovernment\n"),
        ("arm", "", "\naz cloud set --name AzureUSGovernment\n"),
        ("terraform", 'provider "azurerm" {', 'environment     = "usgovernment"'),
        ("terraform", 'provider "azapi" {', 'environment = "usgovernment"'),
    ],
)
def test_a_plan_for_another_tool_stays_in_the_cloud(there: World, wanted: Format, where: str, told: str) -> None:
    creation = there.create(instance_name="second", region=REGION).plan()
    access = PrivateAccess(there.context(), {"public_network_access": "disabled", "confirm": True}).plan()
    made = export([*creation.recipes, *access.recipes], wanted, there.context().clients)
    text = "\n".join(["", *made.commands, *made.files.values()])
    assert told in text.partition(where)[2].partition("\n}")[0] if where else told in text


def test_clean_up_takes_all_of_it_back(there: World, hosts: set[str]) -> None:
    there.clean_up(confirm_clean_up=True).apply()
    assert not [host for host in hosts if host.endswith((".azure.com", ".azure.net"))]
    target = there.context().clients
    assert list(target.digital_twins(TRAINING_ID).digital_twins.list()) == []


def test_regions_are_those_of_the_cloud(world: World) -> None:
    world.cloud = GOVERNMENT
    world.start_here().apply()
    offered = [choice.value for choice in world.create().choices("region", {})]
    assert set(offered) == {"usgovarizona", "usgovvirginia"}
    problems = world.create(region="westeurope").plan().problems
    assert [problem.field for problem in problems] == ["region"]


def test_a_token_of_one_cloud_is_none_in_the_other(sandbox: Sandbox) -> None:
    for own, other in ((PUBLIC, GOVERNMENT), (GOVERNMENT, PUBLIC)):
        token = azure.token(sandbox, "owner", own.resource_manager)
        assert peek(token)["aud"] == own.resource_manager
        session = azure.http(sandbox)
        session.headers["Authorization"] = f"Bearer {token}"
        path = "/subscriptions?api-version=2022-12-01"
        assert session.get(f"{own.resource_manager}{path}").status_code == 200
        refused = session.get(f"{other.resource_manager}{path}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")
