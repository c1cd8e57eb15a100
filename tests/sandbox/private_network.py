"""A virtual network, private endpoints in it, and the connections that these make at an instance."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.network import private_endpoints

from .control_plane import GROUP, TWINS, call

NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/net"
SUBNET = f"{VNET}/subnets/inner"
ENDPOINT = f"{NETWORK}/privateEndpoints/pe"
ADDRESSES = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
INNER: dict[str, Any] = {"name": "inner", "properties": {"addressPrefix": "10.0.0.0/24"}}
AUTOMATIC, MANUAL = "privateLinkServiceConnections", "manualPrivateLinkServiceConnections"


def endpoint_body(kind: str = AUTOMATIC, **connection: Any) -> dict[str, Any]:
    properties = {"privateLinkServiceId": TWINS, "groupIds": ["API"], **connection}
    connections = [{"name": "pec", "properties": properties}]
    return {"location": "westeurope", "properties": {"subnet": {"id": SUBNET}, kind: connections}}


def connect(sandbox: Sandbox, clock: ManualClock, kind: str = AUTOMATIC, name: str = "pe") -> dict[str, Any]:
    """Make a private endpoint and return the connection at the instance."""
    answer = call(sandbox, "PUT", f"{NETWORK}/privateEndpoints/{name}", endpoint_body(kind))
    assert answer.status_code == 201, answer.text
    clock.advance(private_endpoints.WRITE_SECONDS)
    found: list[dict[str, Any]] = call(sandbox, "GET", f"{TWINS}/privateEndpointConnections").json()["value"]
    return next(c for c in found if c["properties"]["privateEndpoint"]["id"].endswith(f"/{name}"))


def decide(sandbox: Sandbox, connection: dict[str, Any], status: str, persona: str = "owner") -> Any:
    state = {"status": status, "description": f"{status}.", "actionsRequired": "None"}
    body = {"properties": {**connection["properties"], "privateLinkServiceConnectionState": state}}
    return call(sandbox, "PUT", connection["id"], body, persona=persona)


def state_of(sandbox: Sandbox, kind: str, name: str = "pe") -> str:
    shown = call(sandbox, "GET", f"{NETWORK}/privateEndpoints/{name}").json()["properties"]
    return str(shown[kind][0]["properties"]["privateLinkServiceConnectionState"]["status"])


def recorded(method: str, path_end: str, status: int) -> dict[str, Any]:
    """The body of a recorded answer. Skips where Microsoft's recordings are not at hand."""
    folder = os.environ.get("AZURE_SPECS_DIR")
    if not folder:
        pytest.skip("AZURE_SPECS_DIR names no copy of the recordings")
    file = Path(folder) / "recordings/controlplane-privateendpoint-digitaltwins.json"
    for each in json.loads(file.read_text("utf-8"))["interactions"]:
        request, response = each["request"], each["response"]
        if (request["method"], response["status"]) == (method, status) and path_end in request["uri"]:
            found: dict[str, Any] = response["body"]
            return found
    raise AssertionError(f"no recording of {method} {path_end}")


def shape(body: Any) -> Any:
    """Names and types of a body, nested, without its values."""
    if isinstance(body, dict):
        return {name: shape(value) for name, value in body.items()}
    return [shape(body[0])] if isinstance(body, list) and body else type(body).__name__
