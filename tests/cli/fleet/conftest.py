"""An empty sandbox, and a fleet file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib import sandbox
from tests.cli.process import called

from .fleets import FLEET


@pytest.fixture
def home(shared: Path) -> Iterator[Path]:
    """An empty sandbox without faults."""
    sandbox.reset(shared)
    yield shared
    called("sandbox", "faults", "clear")


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "fleet.yaml").write_text(FLEET, "utf-8")
    return str(tmp_path / "fleet.yaml")
