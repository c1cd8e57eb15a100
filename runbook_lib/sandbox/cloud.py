"""The simulated cloud: one store, one clock, and a service behind each of Azure's host names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Protocol

from .arm.operations import Operations
from .arm.service import ResourceManager
from .clock import Clock, Pace, SystemClock
from .data_plane.service import DataPlane
from .entra import Entra
from .graph import Graph
from .http import Answer, Request, ServiceError
from .rbac import Access
from .regions import REGIONS
from .store import Store
from .tokens import Tokens
from .world import seed

LOGIN_HOST = "login.microsoftonline.com"
MANAGEMENT_HOST = "management.azure.com"
GRAPH_HOST = "graph.microsoft.com"
DATA_PLANE_HOST = re.compile(r"[a-z0-9-]+\.api\.([a-z0-9]+)\.digitaltwins\.azure\.net", re.IGNORECASE)

Observer = Callable[[Request, Answer], None]
log = logging.getLogger("runbook.sandbox")


class Service(Protocol):
    """Whatever answers under a host name."""

    def handle(self, request: Request) -> Answer:
        """Answer a request; a refusal is raised as a ServiceError."""
        ...


def serves(host: str) -> bool:
    """Tell whether the sandbox speaks as `host`; every other name is somebody else's and stays out of reach."""
    if host.lower() in (LOGIN_HOST, MANAGEMENT_HOST, GRAPH_HOST):
        return True
    found = DATA_PLANE_HOST.fullmatch(host)
    return found is not None and found[1].lower() in {region.code for region in REGIONS}


class Cloud:
    """Azure, as far as this product needs it. Handles one request at a time and knows nothing of sockets."""

    def __init__(self, store: Store, clock: Clock | None = None, pace: Pace = Pace.BRISK) -> None:
        self.store = store
        self.clock = clock or SystemClock()
        self.pace = pace
        seed(store, self.clock)
        self.tokens = Tokens(store, self.clock)
        self.access = Access(store, self.clock, pace)
        self.operations = Operations(self)
        self.observers: list[Observer] = []
        """Called with every request and its answer: how tests hold each answer against Microsoft's OpenAPI files."""
        self._services: dict[str, Service] = {
            LOGIN_HOST: Entra(self),
            MANAGEMENT_HOST: ResourceManager(self),
            GRAPH_HOST: Graph(self),
        }
        self._data_plane = DataPlane(self)

    def handle(self, request: Request) -> Answer:
        """Answer a request. Never raises: a mistake of ours becomes a 500 and a line in the log."""
        service = self._services.get(request.host, self._data_plane)
        try:
            self.operations.settle()
            answer = service.handle(request)
        except ServiceError as error:
            answer = error.answer()
        except Exception:
            log.exception("the sandbox failed on %s https://%s%s", request.method, request.host, request.path)
            message = "The sandbox has a fault: this is not how Azure answers. Its log has the details."
            answer = Answer(500, {"error": {"code": "SandboxFault", "message": message}})
        for observer in self.observers:
            observer(request, answer)
        return answer
