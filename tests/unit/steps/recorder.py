"""Programs and calls at work without Azure: clients that only write down what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from runbook_lib.azure.clients import Clients
from runbook_lib.steps.core.recipes import Call, program

CLASSES = {
    "AzureDigitalTwinsManagementClient": "azure.mgmt.digitaltwins",
    "AuthorizationManagementClient": "azure.mgmt.authorization.v2022_04_01",
    "ResourceManagementClient": "azure.mgmt.resource.resources",
    "ManagedServiceIdentityClient": "azure.mgmt.msi",
    "DigitalTwinsClient": "azure.digitaltwins.core",
}
"""The clients that programs make: the package of each."""


@dataclass
class Log:
    """What a program did: which clients it made, and which calls it sent through them."""

    made: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    sent: list[tuple[int, str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    """Which client it was, by number, then operation, arguments, options."""


class Recorder:
    """Stands for a client, and for any of its operations."""

    def __init__(self, log: Log, client: int, path: str = "") -> None:
        self._log, self._client, self._path = log, client, path

    def __getattr__(self, name: str) -> Recorder:
        return Recorder(self._log, self._client, f"{self._path}.{name}".lstrip("."))

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self._log.sent.append((self._client, self._path, arguments, options))
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(["a row"])


@contextmanager
def recorded() -> Iterator[Log]:
    """Put recorders in the place of Azure's clients."""
    log = Log()

    def maker(name: str) -> Any:
        def make(*arguments: Any) -> Recorder:
            log.made.append((name, arguments))
            return Recorder(log, len(log.made) - 1)

        return make

    with ExitStack() as stack:
        for name, package in CLASSES.items():
            stack.enter_context(patch(f"{package}.{name}", maker(name)))
        stack.enter_context(patch("azure.identity.DefaultAzureCredential", lambda: "the credential"))
        yield log


def ran(*calls: Call) -> tuple[Log, dict[str, Any]]:
    """Run the program of calls, with nothing but what it imports; return what it did, and its variables."""
    names: dict[str, Any] = {}
    with recorded() as log:
        exec(compile(program(calls), "<program>", "exec"), names)  # that is the test
    return log, names


def evaluated(*values: Any, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments and options as a program's call sends them."""
    log, _ = ran(Call("resources", "s", "things.put", values, options))
    ((_, operation, arguments, given_options),) = log.sent
    assert operation == "things.put"
    return arguments, given_options


class RecordingClients(Clients):
    """Clients that record."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def identities(self, subscription: str) -> Any:
        return Recorder(self._log, 0)

    def data_plane(self, host_name: str, credential: Any = None) -> Any:
        return Recorder(self._log, 0)
