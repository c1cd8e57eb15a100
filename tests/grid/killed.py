"""A run of 00 and 01 as a process of its own, against a sandbox that is one too; either can be killed at a write."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from azure.core.pipeline.transport import RequestsTransport

from runbook_lib import sandbox
from runbook_lib.azure.clients import Clients
from runbook_lib.azure.target import sandbox_target
from runbook_lib.azure.waiting import Waiting
from runbook_lib.record.journal import Journal
from runbook_lib.steps.core.context import Context
from runbook_lib.steps.instance.step import CreateInstance
from runbook_lib.steps.start.step import StartHere
from tests.steps.world import NoPresenter

WRITES = 4
"""A registration, a group, an instance and a role."""


def main(home: Path, folder: Path, victim: int = 0, number: int = -1, after: bool = False) -> None:
    """Run, and kill a process at the write of that number, counted from 0: before it is sent, or after its answer."""
    target = sandbox_target(sandbox.settings(home), "owner")
    journal, writes, send = Journal(folder), 0, RequestsTransport.send

    def sending(transport: Any, request: Any, **options: Any) -> Any:
        nonlocal writes
        counts = request.method in ("PUT", "POST") and "/oauth2/" not in request.url and "/device" not in request.url
        counts = counts and not request.url.partition("?")[0].endswith("/checkNameAvailability")
        strikes, writes = counts and writes == number, writes + counts
        if strikes and not after:
            os.kill(victim or os.getpid(), signal.SIGKILL)
        answer = send(transport, request, **options)
        if strikes and after:
            os.kill(victim or os.getpid(), signal.SIGKILL)
        return answer

    RequestsTransport.send = sending
    clients = Clients(target, journal.note_answer)
    try:
        context = Context(clients, journal, NoPresenter(), Waiting(sleep=lambda _: None))
        for step in (StartHere(context, {}), CreateInstance(context, {"grant_access": True})):
            step.apply()
            assert step.verify().passed
    finally:
        RequestsTransport.send = send
        clients.close()
        target.credential.close()  # type: ignore[attr-defined]  # a persona's has it


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), 0, int(sys.argv[3]), sys.argv[4] == "after")
