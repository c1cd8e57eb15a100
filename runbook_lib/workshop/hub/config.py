"""JupyterHub's configuration. The Hub loads this file by itself and offers `get_config`."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import Any

from runbook_lib.workshop.hub.plan import PREFIX, TRAINER, VARIABLE, read_plan
from runbook_lib.workshop.hub.roster import RosterAuthenticator

c: Any = globals()["get_config"]()
plan = read_plan()
folder = Path(plan.folder)

c.JupyterHub.bind_url = f"http://{plan.host}:{plan.port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{plan.hub_port}"
c.JupyterHub.db_url = f"sqlite:///{folder / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.concurrent_spawn_limit = 5
c.JupyterHub.template_vars = {"announcement_login": escape(plan.consent).replace("\n", "<br>")}
c.ConfigurableHTTPProxy.command = [str(Path(sys.executable).parent / "configurable-http-proxy")]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{plan.proxy_port}"
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")

c.JupyterHub.authenticator_class = RosterAuthenticator
c.RosterAuthenticator.codes = {**plan.codes, TRAINER: plan.key}
c.Authenticator.allowed_users = {*plan.codes, TRAINER}
c.Authenticator.admin_users = {TRAINER}

# Everybody's server runs as the user that runs the Hub: for a room where that's all right. TRAINER.md says so.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "users" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "runbook_lib.cli.seat"]
c.Spawner.default_url = "/doc/workspaces/guide/tree/00-start-here.ipynb"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
c.Spawner.env_keep = [*c.Spawner.env_keep, VARIABLE] if isinstance(c.Spawner.env_keep, list) else ["PATH", VARIABLE]

c.JupyterHub.services = [
    {
        "name": PREFIX.rpartition("/")[2],
        "url": f"http://127.0.0.1:{plan.board_port}",
        "command": [sys.executable, "-m", "runbook_lib.workshop.hub.service"],
        "environment": {VARIABLE: str(folder / "hub.json")},
        "oauth_no_confirm": True,
    }
]
