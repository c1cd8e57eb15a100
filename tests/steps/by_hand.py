"""What a plan tells people to do by hand, done: its program is run, and its `az` commands are."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from azure.core.credentials import TokenCredential

from runbook_lib.azure.clients import Clients
from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.steps.core.results import Plan
from tests.azure import credential
from tests.sandbox.command_line import CommandLine
from tests.steps import az_dt
from tests.steps.world import World

"""The Azure CLI's program; "" where it is not installed."""


def run_program(world: World, plan: Plan, folder: Path, persona: str = "owner") -> dict[str, Any]:
    """Run the plan's Python program as a persona, in a folder, and return its variables.

    What it waits for passes on the test's clock. Nothing of ours helps it: it finds the sandbox by the proxy and CA
    variables alone.
    """
    source = compile(plan.program, "<the plan's program>", "exec")
    names: dict[str, Any] = {}
    who = credential(world.sandbox, persona)

    def sign_in(authority: str = PUBLIC.authority) -> TokenCredential:
        assert authority == plan.cloud.authority
        return who

    with (
        _inside(world.sandbox, folder),
        patch("azure.identity.DefaultAzureCredential", sign_in),
        patch.object(time, "sleep", world.clock.advance),
    ):
        try:
            exec(source, names)  # that is the test
        finally:
            _close(names.values())
    return names


def run_commands(az: CommandLine, plan: Plan, clients: Clients) -> list[str]:
    """Run the plan's `az` commands, and return those that were really run.

    The commands of the extension, `az dt`, run where it is installed. It is not on PyPI; elsewhere they are checked
    against its options, and the way's own calls stand in for them, so that what follows finds what it builds on.
    """
    run: list[str] = []
    extended = az_dt.installed(az)
    for way in plan.recipes:
        words = shlex.split(way.command)[1:]
        if words[0] == "dt" and not extended:
            az_dt.check(words)
            for call in way.calls:
                answer = call.run(clients)
                getattr(answer, "result", lambda: None)()
        else:
            az(*words)
            run.append(way.command)
    return run


@contextmanager
def _inside(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    before = Path.cwd()
    with patch.dict(os.environ, environment(sandbox.settings)):
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _close(values: Iterable[object]) -> None:
    for value in values:
        # The data plane's client has no close() of its own.
        owner = value if hasattr(value, "close") else getattr(value, "_client", None)
        close: Callable[[], None] | None = getattr(owner, "close", None)
        if close and not isinstance(value, type):
            close()
