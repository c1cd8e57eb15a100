"""The sandbox as the Azure CLI sees it: a foreign client, written by people who never heard of the sandbox.

The CLI lives in an environment of its own, because it pins its own versions of Azure's libraries; `RUNBOOK_AZ` names
its program. Each command costs a start of about a second, so there are few, and all share one sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import DOMAIN, PRODUCTION_ID, TRAINING_ID, persona
from tests.sandbox.bicep_template import BICEP
from tests.sandbox.command_line import PROGRAM, CommandLine, Refused, with_az

pytestmark = with_az

GROUP = "rg-from-az"
TWINS = (
    f"/subscriptions/{TRAINING_ID}/resourceGroups/{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/az-1"
)
ARM = "https://management.azure.com"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all commands, in which nothing takes time."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def az(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The owner's prompt, after `az login --use-device-code`."""
    prompt = CommandLine(PROGRAM, sandbox, tmp_path_factory.mktemp("owner"))
    found = prompt.sign_in_as_user("owner")
    assert [one["id"] for one in found] == [TRAINING_ID, PRODUCTION_ID]
    return prompt


@pytest.fixture(scope="module")
def group(az: CommandLine) -> str:
    made = az("group", "create", "--name", GROUP, "--location", "westeurope", "--tags", "by=az")
    assert (made["properties"]["provisioningState"], made["tags"]) == ("Succeeded", {"by": "az"})
    return GROUP


@pytest.fixture(scope="module")
def twins(az: CommandLine, group: str) -> str:
    """An instance, made by the CLI's plain door to Azure Resource Manager (its `az dt` is not on PyPI)."""
    az("provider", "register", "--namespace", "Microsoft.DigitalTwins", "--wait")
    body = json.dumps({"location": "westeurope"})
    made = az("rest", "--method", "put", "--url", f"{ARM}{TWINS}?api-version=2023-01-31", "--body", body)
    assert made["properties"]["provisioningState"] == "Provisioning"
    return TWINS


@dataclass(frozen=True)
class Decisions:
    """What the owner of an instance was asked, and the two commands that answer."""

    connections: list[Any]
    running: list[Future[Any]]


@pytest.fixture(scope="module")
def decisions(az: CommandLine, twins: str) -> Iterator[Decisions]:
    """Two private endpoints that ask. One is let in, one is not, while other tests go on: az waits ten seconds."""
    place = ("--resource-group", GROUP)
    az(
        "network",
        "vnet",
        "create",
        *place,
        "--name",
        "vnet-az",
        "--address-prefixes",
        "10.0.0.0/16",
        "--subnet-name",
        "inside",
        "--subnet-prefixes",
        "10.0.0.0/24",
    )
    for name in ("pe-welcome", "pe-stranger"):
        az(
            "network",
            "private-endpoint",
            "create",
            *place,
            "--name",
            name,
            "--vnet-name",
            "vnet-az",
            "--subnet",
            "inside",
            "--private-connection-resource-id",
            twins,
            "--group-id",
            "API",
            "--connection-name",
            "please",
            "--manual-request",
            "true",
        )
    connections = az("network", "private-endpoint-connection", "list", "--id", twins)
    with ThreadPoolExecutor() as pool:
        answers = [
            pool.submit(az, "network", "private-endpoint-connection", verb, "--id", one["id"], *words)
            for one, verb, words in zip(
                connections, ("approve", "reject"), (("--description", "as agreed"), ()), strict=True
            )
        ]
        yield Decisions(connections, answers)


def test_an_application_signs_in_and_its_secret_is_checked(sandbox: Sandbox, tmp_path: Path) -> None:
    prompt = CommandLine(PROGRAM, sandbox, tmp_path)
    with pytest.raises(Refused, match="AADSTS7000215"):
        prompt.sign_in_as_application("setup-pipeline", "guessed")
    found = prompt.sign_in_as_application("setup-pipeline")
    assert found[0]["user"] == {"name": persona("setup-pipeline").app_id, "type": "servicePrincipal"}
    assert [one["id"] for one in prompt("account", "list")] == [TRAINING_ID]


def test_a_user_signs_in(az: CommandLine) -> None:
    shown = az("account", "show")
    assert shown["user"] == {"name": f"owner@{DOMAIN}", "type": "user"}
    assert (shown["environmentName"], shown["tenantDefaultDomain"]) == ("AzureCloud", DOMAIN)


def test_a_private_endpoint_waits_for_the_owner(decisions: Decisions) -> None:
    states = [one["properties"]["privateLinkServiceConnectionState"]["status"] for one in decisions.connections]
    assert states == ["Pending", "Pending"]


def test_groups_come_and_go(az: CommandLine) -> None:
    az("group", "create", "--name", "rg-brief", "--location", "northeurope")
    assert az("group", "show", "--name", "rg-brief")["location"] == "northeurope"
    az("group", "delete", "--name", "rg-brief", "--yes")
    assert az("group", "exists", "--name", "rg-brief") is False
    with pytest.raises(Refused, match=r"\(ResourceGroupNotFound\) Resource group 'rg-brief' could not be found."):
        az("group", "show", "--name", "rg-brief")


def test_resources_are_listed_with_their_state(az: CommandLine, twins: str) -> None:
    shown = az("provider", "show", "--namespace", "Microsoft.DigitalTwins")
    assert shown["registrationState"] == "Registered"
    (listed,) = (one for one in az("resource", "list", "--resource-group", GROUP) if one["id"] == twins)
    assert (listed["type"], listed["provisioningState"]) == (
        "Microsoft.DigitalTwins/digitalTwinsInstances",
        "Succeeded",
    )


