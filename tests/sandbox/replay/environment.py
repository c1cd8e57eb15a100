"""A sandbox in which recorded requests are sent, and the ways to put there what a recording found in place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import GROUP_ID
from runbook_lib.sandbox.world import persona as known_persona
from tests.azure import close_clients, http, token
from tests.sandbox.control_plane import ARM, ASSIGNMENTS, SUBSCRIPTION, assigned, prepare, version_for

from ..route_recorder import RECORDED
from .exchanges import Exchange
from .id_mapping import Translation

LONG = 120
"""Seconds after which everything that takes time on Azure is done, but for the deletion of a group."""
AUDIENCES = {
    "management.azure.com": "https://management.azure.com",
    "graph.microsoft.com": "https://graph.microsoft.com",
}
DATA_AUDIENCE = "https://digitaltwins.azure.net"
RECORDED_TWINS = "dttestdigitaltwinsname"
"""The instance of the data plane's recordings; it was in West Central US."""
CONDITIONS = {
    ("dataplane-errors", 3): {"If-Match": 'W/"7e67a355-f19c-4c19-8a10-2d69b2d2253f"'},
    ("dataplane-errors", 10): {"If-None-Match": "*"},
    ("dataplane-errors", 27): {"If-None-Match": "*"},
}
"""Headers of recorded requests, as the test that sent them tells; the recordings do not have them."""


class Environment:
    """One sandbox with the provider registered, and its owner as the one who sends."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.translation = Translation()
        self._session = http(sandbox)
        prepare(sandbox, clock, location="eastus")

    def send(self, exchange: Exchange) -> requests.Response:
        """Send a recorded request. What its answer says is done has had the time to be done."""
        if exchange.method == "GET" and '"Succeeded"' in json.dumps(exchange.body):
            self.clock.advance(LONG)
        uri = self.translation.text(exchange.uri)
        headers = {"User-Agent": RECORDED, **CONDITIONS.get(exchange.key, {})}
        answer = self._request(exchange.method, uri, self.translation.body(exchange.sent), headers)
        self.translation.learn(exchange, answer)
        return answer

    def arm(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request of the preparation, which must succeed, and let it end."""
        separator = "&" if "?" in path else "?api-version="
        version = "" if "api-version" in path else f"{separator}{version_for(path.partition('?')[0])}"
        answer = self._request(method, f"{ARM}{path}{version}", None if body is None else json.dumps(body))
        assert answer.ok, answer.text
        self.clock.advance(LONG)
        return answer.json() if answer.content else None

    def data(self, method: str, path: str, body: Any = None) -> None:
        """Send a request of the preparation to the data plane, which must succeed."""
        uri = f"https://{RECORDED_TWINS}.api.wcus.digitaltwins.azure.net{path}?api-version=2020-10-31"
        answer = self._request(method, uri, json.dumps(body))
        assert answer.ok, answer.text

    def group(self, name: str, location: str = "eastus", **tags: str) -> str:
        """Make a resource group and return its path."""
        path = f"{SUBSCRIPTION}/resourceGroups/{name}"
        self.arm("PUT", path, {"location": location} | ({"tags": tags} if tags else {}))
        return path

    def directory(self, kind: str, identifier: str, **fields: Any) -> None:
        """Put a user, group or servicePrincipal into the directory: like one that is there, but for `fields`."""
        people = {"user": "owner", "servicePrincipal": "setup-pipeline"}
        model = known_persona(people[kind]).id if kind in people else GROUP_ID
        document = self.sandbox.cloud.store.get(kind, model)
        assert document is not None
        self.sandbox.cloud.store.put(kind, identifier, {**document, "id": identifier, **fields})

    def assign(self, scope: str, name: str, role: str, principal: str, **more: str) -> None:
        """Give a role under a recorded name."""
        definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        wanted = {"roleDefinitionId": definition, "principalId": principal, **more}
        self.arm("PUT", f"{scope}{ASSIGNMENTS}/{name}", {"properties": wanted})

    def _request(
        self, method: str, uri: str, body: str | None, more: dict[str, str] | None = None
    ) -> requests.Response:
        host = urlsplit(uri).hostname or ""
        bearer = token(self.sandbox, "owner", AUDIENCES.get(host, DATA_AUDIENCE))
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json", **(more or {})}
        if uri.partition("?")[0].endswith("/telemetry"):
            headers["Message-Id"] = "one"
        return self._session.request(method, uri, data=body, headers=headers, allow_redirects=False)


@contextmanager
def world() -> Iterator[Environment]:
    """A world of its own."""
    clock = ManualClock()
    with Sandbox(clock=clock, pace=Pace.REAL) as sandbox:
        yield Environment(sandbox, clock)
        close_clients(sandbox)


@contextmanager
def data_world() -> Iterator[Environment]:
    """A world in which the owner may do everything in the data plane of instances to come."""
    with world() as made:
        assigned(made.sandbox, made.clock, DATA_OWNER, SUBSCRIPTION, "owner")
        yield made
