"""What the Hub starts for each user: JupyterLab on the guide, a sandbox of their own, and their place in the class.

python -m runbook_lib.cli.seat, in the environment that JupyterHub gives to a user's server.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from .. import sandbox
from .joining import in_class
from .lab import command


def main() -> None:
    """Run the user's server in this process until the Hub ends it."""
    from jupyterhub.singleuser import main as serve

    from ..record.run_file import RunFile
    from ..workshop import membership
    from ..workshop.client import Client
    from ..workshop.hub.plan import read_plan

    plan, user = read_plan(), os.environ["JUPYTERHUB_USER"]
    home = Path.home() / "runbook"
    record = home / "runs" / "lab-hub"
    record.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["RUNBOOK_HOME"] = str(home)
    sandbox.start(home)
    try:
        member = membership.read(home)
        if member is None or member.code != plan.code:
            member = Client(plan.board).join(plan.code, user, "")
        member = replace(member, address=plan.board)  # a Hub that's restarted has its board at another port
        membership.write(home, member)
        arguments, environment = command(home, record, "", port=None, browser=False)
        with RunFile(record).running(), in_class(home, record, member) as variables:
            os.environ.update({**environment, **variables})
            root = next(one for one in arguments if one.startswith("--ServerApp.root_dir="))
            sys.argv[1:] = [*sys.argv[1:], root, *(["--allow-root"] if "--allow-root" in arguments else [])]
            serve()
    finally:
        sandbox.stop(home)


if __name__ == "__main__":
    main()