def test_an_identity_is_made_and_given_a_role(az: CommandLine, twins: str) -> None:
    az("identity", "create", "--resource-group", GROUP, "--name", "id-az")
    identity = az("identity", "show", "--resource-group", GROUP, "--name", "id-az")
    role = ("--role", "Azure Digital Twins Data Reader", "--scope", twins)
    # Named by its client id: az looks the principal up in Graph.
    given = az("role", "assignment", "create", "--assignee", identity["clientId"], *role)
    assert (given["principalId"], given["principalType"]) == (identity["principalId"], "ServicePrincipal")
    listed = az("role", "assignment", "list", "--assignee", identity["principalId"], "--scope", twins)
    assert [one["roleDefinitionName"] for one in listed] == ["Azure Digital Twins Data Reader"]
    az("role", "assignment", "delete", "--assignee", identity["principalId"], *role)
    assert az("role", "assignment", "list", "--assignee", identity["principalId"], "--scope", twins) == []


def test_the_data_opens_with_the_data_role_and_not_before(az: CommandLine, twins: str) -> None:
    (definition,) = az("role", "definition", "list", "--name", "Azure Digital Twins Data Owner")
    assert definition["name"] == DATA_OWNER
    host = az("resource", "show", "--ids", twins)["properties"]["hostName"]
    ask = (
        "rest",
        "--resource",
        "https://digitaltwins.azure.net",
        "--method",
        "post",
        "--url",
        f"https://{host}/query?api-version=2023-10-31",
        "--body",
        '{"query": "SELECT * FROM digitaltwins"}',
    )
    with pytest.raises(Refused, match="Forbidden"):
        az(*ask)
    az("role", "assignment", "create", "--assignee", f"owner@{DOMAIN}", "--role", DATA_OWNER, "--scope", twins)
    assert az(*ask) == {"value": [], "continuationToken": None}


def test_the_neighbours_are_made_and_give_their_keys(az: CommandLine, group: str) -> None:
    place, named = ("--resource-group", group), ("--namespace-name", "hubs-from-az")
    az("eventhubs", "namespace", "create", *place, "--name", "hubs-from-az", "--location", "westeurope")
    az("eventhubs", "eventhub", "create", *place, *named, "--name", "events")
    rule = ("eventhubs", "eventhub", "authorization-rule")
    az(*rule, "create", *place, *named, "--eventhub-name", "events", "--name", "send", "--rights", "Send")
    keys = az(*rule, "keys", "list", *place, *named, "--eventhub-name", "events", "--name", "send")
    assert keys["primaryConnectionString"].startswith("Endpoint=sb://hubs-from-az.servicebus.windows.net/;")
    az("servicebus", "namespace", "create", *place, "--name", "bus-from-az", "--location", "westeurope")
    topic = az("servicebus", "topic", "create", *place, "--namespace-name", "bus-from-az", "--name", "events")
    assert topic["status"] == "Active"
    account = az("storage", "account", "create", *place, "--name", "storefromaz", "--location", "westeurope")
    assert account["provisioningState"] == "Succeeded"


def test_the_owner_decides_about_private_endpoints(az: CommandLine, decisions: Decisions) -> None:
    (approved, rejected), connections = (one.result() for one in decisions.running), decisions.connections
    assert approved["properties"]["privateLinkServiceConnectionState"] == {
        "status": "Approved",
        "description": "as agreed",
        "actionsRequired": "None",
    }
    assert rejected["properties"]["privateLinkServiceConnectionState"]["status"] == "Rejected"
    with pytest.raises(Refused, match="PrivateEndpointBadRequestException"):
        az("network", "private-endpoint-connection", "approve", "--id", connections[1]["id"])


def test_a_template_is_checked_deployed_and_forgotten(az: CommandLine, twins: str, tmp_path: Path) -> None:
    file = tmp_path / "main.json"
    file.write_text(json.dumps(BICEP), "utf-8")
    given = ("--resource-group", GROUP, "--name", "main", "--template-file", str(file), "--parameters", "name=az-bicep")
    planned = az("deployment", "group", "what-if", *given, "--no-pretty-print")["changes"]
    kinds = {each["resourceId"].rpartition("/")[2]: each["changeType"] for each in planned}
    assert (kinds["az-bicep"], kinds["hub"], kinds["az-1"]) == ("Create", "Create", "Ignore")
    made = az("deployment", "group", "create", *given)["properties"]
    assert made["provisioningState"] == "Succeeded"
    assert made["outputs"]["host"]["value"] == "az-bicep.api.weu.digitaltwins.azure.net"
    again = az("deployment", "group", "what-if", *given, "--no-pretty-print")["changes"]
    assert {each["changeType"] for each in again} == {"NoChange", "Ignore"}
    done = az("deployment", "operation", "group", "list", "--resource-group", GROUP, "--name", "main")
    assert {each["properties"]["provisioningState"] for each in done} == {"Succeeded"}
    az("deployment", "group", "delete", "--resource-group", GROUP, "--name", "main")
    with pytest.raises(Refused, match="DeploymentNotFound"):
        az("deployment", "group", "show", "--resource-group", GROUP, "--name", "main")
