"""A finished instance in an in-process sandbox, and how tests talk to its data plane."""

from __future__ import annotations

import json
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.world import persona
from tests.azure import data_plane, http, token
from tests.sandbox.control_plane import ASSIGNMENTS, SUBSCRIPTION, call, instance, prepare

AUDIENCE = "https://digitaltwins.azure.net"
VERSION = "api-version=2023-10-31"
ROOM, FLOOR, LAMP = (f"dtmi:com:contoso:{name};1" for name in ("Room", "Floor", "Lamp"))
PROPAGATION = 600
"""Seconds after which Azure promises that a role works."""


def model(identifier: str, **more: Any) -> MutableMapping[str, Any]:
    """A model of version 2 of the language."""
    return {"@id": identifier, "@type": "Interface", "@context": "dtmi:dtdl:context;2", **more}


@dataclass
class Place:
    """A sandbox with one finished instance."""

    sandbox: Sandbox
    clock: ManualClock
    host: str
    id: str

    def give(self, role: str, to: str) -> None:
        """Assign a data role at the instance; it works only after a while."""
        definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        wanted = {"roleDefinitionId": definition, "principalId": persona(to).id, "principalType": "User"}
        answer = call(self.sandbox, "PUT", f"{self.id}{ASSIGNMENTS}/{uuid.uuid4()}", {"properties": wanted})
        assert answer.status_code == 201, answer.text

    def client(self, persona_name: str = "owner") -> DigitalTwinsClient:
        return data_plane(self.sandbox, persona_name, self.host)

    @cached_property
    def session(self) -> requests.Session:
        """A plain client that keeps its connection."""
        return http(self.sandbox)

    def send(self, method: str, path: str, bearer: str | None = None, **more: Any) -> requests.Response:
        """Send what no SDK would; as the owner when no token is given."""
        if bearer is None:
            bearer = token(self.sandbox, "owner", AUDIENCE)
        headers = {"Authorization": f"Bearer {bearer}"} | more.pop("headers", {})
        return self.session.request(method, f"https://{self.host}{path}", headers=headers, **more)


def build(sandbox: Sandbox, clock: ManualClock, name: str) -> Place:
    """Create an instance, all the way from a subscription that was never used for it."""
    prepare(sandbox, clock)
    made = instance(sandbox, clock, name)
    return Place(sandbox, clock, made.host_name, made.id)


def response(error: HttpResponseError) -> Any:
    """The answer behind an error of Azure's client."""
    assert error.response is not None
    return error.response


def code(caught: pytest.ExceptionInfo[HttpResponseError]) -> str:
    """The service's code for an error that Azure's client raised."""
    return str(json.loads(response(caught.value).text())["error"]["code"])
