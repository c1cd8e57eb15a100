"""Finds out which test is a witness of which route: a pytest plugin, asked for by `tests.sandbox.coverage`.

A witness is a test in which a call of that route succeeded. The kind says who called: a request of a recording of
Azure's real traffic, a client that was not made for the sandbox (Azure's SDKs, the Azure CLI, MSAL), or our own.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.cloud import Cloud
from runbook_lib.sandbox.http import Answer, Request

RECORDED = "recorded exchange"
"""What the replay calls itself in the requests that were recorded."""
KINDS = ("recording", "foreign client", "own client")
"""Who called, the most convincing first."""
Evidence = dict[str, dict[str, list[str]]]
"""For each route and kind, the tests."""
OUTPUT = "RUNBOOK_WITNESSES"
"""The variable that names the file to write."""


class RouteRecorder:
    """Watches every sandbox of a test run."""

    def __init__(self) -> None:
        self._test = ""
        self._seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Remember which test runs."""
        self._test = nodeid

    def pytest_sessionfinish(self) -> None:
        """Write down who was seen: for each route and kind, the tests."""
        found: Evidence = {
            route: {kind: sorted(tests) for kind, tests in kinds.items()} for route, kinds in self._seen.items()
        }
        Path(os.environ[OUTPUT]).write_text(json.dumps(found, indent=1, sort_keys=True), "utf-8")

    def watch(self, cloud: Cloud) -> None:
        """Note each call of a sandbox."""

        def note(request: Request, answer: Answer) -> None:
            name, service = cloud.service(request.host)
            found = service.routes.find(request.method, request.path)
            if found and (answer.status < 400 or is_refusal(found[0].handler)):
                self._seen[key(name, found[0].method, found[0].pattern)][kind(request)].add(self._test)

        cloud.observers.append(note)


def key(service: str, method: str, pattern: str) -> str:
    """Name a route in one line."""
    return f"{service} {method} {pattern}"


def is_refusal(handler: Any) -> bool:
    """Tell whether a route is there only to say that the sandbox does not do it."""
    return getattr(handler, "__name__", "") in ("refuse_move", "what_if", "_refuse_to_write")


def kind(request: Request) -> str:
    """Tell who called."""
    agent = request.headers.get("user-agent", "")
    if agent == RECORDED:
        return "recording"
    foreign = "azsdk-" in agent or "AZURECLI" in agent or "x-client-sku" in request.headers
    return "foreign client" if foreign else "own client"


def pytest_configure(config: pytest.Config) -> None:
    """Watch every sandbox that is made in this process."""
    witnesses = RouteRecorder()
    config.pluginmanager.register(witnesses, "witnesses")
    original = Cloud.__init__

    def watched(self: Cloud, *arguments: Any, **more: Any) -> None:
        original(self, *arguments, **more)
        witnesses.watch(self)

    pytest.MonkeyPatch().setattr(Cloud, "__init__", watched)
