"""What the tests of Azure Resource Manager share: paths, raw calls, and a subscription that is ready for use."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import requests
from azure.mgmt.digitaltwins.models import CheckNameRequest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.rbac import PROPAGATION_SECONDS
from runbook_lib.sandbox.world import TRAINING_ID, derive_id
from runbook_lib.sandbox.world import persona as known_persona

from ..azure import http, management, resources, token

ARM = "https://management.azure.com"
SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-twins"
INSTANCES = "/providers/Microsoft.DigitalTwins/digitalTwinsInstances"
TWINS = f"{GROUP}{INSTANCES}/my-twins"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
VERSIONS = {
    "digitaltwins": "2023-01-31",
    "authorization": "2022-04-01",
    "native": "2022-09-01",
    "managedidentity": "2023-01-31",
    "network": "2024-01-01",
    "eventhub": "2024-01-01",
    "servicebus": "2024-01-01",
    "eventgrid": "2022-06-15",
    "storage": "2023-05-01",
    "kusto": "2023-08-15",
}
HOST = "my-twins.api.weu.digitaltwins.azure.net"
NEW = {"location": "westeurope"}
"""The least that a PUT of an instance needs."""


def version_for(path: str) -> str:
    """The api-version that fits a path."""
    namespace = path.lower().rpartition("/providers/microsoft.")[2].partition("/")
    return VERSIONS.get(namespace[0], VERSIONS["native"]) if namespace[1] else VERSIONS["native"]


def call(
    sandbox: Sandbox, method: str, path: str, body: Any = None, *, persona: str = "owner", **query: str
) -> requests.Response:
    """Send a request as it is, without a client library's help; the api-version is added unless given."""
    parameters = {"api-version": version_for(path)} | {name.replace("_", "-"): value for name, value in query.items()}
    session = _session(sandbox, persona)
    return session.request(method, ARM + path, params=parameters, json=body, allow_redirects=False)


def _session(sandbox: Sandbox, persona_name: str) -> requests.Session:
    """Return one session for each persona: a new connection costs more than the call. Its token is always fresh."""
    known = _sessions.setdefault(sandbox, {})
    if persona_name not in known:
        known[persona_name] = http(sandbox)
    known[persona_name].headers["Authorization"] = f"Bearer {token(sandbox, persona_name, ARM)}"
    return known[persona_name]


_sessions: WeakKeyDictionary[Sandbox, dict[str, requests.Session]] = WeakKeyDictionary()


def error(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


def prepare(sandbox: Sandbox, clock: ManualClock, *, location: str = "westeurope") -> None:
    """Register the provider and make the resource group."""
    client = resources(sandbox)
    client.providers.register("Microsoft.DigitalTwins")
    clock.advance(60)
    client.resource_groups.create_or_update("rg-twins", {"location": location})


def instance(sandbox: Sandbox, clock: ManualClock, name: str = "my-twins", **body: Any) -> Any:
    """Create an instance and let the time pass that it takes."""
    poller = begin_create(sandbox, "owner", name, **body)
    clock.advance(60)
    return poller.result()


def follow(sandbox: Sandbox, address: str) -> requests.Response:
    """Look at an address that an answer gave."""
    return _session(sandbox, "owner").get(address)


def check_name(sandbox: Sandbox, name: str, region: str = "westeurope") -> Any:
    """Ask through the SDK whether a name is free."""
    return management(sandbox).digital_twins.check_name_availability(region, CheckNameRequest(name=name))


def begin_create(sandbox: Sandbox, persona: str = "owner", name: str = "my-twins", **body: Any) -> Any:
    """Begin to create an instance through the SDK; the body as it goes over the wire."""
    operations: Any = management(sandbox, persona).digital_twins  # the SDK takes JSON too, but does not say so
    return operations.begin_create_or_update("rg-twins", name, NEW | body)


def assigned(sandbox: Sandbox, clock: ManualClock, role: str, scope: str, persona_name: str) -> str:
    """Give a persona a role, let it take effect, and return the assignment's id."""
    who = known_persona(persona_name)
    kind = "User" if who.kind == "user" else "ServicePrincipal"
    return given_role(sandbox, clock, role, scope, who.id, kind)


def given_role(sandbox: Sandbox, clock: ManualClock, role: str, scope: str, principal_id: str, kind: str) -> str:
    """Give any principal a role, let it take effect, and return the assignment's id."""
    path = f"{scope}{ASSIGNMENTS}/{derive_id('given', role, scope, principal_id)}"
    definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"roleDefinitionId": definition, "principalId": principal_id, "principalType": kind}
    answer = call(sandbox, "PUT", path, {"properties": properties})
    assert answer.status_code == 201, answer.text
    clock.advance(PROPAGATION_SECONDS)
    return path


def stripped(sandbox: Sandbox, persona_name: str) -> None:
    """Take every role from a persona, at once."""
    for document in sandbox.cloud.store.list("role-assignment"):
        if document["principalId"] == known_persona(persona_name).id:
            sandbox.cloud.store.delete("role-assignment", f"{document['scope']}{ASSIGNMENTS}/{document['name']}")
