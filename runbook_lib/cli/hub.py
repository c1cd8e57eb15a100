"""Runs a JupyterHub with a class, on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .interrupts import left_to_child
from .joining import WHAT_TRAVELS

if TYPE_CHECKING:
    from ..workshop.hub.plan import HubPlan
    from ..workshop.settings import Settings
    from ..workshop.store import Store


def plan_hub(store: Store, settings: Settings, folder: Path, host: str, port: int) -> HubPlan:
    """Plan a Hub for the class that's going on, or for a new one, and keep the plan in the folder."""
    from ..workshop.classroom import Classroom
    from ..workshop.hub.plan import HubPlan, sign_in_codes

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = Classroom.present(store, settings).about
    hub_port, proxy_port, board_port = (_free_port() for _ in range(3))
    plan = HubPlan(
        folder=str(folder),
        host=host,
        port=port,
        hub_port=hub_port,
        proxy_port=proxy_port,
        board_port=board_port,
        code=about.code,
        key=about.key,
        settings=settings.model_dump(mode="json"),
        codes=sign_in_codes(settings, about.key),
        consent=WHAT_TRAVELS,
    )
    plan.write()
    return plan


def run_hub(plan: HubPlan) -> int:
    """Run the Hub until it ends, and return its exit code."""
    from ..workshop.hub import plan as beside
    from ..workshop.hub.plan import VARIABLE

    config = Path(beside.__file__).with_name("config.py")
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config), "--log-level=WARN"]
    environment = os.environ | {VARIABLE: str(Path(plan.folder) / "hub.json")}
    # In a session of its own: Ctrl+C comes to us, and we end the Hub once, as it ends everybody's server.
    process = subprocess.Popen(  # noqa: S603  # we made this command line
        command, env=environment, cwd=plan.folder, start_new_session=True
    )
    with left_to_child():
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                process.terminate()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
