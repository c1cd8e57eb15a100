"""Plans written for other tools: what is deployed, run or read ends where the step itself would."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.export import FORMATS, Format
from runbook_lib.export.arm import part_name
from runbook_lib.export.export import Export, export
from runbook_lib.sandbox.world import GROUP_NAME
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.sandbox.command_line import CommandLine, with_az
from tests.steps.cleaning import after_first_parts
from tests.steps.data import build
from tests.steps.plant import NAME, SCOPE, identity_step, somebody_makes_identity
from tests.steps.world import GROUP, World

from . import readers

Make = Callable[[World], Step[Any, Any]]
_ENDED = ("Succeeded", "Failed", "Canceled")
TAGS = {"env": "test", "owner's": '${x} [y] %{z} "q"', "brackets": "[not an expression]"}


def everything(world: World) -> Step[Any, Any]:
    return world.create(grant_access=True, system_identity=True, tags=TAGS, connectivity="private")


def for_a_group(world: World) -> Step[Any, Any]:
    return after_first_parts(world).assign(principal=GROUP_NAME)


def identities(world: World) -> Step[Any, Any]:
    after_first_parts(world)
    world.create(tags={"env": "test"}).apply()
    somebody_makes_identity(world, "id-kept")
    identity_step(world, associate_identity="id-kept").apply()
    return identity_step(world, system_assigned="keep", associate_identity="id-mine", create_identity=True)


def network(world: World) -> Step[Any, Any]:
    return PrivateAccess(after_first_parts(world).context(), {})


def closed(world: World) -> Step[Any, Any]:
    values = {"create_private_endpoint": False, "public_network_access": "disabled", "confirm": True}
    PrivateAccess(after_first_parts(world).context(), {}).apply()
    return PrivateAccess(world.context(), values)


def approved(world: World) -> Step[Any, Any]:
    asked = {"private_endpoint_name": "pe-asked", "request_approval": True, "private_dns": False}
    PrivateAccess(after_first_parts(world).context(), asked).apply()
    decide = {"create_private_endpoint": False, "decision": "approve", "connection": "pe-asked"}
    return PrivateAccess(world.context(), decide)


PLANS: dict[str, Make] = {one.__name__: one for one in (everything, for_a_group, identities, network, closed, approved)}
all_plans = pytest.mark.parametrize("make", PLANS.values(), ids=PLANS)


def written(world: World, step: Step[Any, Any], wanted: Format) -> Export:
    return export(step.plan().recipes, wanted, world.context().clients)


def send(world: World, method: str, address: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    audience = azure.DIGITAL_TWINS_SCOPE.removesuffix("/.default") if ".api." in address else ""
    session = azure.http(world.sandbox, "owner", *([audience] if audience else []))
    answer = session.request(method, address, json=body, headers=headers)
    assert answer.status_code < 400, answer.text
    world.clock.advance(600)
    return answer


def done(step: Step[Any, Any]) -> None:
    assert step.plan().empty
    assert step.verify().passed


@all_plans
def test_the_template_makes_what_the_step_would(ready: World, make: Make) -> None:
    step = make(ready)
    template = json.loads(written(ready, step, "arm").files["main.json"])
    place = SCOPE.partition("/resourceGroups/")[0]
    properties: dict[str, Any] = {"mode": "Incremental", "template": template}
    body: dict[str, Any] = {"properties": properties}
    if "subscription" in template["$schema"]:
        body["location"] = "westeurope"
    else:
        place += f"/resourceGroups/{GROUP}"
    address = f"https://management.azure.com{place}/providers/Microsoft.Resources/deployments/exported"
    send(ready, "PUT", f"{address}?api-version=2025-04-01", body)
    looks = (send(ready, "GET", f"{address}?api-version=2025-04-01").json()["properties"] for _ in range(20))
    assert next(one for one in looks if one["provisioningState"] in _ENDED)["provisioningState"] == "Succeeded"
    done(step)
    begun = send(ready, "POST", f"{address}/whatIf?api-version=2025-04-01", body)
    found = begun.json() if begun.status_code == 200 else send(ready, "GET", begun.headers["Location"]).json()
    assert {one["changeType"] for one in found["properties"]["changes"]} <= {"NoChange", "Ignore"}


@with_az
def test_the_azure_cli_deploys_the_template(quick: World, az: CommandLine, tmp_path: Path) -> None:
    quick.start_here().apply()
    step = everything(quick)
    made = written(quick, step, "arm")
    (tmp_path / "main.json").write_text(made.files["main.json"], "utf-8")
    (command,) = made.commands
    words = command.replace("main.json", str(tmp_path / "main.json")).split()[1:]
    planned = az(*[word.replace("create", "what-if") for word in words], "--no-pretty-print")["changes"]
    assert {one["changeType"] for one in planned} == {"Create"}
    assert az(*words)["properties"]["provisioningState"] == "Succeeded"
    assert step.plan().empty
    again = az(*[word.replace("create", "what-if") for word in words], "--no-pretty-print")["changes"]
    assert {one["changeType"] for one in again} <= {"NoChange", "Ignore"}


@all_plans
def test_bicep_says_what_the_template_says(ready: World, make: Make) -> None:
    step = make(ready)
    template = json.loads(written(ready, step, "arm").files["main.json"])
    files = written(ready, step, "bicep").files
    main, *parts = (readers.bicep(text) for text in files.values())
    if not parts:
        return assert_same(main, template["resources"])
    nested = [one for one in template["resources"] if one["type"] == "Microsoft.Resources/deployments"]
    assert_same([one for one in main if "@" in one[1]], [one for one in template["resources"] if one not in nested])
    modules = [one for one in main if "@" not in one[1]]
    assert [one[1] for one in modules] == list(files)[1:] == [f"{part_name(n + 1)}.bicep" for n in range(len(nested))]
    for part, deployment in zip(parts, nested, strict=True):
        assert_same(part, deployment["properties"]["template"]["resources"])
    return None


def assert_same(declared: list[tuple[str, str, bool, dict[str, Any]]], wanted: list[dict[str, Any]]) -> None:
    """Compare the resources of a Bicep file with those of a template, with what they depend on."""
    symbols = {symbol: (kind.partition("@")[0], said["name"]) for symbol, kind, _, said in declared}
    mine = [(kind, said) for _, kind, there, said in declared if not there]
    assert [kind for kind, _ in mine] == [f"{one['type']}@{one['apiVersion']}" for one in wanted]
    for (_, said), one in zip(mine, wanted, strict=True):
        own = {name: value for name, value in said.items() if name not in ("scope", "dependsOn")}
        theirs = {name: _plain(value) for name, value in one.items() if name not in _OF_TEMPLATES}
        assert own == theirs
        needed = {symbols[each] for each in (*said.get("dependsOn", ()), *filter(None, [said.get("scope")]))}
        extended = one.get("scope", "").rpartition("/")
        assert {name for _, name in needed} == {_last(each) for each in one.get("dependsOn", ())} | {extended[2]} - {""}


_OF_TEMPLATES = ("type", "apiVersion", "scope", "dependsOn")


def _last(resource_id: str) -> str:
    return "/".join(resource_id.rpartition("/providers/")[2].split("/")[2::2])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value[1:] if isinstance(value, str) and value.startswith("[[") else value


ARGUMENTS = {
    "azurerm_resource_group": {"name", "location", "tags"},
    "azurerm_digital_twins_instance": {"name", "resource_group_name", "location", "tags", "identity"},
    "azurerm_user_assigned_identity": {"name", "resource_group_name", "location", "tags"},
    "azurerm_role_assignment": {"name", "scope", "role_definition_id", "principal_id", "principal_type"},
    "azurerm_virtual_network": {"name", "resource_group_name", "location", "tags", "address_space"},
    "azurerm_subnet": {"name", "resource_group_name", "virtual_network_name", "address_prefixes"},
    "azurerm_private_dns_zone": {"name", "resource_group_name", "tags"},
    "azurerm_private_dns_zone_virtual_network_link": {
        "name",
        "resource_group_name",
        "private_dns_zone_name",
        "virtual_network_id",
        "registration_enabled",
        "tags",
    },
    "azurerm_private_endpoint": {
        "name",
        "resource_group_name",
        "location",
        "tags",
        "subnet_id",
        "private_service_connection",
        "private_dns_zone_group",
    },
    "azapi_resource": {"type", "parent_id", "name", "body"},
    "azapi_update_resource": {"type", "resource_id", "body"},
}
"""Arguments by kind, from the documentation of azurerm 4 and azapi 2."""


@all_plans
def test_terraform_names_everything_that_the_template_does(ready: World, make: Make) -> None:
    step = make(ready)
    template = json.loads(written(ready, step, "arm").files["main.json"])
    text = written(ready, step, "terraform").files["main.tf"]
    found = readers.terraform(text)
    for address, arguments in found.items():
        assert arguments.keys() - {"depends_on", "provider"} <= ARGUMENTS[address.partition(".")[0]], address
    resources = [one for one in template["resources"] if one["type"] != "Microsoft.Resources/deployments"]
    for one in template["resources"]:
        resources += one.get("properties", {}).get("template", {}).get("resources", ())
    names = {one["name"].rpartition("/")[2] for one in resources if not one["type"].endswith("privateDnsZoneGroups")}
    assert names == {arguments["name"] for arguments in found.values() if "name" in arguments}


def test_terraform_imports_what_it_changes_and_switches_what_azurerm_cannot(ready: World) -> None:
    step = closed(ready)
    text = written(ready, step, "terraform").files["main.tf"]
    assert readers.imports(text) == {f"azurerm_digital_twins_instance.{NAME}": SCOPE}
    switch = readers.terraform(text)["azapi_update_resource.public_network_access"]
    assert switch["body"] == {"properties": {"publicNetworkAccess": "Disabled"}}


def test_terraform_refers_to_what_it_creates(ready: World) -> None:
    found = readers.terraform(written(ready, everything(ready), "terraform").files["main.tf"])
    (endpoint,) = (one for address, one in found.items() if address.startswith("azurerm_private_endpoint."))
    assert endpoint["subnet_id"] == "${azurerm_subnet.private-endpoints.id}"
    (group,) = endpoint["private_dns_zone_group"]
    assert group["private_dns_zone_ids"] == ["${azurerm_private_dns_zone.privatelink_digitaltwins_azure_net.id}"]
    instance = found[f"azurerm_digital_twins_instance.{NAME}"]
    assert instance["tags"]["brackets"] == "[not an expression]"
    assert instance["resource_group_name"] == f"${{azurerm_resource_group.{GROUP}.name}}"


@pytest.mark.parametrize("make", [*PLANS.values(), lambda world: build(after_first_parts(world))], ids=[*PLANS, "data"])
def test_powershell_sends_what_the_step_would(ready: World, make: Make) -> None:
    step = make(ready)
    for method, address, headers, body in readers.powershell_requests(
        written(ready, step, "powershell").files["setup.ps1"]
    ):
        send(ready, method, address, body, headers)
    done(step)


def test_powershell_cleans_up_and_registers(world: World) -> None:
    start = world.start_here()
    text = written(world, start, "powershell").files["setup.ps1"]
    assert "Start-Sleep" in text
    for method, address, headers, body in readers.powershell_requests(text):
        send(world, method, address, body, headers)
    done(start)
    clean_up = after_first_parts(world).clean_up(confirm_clean_up=True)
    for method, address, _, _ in readers.powershell_requests(written(world, clean_up, "powershell").files["setup.ps1"]):
        send(world, method, address)
    assert not azure.resources(world.sandbox).resource_groups.check_existence(GROUP)


@with_az
@pytest.mark.parametrize("make", [network, for_a_group])
def test_bash_runs_the_azure_cli(quick: World, az: CommandLine, tmp_path: Path, make: Make) -> None:
    quick.start_here().apply()
    step = make(quick)
    script = tmp_path / "setup.sh"
    script.write_text(written(quick, step, "bash").files["setup.sh"], "utf-8")
    told = az.environment_variables()
    told["PATH"] = f"{Path(az.program).parent}:{told['PATH']}"
    ran = subprocess.run(["bash", str(script)], env=told, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    assert step.plan().empty


@pytest.mark.parametrize("wanted", ["arm", "bicep", "terraform"])
def test_what_no_template_can_say_is_named(ready: World, wanted: Format) -> None:
    after_first_parts(ready)
    both = [*identity_step(ready).plan().recipes, *build(ready).plan().recipes]
    made = export(both, wanted, ready.context().clients)
    assert "POST /models" in made.left_out
    assert not any(one.endswith("/query") for one in made.left_out)
    with pytest.raises(InputError, match="No template can say what this plan does"):
        written(ready, build(ready), wanted)


@pytest.mark.parametrize("wanted", FORMATS)
def test_a_plan_that_changes_nothing_has_nothing_to_write(ready: World, wanted: Format) -> None:
    after_first_parts(ready)
    with pytest.raises(InputError, match="nothing to write"):
        written(ready, ready.create(), wanted)
