"""Fixtures of the data plane's tests: one instance for a whole file, empty again after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from tests.azure import close_clients
from tests.sandbox.finished_instance import PROPAGATION, Place, build

from .sample_models import plant

DATA = ("model", "twin", "relationship", "event-route")


@pytest.fixture(scope="module")
def shared() -> Iterator[Place]:
    """An instance whose data plane the owner may use; operations and delays as long as on Azure."""
    clock = ManualClock()
    with Sandbox(clock=clock, pace=Pace.REAL) as running:
        place = build(running, clock, "factory-twins")
        place.give(DATA_OWNER, "owner")
        clock.advance(PROPAGATION)
        yield place
        close_clients(running)


@pytest.fixture
def place(shared: Place) -> Iterator[Place]:
    """The file's instance, without any data."""
    yield shared
    for kind in DATA:
        shared.sandbox.cloud.store.delete_all(kind, f"{shared.host}/")


@pytest.fixture
def twins(place: Place) -> DigitalTwinsClient:
    """A client whose caller may do everything in the data plane."""
    return place.client()


@pytest.fixture
def garden(twins: DigitalTwinsClient) -> DigitalTwinsClient:
    """The client of an instance that has the models of rooms, floors and lamps."""
    plant(twins)
    return twins
