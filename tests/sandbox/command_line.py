"""The Azure CLI, unmodified and in its default cloud, led into a sandbox by what `runbook sandbox env` prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import Sandbox, approve, environment
from runbook_lib.sandbox.world import TENANT_ID, persona

PROGRAM = os.environ.get("RUNBOOK_AZ", "")
with_az = pytest.mark.skipif(not PROGRAM, reason="RUNBOOK_AZ does not name the Azure CLI's program")
NODE_FOLDER = os.environ.get("RUNBOOK_NODE", "")
with_node = pytest.mark.skipif(
    not NODE_FOLDER, reason="RUNBOOK_NODE does not name a folder with Azure's JavaScript clients in node_modules"
)
PATIENCE = 90
"""Seconds for one command. The first start of az compiles it, unless its installer has."""


class Refused(Exception):
    """The command ended with an error; the text is what it wrote to the error output."""


@dataclass(frozen=True)
class CommandLine:
    """One person at a prompt: `az` with a configuration folder of its own."""

    program: str
    sandbox: Sandbox
    home: Path
    also: Mapping[str, str] = field(default_factory=dict)
    """More environment variables."""

    def __call__(self, *arguments: str) -> Any:
        """Run a command and return its output, read as JSON. Raises Refused when it fails."""
        with self._started(*arguments) as process:
            output, complaint = process.communicate(timeout=PATIENCE)
        if process.returncode:
            raise Refused(complaint)
        return json.loads(output) if output.strip() else None

    def sign_in_as_application(self, name: str, secret: str = "") -> Any:
        """Sign in as a service principal, with its own secret unless another is given."""
        application = self.sandbox.cloud.store.get("application", persona(name).app_id)
        assert application is not None
        return self(
            "login",
            "--service-principal",
            "--username",
            application["appId"],
            "--password",
            secret or application["secrets"][0],
            "--tenant",
            TENANT_ID,
        )

    def sign_in_as_user(self, name: str) -> Any:
        """Sign in with a device code, which is approved as a browser would."""
        with self._started("login", "--use-device-code") as process:
            assert process.stderr is not None
            # az says the code in a sentence and then waits; when it says nothing, its error output ends.
            found = next(filter(None, (re.search(r"enter the code (\w+)", line) for line in process.stderr)), None)
            assert found, "az did not ask for a device code"
            approve(self.sandbox.settings, found[1], name)
            output, complaint = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, complaint
        return json.loads(output)

    @contextmanager
    def _started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [self.program, *arguments],
            env=self.environment_variables(),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def environment_variables(self) -> dict[str, str]:
        values = {"PATH": os.environ["PATH"], "HOME": str(self.home), **environment(self.sandbox.settings)}
        return {**values, "AZURE_CONFIG_DIR": str(self.home / ".azure"), **self.also}
