"""A fleet of three rows, and how to wait for what other processes do."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from runbook_lib import sandbox
from runbook_lib.record.journal import Journal

FLEET = """
notebooks: [00, 01, 02]
defaults: {sign_in: setup-pipeline, resource_group: rg-plants}
matrix: {instance_name: [press, paint, oven]}
"""
SLOW = ("--path", "*/paint", "--method", "PUT", "--seconds", "3", "--times", "1")
"""A fault: Azure takes its time to answer when the second row creates its instance."""


def instances(home: Path) -> int:
    found = sandbox.status(home)
    assert found
    return found.instances


def wait_for_intent(folder: Path, step: str) -> None:
    def begun() -> bool:
        intents = [one for one in Journal(folder).events(step) if one["event"] == "intent"] if folder.is_dir() else []
        return any(one["change"]["name"] == folder.name.partition("-")[2] for one in intents)

    wait_until(begun)


def wait_until(reached: Callable[[], object]) -> None:
    """Wait for another process, which only the file system or the kernel tells about."""
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_made_once(running: subprocess.Popen[str], folder: Path, home: Path, *, seconds: float) -> None:
    """Wait for a fleet of three rows of which one lost its worker: all are done, and nothing was made twice."""
    said, errors = running.communicate(timeout=seconds)
    assert running.returncode == 0, errors
    assert [row["state"] for row in json.loads(said)["rows"]] == ["done"] * 3
    made = [change.name for change in Journal(folder / "002-paint").made("create-instance")]
    assert made.count("paint") == 1
    assert not Journal(folder / "002-paint").unfinished()
    assert instances(home) == 3
