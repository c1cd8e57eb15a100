"""One running sandbox for all tests of the command that only need one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib import sandbox


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a running sandbox in which nothing takes time."""
    home = tmp_path_factory.mktemp("home")
    sandbox.start(home, pace=sandbox.Pace.INSTANT)
    yield home
    sandbox.stop(home)


@pytest.fixture
def shared(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the home of this test."""
    monkeypatch.setenv("RUNBOOK_HOME", str(shared_home))
    return shared_home
