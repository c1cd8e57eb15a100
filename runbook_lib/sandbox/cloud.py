"""The simulated cloud: one store, one clock, and a service behind each of Azure's host names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from .arm.operations import Operations
from .arm.service import ResourceManager
from .clock import Clock, Pace, SystemClock
from .clouds import (
    DATA_DOMAINS,
    GOVERNMENT_HOSTS,
    GRAPH_HOST,
    HOSTS,
    LOGIN_HOST,
    MANAGEMENT_HOST,
    playing,
    sent_out,
    taken_in,
)
from .context import Context
from .data_plane.service import DataPlane
from .entra import Entra
from .fault_errors import refusal
from .faults import Effect, Faults, Injection
from .graph import Graph
from .http import Answer, Request, Routes, ServiceError
from .rbac import Access
from .regions import GOVERNMENT_REGIONS, REGIONS
from .storage import BLOB_HOST, BlobService
from .store import Store
from .tokens import Tokens
from .world import seed

REGION_CODES = {
    domain: frozenset(region.code for region in regions)
    for domain, regions in zip(DATA_DOMAINS, (REGIONS, GOVERNMENT_REGIONS), strict=True)
}
DATA_PLANE_HOST = re.compile(r"[a-z0-9-]+\.api\.([a-z0-9]+)\.(digitaltwins\.azure\.(?:net|us))", re.IGNORECASE)

Observer = Callable[[Request, Answer], None]
log = logging.getLogger("runbook.sandbox")


class Service(Protocol):
    """A service that answers under a host name."""

    @property
    def routes(self) -> Routes[Any]:
        """Its table of routes."""
        ...

    def handle(self, request: Request) -> Answer:
        """Answer a request; a refusal is raised as a ServiceError."""
        ...

    def action(self, request: Request) -> str:
        """Name the RBAC action that a request needs; empty when it needs none."""
        ...


def serves(host: str) -> bool:
    """Tell whether the sandbox answers as `host`; it refuses all other names."""
    if host.lower() in (*HOSTS, *GOVERNMENT_HOSTS):
        return True
    if BLOB_HOST.fullmatch(host):
        return True
    found = DATA_PLANE_HOST.fullmatch(host)
    return found is not None and found[1].lower() in REGION_CODES[found[2].lower()]


class Cloud:
    """Azure, as far as this product needs it. Handles one request at a time and knows nothing of sockets."""

    def __init__(self, store: Store, clock: Clock | None = None, pace: Pace = Pace.BRISK) -> None:
        self.store = store
        self.clock = clock or SystemClock()
        self.pace = pace
        seed(store, self.clock)
        self.tokens = Tokens(store, self.clock)
        self.access = Access(store, self.clock, pace)
        self.faults = Faults(store)
        self.operations = Operations(store, self.clock, pace, self.faults)
        self.observers: list[Observer] = []
        """Called with every request and its answer: tests check each against Microsoft's OpenAPI files."""
        context = Context(store, self.clock, pace, self.tokens, self.access, self.operations)
        self._services: dict[str, tuple[str, Service]] = {
            LOGIN_HOST: ("login", Entra(context)),
            MANAGEMENT_HOST: ("arm", ResourceManager(context)),
            GRAPH_HOST: ("graph", Graph(context)),
        }
        self._data_plane = ("data", DataPlane(context))
        self._blobs = ("blob", BlobService(context))

    def handle(self, request: Request) -> Answer:
        """Answer a request. Never raises: a bug of ours becomes a 500 and a line in the log."""
        with playing(request.host):
            return sent_out(self._handle(taken_in(request)))

    def _handle(self, request: Request) -> Answer:
        try:
            answer = self._answer(request)
        except ServiceError as error:
            answer = error.answer()
        except Exception:
            log.exception("the sandbox failed on %s https://%s%s", request.method, request.host, request.path)
            message = "This is a bug in the sandbox, not an answer of Azure's. The sandbox's log has the details."
            answer = Answer(500, {"error": {"code": "SandboxFault", "message": message}})
        for observer in self.observers if not answer.lost else ():
            observer(request, answer)
        return answer

    def service(self, host: str) -> tuple[str, Service]:
        """Return the service behind a host name, and its short name: login, arm, graph, data or blob."""
        return self._services.get(host, self._blobs if BLOB_HOST.fullmatch(host) else self._data_plane)

    def _answer(self, request: Request) -> Answer:
        name, service = self.service(request.host)
        self.operations.settle()
        injection = self.faults.inject(request, name, service.action)
        if injection.is_a(Effect.DROP):
            return Answer(lost=True, delay=injection.delay)
        answer = service.handle(self._altered(request, name, injection))
        answer.delay, answer.lost = injection.delay, injection.is_a(Effect.DROP_ANSWER)
        return answer

    def _altered(self, request: Request, name: str, injection: Injection) -> Request:
        """Return the request as a fault lets the service see it."""
        if injection.fault is None:
            return request
        if injection.is_a(Effect.EXPIRE_TOKEN):
            expired = self.tokens.expired(request.headers.get("authorization", ""))
            return replace(request, headers={**request.headers, "authorization": expired})
        return replace(request, refusal=refusal(name, injection.fault, request))
