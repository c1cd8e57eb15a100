"""Azure's JavaScript clients from npm, led into a sandbox by nothing but what `runbook sandbox env` prints.

They live in a folder outside, whose name is in `RUNBOOK_NODE`: `npm install` in it, beside a copy of
`javascript/package.json`. `.ci/run` makes one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.sandbox.lifecycle import credential_environment
from runbook_lib.sandbox.world import TRAINING_ID

from .command_line import NODE_FOLDER, with_node

pytestmark = with_node
SCRIPT = Path(__file__).parent / "javascript" / "clients.mjs"


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What the clients said, by name of the question."""
    with Sandbox() as sandbox:
        values = {"PATH": os.environ["PATH"], **environment(sandbox.settings)}
        values |= credential_environment(sandbox.cloud.store)
        done = subprocess.run(
            ["node", str(SCRIPT), NODE_FOLDER, TRAINING_ID],
            env=values,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_they_create_change_and_delete_an_instance(said: dict[str, Any]) -> None:
    assert said["early"] == [409, "MissingSubscriptionRegistration"]
    assert said["groups"] == ["rg-js"]
    assert said["free"] is True
    assert said["created"] == ["Succeeded", "js-twins.api.weu.digitaltwins.azure.net", "SystemAssigned"]
    assert said["tags"] == {"made": "by JavaScript"}
    assert said["gone"] == [404, "ResourceNotFound"]
    assert said["left"] == []


def test_they_give_it_an_identity_and_a_private_endpoint(said: dict[str, Any]) -> None:
    assert said["identities"] == [True]
    assert said["connections"] == ["Approved"]


def test_they_use_its_data_once_a_role_lets_them(said: dict[str, Any]) -> None:
    assert said["before"][0] == 403
    assert said["models"] == ["dtmi:example:Room;1"]
    assert said["twin"] == 21.5
    assert said["query"] == ["oven"]
    assert said["incoming"] == ["hall"]


def test_they_read_its_refusals(said: dict[str, Any]) -> None:
    assert said["missing"] == [404, "DigitalTwinNotFound"]
    assert said["badQuery"] == [400, "SqlQueryError"]
