"""The `runbook` command as a process of its own, with all that a test can take away from it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runbook_lib.cli import main

COMMAND = str(Path(sys.executable).parent / "runbook")


def runbook(
    *arguments: str, before: Callable[[], Any] | None = None, stdout: Any = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end. `before` runs in the new process: it can set limits."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
        preexec_fn=before,
    )


def called(*arguments: str) -> int:
    """Call the command in this process, and return its exit code."""
    try:
        main.main(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start the command. Ctrl+C reaches it, even if this test runs in the background."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def processes_with(marker: str) -> list[str]:
    """List the command lines of processes that have this text in their environment, without the sandbox's server."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if marker.encode() in environment and b"runbook_lib.sandbox" not in line and int(process.name) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode())
    return found
