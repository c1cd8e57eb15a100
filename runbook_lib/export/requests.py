"""What the calls of a plan would send: each is made by Microsoft's own client, whose transport takes a note instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import HttpTransport

from ..azure.clients import Clients
from ..azure.clouds import Cloud
from ..azure.target import Target
from ..steps.core.recipes import Call

_CONDITIONS = ("If-None-Match", "If-Match")
_FOREVER = 2**40


@dataclass(frozen=True)
class PlannedRequest:
    """A request that a plan would send."""

    method: str
    host: str
    path: str
    api_version: str
    body: Any = None
    """What its JSON says; None if it has none."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Headers that make it conditional."""
    of_data: bool = False
    """Whether it goes to an instance's data, not to Azure Resource Manager."""

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET" and not self.path.endswith("/query")


class _Noted(Exception):
    """The transport has seen the request, so the client can stop."""


class _Notes(HttpTransport[Any, Any]):
    """Takes a note of the request, and sends nothing."""

    request: Any = None

    def send(self, request: Any, **_options: Any) -> Any:
        self.request = request
        raise _Noted

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


class _Unsigned:
    """A credential for requests that nobody sends."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("none", _FOREVER)


def planned_requests(calls: Iterable[Call], cloud: Cloud) -> list[PlannedRequest]:
    """Return what calls would send, in their order. Sends nothing."""
    notes = _Notes()
    clients = Clients(Target("export", _Unsigned(), {"transport": notes}, cloud=cloud))
    try:
        return [_planned(call, clients, notes) for call in calls]
    finally:
        clients.close()


def _planned(call: Call, clients: Clients, notes: _Notes) -> PlannedRequest:
    try:
        answer = call.run(clients)
        next(iter(answer), None)  # a list asks when it's read
    except _Noted:
        pass
    sent = notes.request
    url = urlsplit(sent.url)
    version = parse_qs(url.query).get("api-version", [""])[0]
    conditions = {name: sent.headers[name] for name in _CONDITIONS if name in sent.headers}
    body = json.loads(sent.body) if sent.body else None
    return PlannedRequest(
        sent.method, url.netloc, url.path, version, body, conditions, of_data=call.client == "data_plane"
    )
