"""Requests that Schemathesis makes up from Microsoft's OpenAPI files, valid and invalid ones, sent to both planes.

Whatever is asked, the answer is one that the files allow, and never the sandbox's own failure. The requests are the
same in every run; `RUNBOOK_EXAMPLES` makes more of them for each operation.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import TRAINING_ID
from tests.answers import judge_now
from tests.azure import close_clients, http, token
from tests.sandbox.control_plane import ARM, GROUP, HOST, NEW, TWINS, assigned, call, instance, prepare
from tests.sandbox.finished_instance import AUDIENCE, LAMP, ROOM, model

SPECS = os.environ.get("AZURE_SPECS_DIR", "")
EXAMPLES = int(os.environ.get("RUNBOOK_EXAMPLES", "6"))
"""How many requests of each sort an operation gets; thousands have been sent while the sandbox was made."""
SORTS = ("positive", "negative")
"""Schemathesis' words for requests that keep to the file and for requests that do not."""
CONTROL, DATA = "digitaltwins/2023-01-31/digitaltwins.json", "digitaltwins-data/2023-10-31/digitaltwins.json"
CONTROL_NAMES: dict[str, list[str]] = {
    "subscriptionId": [TRAINING_ID],
    "resourceGroupName": [GROUP.rpartition("/")[2]],
    "resourceName": [TWINS.rpartition("/")[2]],
    "location": ["westeurope", "westus"],
    "api-version": ["2023-01-31"],
}
DATA_NAMES: dict[str, list[str]] = {
    "relationshipId": ["lights", "x"],
    "componentPath": ["part"],
    "api-version": ["2023-10-31"],
}
IDS = {"/models": [ROOM, LAMP], "/digitaltwins": ["room-1", "lamp-1"]}
"""Parameters that name what is there: without them nearly every request would end at the first check."""

pytestmark = pytest.mark.skipif(not SPECS, reason="AZURE_SPECS_DIR does not say where Microsoft's OpenAPI files are")


@cache
def operations(file: str) -> dict[str, Any]:
    """The operations of a file as Schemathesis sees them, by name."""
    import schemathesis  # takes a second, which only those who run these tests should pay

    document = read(file)
    for path, item in document["paths"].items():
        known = CONTROL_NAMES if file == CONTROL else DATA_NAMES | _ids(path)
        shared = item.pop("parameters", [])
        for operation in item.values():
            operation.pop("x-ms-examples", None)
            given = [*shared, *operation.get("parameters", [])]
            operation["parameters"] = [_named(document, parameter, known) for parameter in given]
    found: list[Any] = list(schemathesis.openapi.from_dict(document).get_all_operations())
    return {each.ok().definition.raw["operationId"]: each.ok() for each in found}


def _ids(path: str) -> dict[str, list[str]]:
    return next(({"id": known} for start, known in IDS.items() if path.startswith(start)), {})


def read(file: str) -> dict[str, Any]:
    """Read a file, its references to the common types leading to where those are."""
    text = (Path(SPECS) / file).read_text("utf-8")
    found: dict[str, Any] = json.loads(
        text.replace("../../../../../common-types", (Path(SPECS) / "common-types").as_uri())
    )
    return found


def _named(document: dict[str, Any], parameter: dict[str, Any], known: dict[str, list[str]]) -> dict[str, Any]:
    """Give a parameter the values that mean something here."""
    address, _, pointer = parameter.get("$ref", "").partition("#/parameters/")
    if pointer:
        home = document if not address else json.loads(Path(address.removeprefix("file://")).read_text("utf-8"))
        parameter = home["parameters"][pointer]
    if parameter["name"] not in known or parameter["in"] == "body":
        return parameter
    return {
        "name": parameter["name"],
        "in": parameter["in"],
        "required": True,
        "type": "string",
        "enum": known[parameter["name"]],
    }


def names(file: str) -> list[str]:
    """Name each operation of a file, without the seconds that Schemathesis takes to read it."""
    if not SPECS:
        return [""]
    paths = json.loads((Path(SPECS) / file).read_text("utf-8"))["paths"]
    declared = [spec for item in paths.values() for method, spec in item.items() if method != "parameters"]
    return [spec["operationId"] for spec in declared]


@dataclass
class Target:
    """One sandbox for all requests, with an instance that is put right before each operation."""

    sandbox: Sandbox
    clock: ManualClock
    judge: Callable[[], None]
    """Holds the answers that have come against the files."""
    arm: requests.Session
    data: requests.Session

    def furnish(self) -> None:
        """Put back what earlier requests have deleted, and let the time pass that things take."""
        self.clock.advance(600)
        for session, audience in ((self.arm, ARM), (self.data, AUDIENCE)):
            session.headers["Authorization"] = f"Bearer {token(self.sandbox, 'owner', audience)}"
        if call(self.sandbox, "GET", GROUP).status_code == 404:
            prepare(self.sandbox, self.clock)
        if call(self.sandbox, "GET", TWINS).status_code == 404:
            instance(self.sandbox, self.clock)
        assert call(self.sandbox, "PUT", TWINS, NEW).ok
        parts = [{"@type": "Component", "name": "part", "schema": LAMP}, {"@type": "Relationship", "name": "has"}]
        furniture: list[tuple[str, Any]] = [
            ("/models", [model(LAMP, contents=[{"@type": "Property", "name": "on", "schema": "boolean"}])]),
            ("/models", [model(ROOM, contents=parts)]),
            ("/digitaltwins/room-1", {"$metadata": {"$model": ROOM}, "part": {"$metadata": {}}}),
            ("/digitaltwins/lamp-1", {"$metadata": {"$model": LAMP}}),
            ("/digitaltwins/room-1/relationships/lights", {"$relationshipName": "has", "$targetId": "lamp-1"}),
        ]
        for path, body in furniture:
            method = "POST" if path == "/models" else "PUT"
            self.data.request(method, f"https://{HOST}{path}?api-version=2023-10-31", json=body)


@pytest.fixture(scope="module")
def target(pytestconfig: pytest.Config) -> Iterator[Target]:
    clock, judge = ManualClock(), partial(judge_now, pytestconfig)
    with Sandbox(clock=clock, pace=Pace.REAL) as sandbox:
        prepare(sandbox, clock)
        assigned(sandbox, clock, DATA_OWNER, GROUP, "owner")
        yield Target(sandbox, clock, judge, http(sandbox, "owner"), http(sandbox, "owner", AUDIENCE))
        close_clients(sandbox)


def bombard(target: Target, file: str, name: str, sort: str) -> None:
    """Send what Schemathesis makes up for one operation, and judge the answers."""
    from schemathesis import GenerationMode

    target.furnish()
    session, base = (target.arm, ARM) if file == CONTROL else (target.data, f"https://{HOST}")

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operations(file)[name].as_strategy(generation_mode=GenerationMode(sort)))
    def send(case: Any) -> None:
        answer = case.call(base_url=base, session=session, headers=dict(session.headers), verify=session.verify)
        assert answer.status_code < 500 or answer.status_code == 501, f"{case.as_curl_command()}\n{answer.text}"
        target.judge()

    send()


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", names(CONTROL))
def test_the_control_plane_keeps_to_its_file(target: Target, name: str, sort: str) -> None:
    bombard(target, CONTROL, name, sort)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", names(DATA))
def test_the_data_plane_keeps_to_its_file(target: Target, name: str, sort: str) -> None:
    bombard(target, DATA, name, sort)
