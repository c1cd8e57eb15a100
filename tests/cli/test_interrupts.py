"""Ctrl+C: 130 at any moment, no traceback, and no kernel outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from runbook_lib.cli import interrupts, main
from tests.cli.process import processes_with, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize("lines", [1, 3])
def test_ctrl_c_while_notebooks_run(lines: int, shared: Path) -> None:
    """After so many lines of output: while the first kernel starts, or while its cells run."""
    marker = uuid.uuid4().hex
    process = started("run", "00", MARKER=marker)
    assert process.stdout
    for _ in range(lines + 1):
        assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Interrupted. To continue where it stopped, run the same command again." in said
    assert "Traceback" not in said
    assert processes_with(marker) == []


def test_ctrl_c_again_while_it_ends(shared: Path) -> None:
    marker = uuid.uuid4().hex
    process = started("run", "00", MARKER=marker)
    assert process.stdout
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert processes_with(marker) == []


def test_another_end_takes_the_kernels_along_too(shared: Path) -> None:
    marker = uuid.uuid4().hex
    process = started("run", "00", MARKER=marker)
    assert process.stdout
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    assert "Traceback" not in said
    assert processes_with(marker) == []


@pytest.mark.parametrize("module", ["runbook_lib.cli.main", "click", "runbook_lib.sandbox.lifecycle"])
def test_ctrl_c_while_it_is_still_being_loaded(module: str, tmp_path: Path) -> None:
    """Python loads this module at the moment of the signal: the process sends it to itself."""
    hook = (
        "import sys, os, signal\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "from runbook_lib.cli.entry import run\n"
        "sys.meta_path.insert(0, Press())\n"
        "run()\n"
    )
    done = subprocess.run([sys.executable, "-c", hook], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_while_the_sandbox_starts_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from runbook_lib.sandbox import lifecycle

    spawned = []

    def press(home: Path, process: object, port: int | None) -> None:
        spawned.append(process)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(lifecycle, "_wait_until_it_answers", press)
    with pytest.raises(SystemExit) as stopped:
        main.main(["sandbox", "start"])
    assert stopped.value.code == 130
    assert "Interrupted" in capsys.readouterr().err
    assert spawned[0].poll() is not None  # type: ignore[attr-defined]


def test_a_library_that_swallows_it_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from runbook_lib import sandbox

    def swallow(_: Path) -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sandbox, "status", swallow)
    with pytest.raises(SystemExit) as stopped:
        main.main(["sandbox", "status"])
    assert stopped.value.code == 130
    with pytest.raises(KeyboardInterrupt):
        interrupts.stop_if_pressed()


def test_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    main.main(["sandbox", "status"])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
