"""The world in which steps are tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from tests.sandbox.command_line import PROGRAM, CommandLine

from .plant import owner_gets_the_data
from .world import World, quick_world


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


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[World]:
    """A world in which nothing takes time, because az waits by the real clock."""
    with quick_world(tmp_path / "run") as world:
        yield world


@pytest.fixture
def az(quick: World, tmp_path: Path) -> CommandLine:
    """The Azure CLI, signed in as the owner."""
    command_line = CommandLine(PROGRAM, quick.sandbox, tmp_path)
    command_line.sign_in_as_user("owner")
    return command_line


@pytest.fixture
def there(ready: World) -> World:
    """A world with an instance to whose data nobody has access."""
    ready.create().apply()
    ready.slept.clear()
    return ready


@pytest.fixture
def let_in(there: World) -> World:
    """A world whose owner may use the instance's data."""
    owner_gets_the_data(there)
    return there
