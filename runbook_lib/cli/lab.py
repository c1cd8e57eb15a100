"""Opens the guide in JupyterLab with its own layout, without touching the user's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ..guide import NOTEBOOKS, find, working_copy
from .interrupts import left_to_child

_WORKSPACE = Path(__file__).parent / "labconfig" / "guide.jupyterlab-workspace"


def command(
    home: Path, record: Path, notebook: str, *, port: int | None, browser: bool
) -> tuple[list[str], dict[str, str]]:
    """Return JupyterLab's command line and environment for the guide.

    `home` is the runbook's own folder, `record` that of the run's record. `notebook` is a name that `guide.find` knows;
    empty means the first one.
    """
    first = find(notebook) if notebook else NOTEBOOKS[0]
    copies = working_copy(home)
    workspaces = home / "lab" / "workspaces"
    workspaces.mkdir(parents=True, exist_ok=True)
    # JupyterLab rewrites its workspace. A fresh copy shows the table of contents at every start.
    shutil.copyfile(_WORKSPACE, workspaces / "guide-83ca.jupyterlab-workspace")
    arguments = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1"]
    arguments += [
        f"--ServerApp.root_dir={copies}",
        f"--LabApp.default_url=/doc/workspaces/guide/tree/{first.path.name}",
    ]
    arguments += [f"--port={port}"] if port else []
    arguments += [] if browser else ["--no-browser"]
    arguments += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    environment = os.environ | {
        "JUPYTERLAB_WORKSPACES_DIR": str(workspaces),
        "RUNBOOK_HOME": str(home),
        "RUNBOOK_RUN_DIR": str(record),
    }
    return arguments, environment


def open_lab(
    home: Path,
    record: Path,
    notebook: str = "",
    *,
    port: int | None = None,
    browser: bool = True,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Run JupyterLab until it stops, with these environment variables too, and return its exit code."""
    arguments, environment = command(home, record, notebook, port=port, browser=browser)
    with left_to_child():
        process = subprocess.Popen(arguments, env={**environment, **variables})  # noqa: S603  # we made this command line
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # Ctrl+C also reaches JupyterLab, which asks for confirmation and then ends by itself.
                continue
