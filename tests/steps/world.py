"""Steps at work against an in-process sandbox: real clients, a journal on disk, and the test's own clock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import TokenCredential
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

from runbook_lib.azure.clients import Clients
from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.azure.target import Target
from runbook_lib.azure.waiting import Waiting
from runbook_lib.record.journal import Journal
from runbook_lib.sandbox import PERSONAS, ManualClock, Sandbox
from runbook_lib.sandbox.world import TRAINING_ID
from runbook_lib.steps.access.step import AssignAccess
from runbook_lib.steps.clean_up.step import CleanUp
from runbook_lib.steps.core.context import Context
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.instance.step import CreateInstance
from runbook_lib.steps.start.step import StartHere
from tests import azure
from tests.azure import credential
from tests.sandbox.control_plane import stripped

GROUP = "rg-digital-twins"


class NoPresenter:
    """Nobody looks."""

    def present(self, step: Step[Any, Any]) -> None:
        raise AssertionError("nothing is presented here")

    def present_verification(self, step: Step[Any, Any]) -> None:
        raise AssertionError("nothing is presented here")

    def present_values(self, step: Step[Any, Any]) -> None:
        raise AssertionError("nothing is presented here")


@dataclass
class Phases:
    """Remembers what a verb said it was doing."""

    texts: list[str] = field(default_factory=list)

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        self.texts.append(text)


class World:
    """One sandbox with one run's journal; makes steps for whoever acts."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock, folder: Path) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.journal = Journal(folder)
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self.cloud = PUBLIC
        self.stuck = False
        """True: time passes for whoever waits, but Azure gets nothing done."""
        self._waited = 0.0
        self._clients: dict[str, Clients] = {}

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.on_sleep()
        self._waited += seconds
        if not self.stuck:
            self.clock.advance(seconds)

    def _others(self, object_id: str) -> TokenCredential | None:
        known = {who.id: who.name for who in PERSONAS}
        return credential(self.sandbox, known[object_id]) if object_id in known else None

    def context(self, persona: str = "owner", *, others: bool = True) -> Context:
        who = credential(self.sandbox, persona)
        signs_in = self._others if others else lambda _: None
        target = Target("sandbox", who, self.sandbox.client_settings, signs_in, self.cloud)
        key = f"{persona} {others}"
        clients = self._clients.setdefault(key, Clients(target, lambda exchange: self.journal.note_answer(exchange)))
        waiting = Waiting(lambda: self._waited, self._sleep, self.clock.now)
        return Context(clients, self.journal, NoPresenter(), waiting)

    def start_here(self, persona: str = "owner", **values: Any) -> StartHere:
        return StartHere(self.context(persona), values)

    def create(self, persona: str = "owner", **values: Any) -> CreateInstance:
        return CreateInstance(self.context(persona), values)

    def assign(self, persona: str = "owner", *, others: bool = True, **values: Any) -> AssignAccess:
        return AssignAccess(self.context(persona, others=others), values)

    def clean_up(self, persona: str = "owner", **values: Any) -> CleanUp:
        return CleanUp(self.context(persona), values)

    def somebody_makes(self, name: str, *, finished: bool = False) -> None:
        """Create an instance in the group, not through a step."""
        body = DigitalTwinsDescription(location="westeurope")
        client = azure.management(self.sandbox)
        client.digital_twins.begin_create_or_update(GROUP, name, body, polling=False)
        if finished:
            self.clock.advance(600)

    def somebody_unregisters(self, namespace: str) -> None:
        """Unregister a resource provider in the subscription, not through a step."""
        azure.resources(self.sandbox).providers.unregister(namespace)
        self.clock.advance(600)

    def somebody_makes_group(self, region: str = "westeurope") -> None:
        """Create the resource group, not through a step."""
        azure.resources(self.sandbox).resource_groups.create_or_update(GROUP, {"location": region})

    def take_roles_from(self, persona: str) -> None:
        """Take every role from a persona, at once."""
        stripped(self.sandbox, persona)

    def somebody_defines_role(self, role: str, name: str, permissions: dict[str, list[str]]) -> None:
        """Define a custom role in the subscription, not through a step; `role` is its GUID."""
        scope = f"/subscriptions/{TRAINING_ID}"
        body = {"roleName": name, "permissions": [permissions], "assignableScopes": [scope]}
        operations: Any = azure.authorization(self.sandbox).role_definitions
        operations.create_or_update(scope, role, {"properties": body})

    def somebody_assigns(
        self, role: str, principal_id: str, scope: str, *, kind: str = "User", by: str = "owner"
    ) -> None:
        """Give somebody a role, not through a step, and let it take effect."""
        subscription = "/".join(scope.split("/")[:3]) if scope.startswith("/subscriptions/") else ""
        definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        body = RoleAssignmentCreateParameters(
            role_definition_id=definition, principal_id=principal_id, principal_type=kind
        )
        azure.authorization(self.sandbox, by).role_assignments.create(scope, str(uuid.uuid4()), body)
        self.clock.advance(600)

    def interrupts(self, step: Step[Any, Any]) -> None:
        """Press Ctrl+C while a step waits for Azure."""

        def press() -> None:
            raise KeyboardInterrupt

        self.on_sleep = press
        with pytest.raises(KeyboardInterrupt):
            step.apply()
        self.on_sleep = lambda: None

    def close(self) -> None:
        for clients in self._clients.values():
            clients.close()


@contextmanager
def quick_world(folder: Path) -> Iterator[World]:
    """Give a world in which nothing takes time, because az waits by the real clock."""
    with Sandbox() as sandbox:
        world = World(sandbox, ManualClock(), folder)
        yield world
        world.close()
        azure.close_clients(sandbox)
