"""Fixtures of the tests of hostile input: one sandbox for a whole file, which must bear it all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from tests import azure
from tests.sandbox.finished_instance import PROPAGATION, Place, build
from tests.sandbox.hostile.wire import ARM, GROUPS


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One sandbox with an instance for all; nothing of what is sent here should change it."""
    clock = ManualClock()
    with Sandbox(clock=clock) as sandbox:
        built = build(sandbox, clock, "factory-twins")
        built.give(DATA_OWNER, "owner")
        clock.advance(PROPAGATION)
        yield built
        azure.close_clients(sandbox)


@pytest.fixture(scope="module")
def sandbox(place: Place) -> Sandbox:
    return place.sandbox


@pytest.fixture(scope="module")
def wire(sandbox: Sandbox) -> requests.Session:
    """A client that keeps its connections, for many requests."""
    return azure.http(sandbox)


@pytest.fixture(autouse=True)
def _it_goes_on(sandbox: Sandbox, wire: requests.Session, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each test the sandbox answers as before, and nothing of ours has failed."""
    yield
    headers = {"Authorization": f"Bearer {azure.token(sandbox, 'owner', ARM)}"}
    assert wire.get(f"{ARM}{GROUPS}?api-version=2022-09-01", headers=headers).status_code == 200
    assert "the sandbox failed" not in caplog.text
    assert "Exception in ASGI application" not in caplog.text
