"""Opens JupyterLab on the guide, in its own layout, without touching the user's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ..guide import NOTEBOOKS, find, working_copy

_WORKSPACE = Path(__file__).parent / "labconfig" / "guide.jupyterlab-workspace"


def command(home: Path, notebook: str, *, port: int | None, browser: bool) -> tuple[list[str], dict[str, str]]:
    """Return JupyterLab's command line and environment for the guide.

    `home` is the runbook's own folder; `notebook` a name that `guide.find` knows, empty for the first one.
    """
    first = find(notebook) if notebook else NOTEBOOKS[0]
    copies = working_copy(home)
    workspaces = home / "lab" / "workspaces"
    workspaces.mkdir(parents=True, exist_ok=True)
    # Lab rewrites its workspace, so it gets a fresh copy: the table of contents is at hand at every start.
    shutil.copyfile(_WORKSPACE, workspaces / "guide-83ca.jupyterlab-workspace")
    arguments = [
        sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1",
        f"--ServerApp.root_dir={copies}",
        f"--LabApp.default_url=/doc/workspaces/guide/tree/{first.path.name}",
    ]  # fmt: skip
    arguments += [f"--port={port}"] if port else []
    arguments += [] if browser else ["--no-browser"]
    arguments += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    environment = os.environ | {
        "JUPYTERLAB_WORKSPACES_DIR": str(workspaces),
        "RUNBOOK_HOME": str(home),
        "RUNBOOK_RUN_DIR": str(home / "runs" / "lab"),
    }
    return arguments, environment


def open_lab(home: Path, notebook: str = "", *, port: int | None = None, browser: bool = True) -> int:
    """Run JupyterLab until it is stopped, and return its exit code."""
    arguments, environment = command(home, notebook, port=port, browser=browser)
    process = subprocess.Popen(arguments, env=environment)  # noqa: S603  # our own command line
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Ctrl+C reaches JupyterLab too, which asks whether it is meant; it ends when it has its answer.
            continue
