"""Role definitions, and what the caller's own roles hold: through the official SDK and on the wire."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.rbac import PROPAGATION_SECONDS
from runbook_lib.sandbox.roles import DATA_OWNER, OWNER, READER
from runbook_lib.sandbox.world import PRODUCTION_ID, TRAINING_ID, derive_id, persona

from ..azure import authorization, http
from .control_plane import ARM, GROUP, SUBSCRIPTION, TWINS, call, error

DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
STRANGER = "99999999-8888-7777-6666-555555555555"


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, TWINS])
@pytest.mark.parametrize("name", ["Azure Digital Twins Data Owner", "azure digital twins data owner"])
def test_a_definition_by_name(made: Sandbox, scope: str, name: str) -> None:
    [found] = authorization(made).role_definitions.list(scope, filter=f"roleName eq '{name}'")
    assert found.id == f"{SUBSCRIPTION}{DEFINITIONS}/{DATA_OWNER}"
    assert (found.role_name, found.role_type) == ("Azure Digital Twins Data Owner", "BuiltInRole")
    assert found.permissions[0].actions == []


def test_all_definitions_and_those_of_a_type(sandbox: Sandbox) -> None:
    client = authorization(sandbox).role_definitions
    everything = {d.role_name for d in client.list(SUBSCRIPTION)}
    assert {"Owner", "Contributor", "Reader", "Azure Digital Twins Data Reader"} <= everything
    assert {d.role_name for d in client.list(SUBSCRIPTION, filter="type eq 'BuiltInRole'")} == everything
    assert list(client.list(SUBSCRIPTION, filter="type eq 'CustomRole'")) == []
    both = "roleName eq 'Owner' and type eq 'BuiltInRole'"
    assert [d.name for d in client.list(SUBSCRIPTION, filter=both)] == [OWNER]


def test_a_definition_by_id(sandbox: Sandbox) -> None:
    client = authorization(sandbox).role_definitions
    assert client.get(SUBSCRIPTION, OWNER).permissions[0].actions == ["*"]
    assert client.get_by_id(f"{SUBSCRIPTION}{DEFINITIONS}/{READER}").permissions[0].actions == ["*/read"]
    answer = call(sandbox, "GET", f"{SUBSCRIPTION}{DEFINITIONS}/{STRANGER}")
    assert error(answer)[:2] == (404, "RoleDefinitionDoesNotExist")


def test_definitions_allow_what_the_recorded_ones_allow(sandbox: Sandbox) -> None:
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of Microsoft's role definitions")
    entries = json.loads((Path(folder) / "authorization/roleDefinitions-selected.json").read_text())
    for recorded in (entry["definition"] for entry in entries):
        found = call(sandbox, "GET", f"{SUBSCRIPTION}{DEFINITIONS}/{recorded['name']}").json()
        assert found.keys() == recorded.keys()
        assert found["properties"].keys() == recorded["properties"].keys()
        for part in ("roleName", "type", "assignableScopes", "permissions"):
            assert found["properties"][part] == recorded["properties"][part]


def test_permissions_at_every_scope(made: Sandbox, clock: ManualClock) -> None:
    role = f"{SUBSCRIPTION}{DEFINITIONS}/{DATA_OWNER}"
    parameters: Any = {"role_definition_id": role, "principal_id": persona("reader").id}
    authorization(made).role_assignments.create(TWINS, derive_id("a"), parameters)
    clock.advance(PROPAGATION_SECONDS)
    client = authorization(made, "reader").permissions
    in_group = list(client.list_for_resource_group("rg-twins"))
    assert [p.actions for p in in_group] == [["*/read"]]
    on_resource = list(
        client.list_for_resource("rg-twins", "Microsoft.DigitalTwins", "", "digitalTwinsInstances", "my-twins")
    )
    assert [bool(p.data_actions) for p in on_resource] == [False, True]
    in_subscription = call(
        made, "GET", f"{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions", persona="operator"
    )
    assert [p["actions"] for p in in_subscription.json()["value"]] == [
        ["*"],
        ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
    ]


def test_who_holds_nothing_has_no_permissions(made: Sandbox) -> None:
    url = f"/subscriptions/{PRODUCTION_ID}/providers/Microsoft.Authorization/permissions"
    assert call(made, "GET", url, persona="reader").json() == {"value": []}


def test_double_slashes_as_the_javascript_client_sends_them(sandbox: Sandbox) -> None:
    url = f"{ARM}//subscriptions/{TRAINING_ID}{DEFINITIONS}?api-version=2022-04-01&$filter=roleName eq 'Owner'"
    assert [d["name"] for d in http(sandbox, "owner").get(url).json()["value"]] == [OWNER]
