"""The world in which exercises are tested: that of the steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from tests.steps.world import World


@pytest.fixture
def world(sandbox: Sandbox, clock: ManualClock, tmp_path: Path) -> Iterator[World]:
    made = World(sandbox, clock, tmp_path / "run")
    yield made
    made.close()
