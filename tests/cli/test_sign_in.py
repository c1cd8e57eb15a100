"""On target azure, a person signs in once for a run with all its notebooks, and for the runs after it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from runbook_lib import sandbox
from runbook_lib.sandbox.world import TRAINING_ID

from .process import started

CODE = re.compile(r"enter the code (\w+)")


def run(home: Path, *options: str, **environment: str) -> tuple[int, str, list[str]]:
    """Run three notebooks as someone who enters each code that is shown; return exit code, output and codes."""
    settings = sandbox.settings(home)
    known = sandbox.environment(settings) | environment
    given = ["-p", "instance_name", "once", "-p", "subscription", TRAINING_ID, "--target", "azure", *options]
    running = started("run", "00", "01", "02", *given, **known)
    assert running.stdout is not None
    lines, codes = [], []
    for line in running.stdout:
        lines.append(line)
        if found := CODE.search(line):
            codes.append(found[1])
            sandbox.approve(settings, found[1], "owner")
    try:
        _, errors = running.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        running.kill()
        raise
    return running.returncode, "".join(lines) + errors, codes


def test_a_device_code_is_asked_for_once(shared: Path, tmp_path: Path) -> None:
    sandbox.reset(shared)
    person = {"HOME": str(tmp_path / "person"), "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    (tmp_path / "person").mkdir()
    code, output, codes = run(shared, "-p", "sign_in", "device-code", **person)
    assert code == 0, output
    assert len(codes) == 1
    code, output, codes = run(shared, "-p", "sign_in", "device-code", **person)
    assert code == 0, output
    assert codes == []
    assert "Interactive authentication" not in output
