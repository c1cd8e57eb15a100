"""Real processes are killed in the middle: the sandbox, or the one that runs the steps."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib import sandbox
from runbook_lib.errors import RunbookError
from runbook_lib.record.journal import Journal

from .killed import WRITES, main


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    sandbox.start(tmp_path / "home", pace=sandbox.Pace.INSTANT)
    yield tmp_path / "home"
    sandbox.stop(tmp_path / "home")


def reset(home: Path) -> None:
    """Begin again with an empty cloud, whose server runs."""
    sandbox.reset(home)
    sandbox.start(home, pace=sandbox.Pace.INSTANT)


def check(home: Path, folder: Path) -> None:
    """Run to the end; all is there once, and the record is settled."""
    main(home, folder)
    journal = Journal(folder)
    assert journal.unfinished() == {}
    assert journal.damages() == ()
    kinds = [change.kind for change in journal.made()]
    assert kinds == ["Resource provider", "Resource group", "Azure Digital Twins instance", "Role"]


@pytest.mark.grid
@pytest.mark.timeout(300)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_sandbox_is_killed(home: Path, tmp_path: Path, after: bool) -> None:
    for number in range(WRITES):
        folder, server = tmp_path / f"run-{number}", sandbox.settings(home)
        try:
            main(home, folder, server.pid, number, after)
        except RunbookError as error:
            assert error.exit_code == 7, error
        sandbox.start(home, pace=sandbox.Pace.INSTANT)
        check(home, folder)
        reset(home)


@pytest.mark.grid
@pytest.mark.timeout(300)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_run_is_killed(home: Path, tmp_path: Path, moment: str) -> None:
    for number in range(WRITES):
        folder = tmp_path / f"run-{number}"
        command = [sys.executable, "-m", "tests.grid.killed", str(home), str(folder), str(number), moment]
        ended = subprocess.run(command, timeout=120, check=False, capture_output=True, text=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        check(home, folder)
        reset(home)
