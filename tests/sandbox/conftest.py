"""Fixtures of the sandbox's own tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib import sandbox as door
from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.arm.network import virtual_networks
from runbook_lib.sandbox.roles import DATA_OWNER
from tests.sandbox.control_plane import call, instance, prepare
from tests.sandbox.finished_instance import PROPAGATION, Place, build
from tests.sandbox.private_network import ADDRESSES, INNER, VNET


@pytest.fixture
def place(sandbox: Sandbox, clock: ManualClock) -> Place:
    """An instance on which nobody has a data role yet."""
    return build(sandbox, clock, "factory-twins")


@pytest.fixture
def twins(place: Place) -> DigitalTwinsClient:
    """A client whose caller may do everything in the data plane."""
    place.give(DATA_OWNER, "owner")
    place.clock.advance(PROPAGATION)
    return place.client()


@pytest.fixture
def ready(sandbox: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with the provider registered and an empty resource group, `rg-twins`."""
    prepare(sandbox, clock)
    return sandbox


@pytest.fixture
def made(ready: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with the instance `my-twins` in its group; it has an identity of its own."""
    instance(ready, clock, identity={"type": "SystemAssigned"})
    return ready


@pytest.fixture
def wired(made: Sandbox, clock: ManualClock) -> Sandbox:
    """A sandbox with the instance and a virtual network that has a subnet."""
    body = {"location": "westeurope", "tags": {}, "properties": {**ADDRESSES, "subnets": [INNER]}}
    assert call(made, "PUT", VNET, body).status_code == 201
    clock.advance(virtual_networks.WRITE_SECONDS)
    return made


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that everybody can see into, as a user's home often is."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        door.stop(Path(folder))
