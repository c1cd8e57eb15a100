"""The world in which steps are tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox

from .world import World


@pytest.fixture
def world(sandbox: Sandbox, clock: ManualClock, tmp_path: Path) -> Iterator[World]:
    made = World(sandbox, clock, tmp_path / "run")
    yield made
    made.close()


@pytest.fixture
def ready(world: World) -> World:
    """A world whose resource provider is registered."""
    world.start_here().apply()
    world.slept.clear()
    return world
