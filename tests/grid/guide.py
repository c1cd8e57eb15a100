"""The whole guide, step by step, on a sandbox whose cloud and record can be put back to where a step began."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from runbook_lib.record.run_file import NAME as RUN_FILE
from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.http import Answer, Request
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.steps.cleaning import after_first_parts
from tests.steps.data import build, call, connect
from tests.steps.plant import identity_step
from tests.steps.world import Phases, World

READER = "reader@contoso.onmicrosoft.com"
ASKED = "pe-asked"
"""A private endpoint whose connection somebody decides on."""


def private(world: World, **values: Any) -> PrivateAccess:
    """Make a step of 04 that makes a private endpoint only when it's named."""
    names_one = "private_endpoint_name" in values
    return PrivateAccess(world.context(), {"create_private_endpoint": names_one, "confirm": True, **values})


Steps = Mapping[str, Callable[[World], Step[Any, Any]]]

STEPS: Steps = {
    "00-start-here": lambda world: world.start_here(),
    "01-create-instance": lambda world: world.create(grant_access=True),
    "02-assign-access": lambda world: world.assign(principal=READER),
    "03-managed-identity": lambda world: identity_step(
        world, system_assigned="on", associate_identity="id-mine", create_identity=True
    ),
    "04-private-access": lambda world: PrivateAccess(world.context(), {}),
    "04-request-connection": lambda world: private(
        world, private_endpoint_name=ASKED, request_approval=True, private_dns=False
    ),
    "04-approve": lambda world: private(world, decision="approve", connection=ASKED),
    "04-reject": lambda world: private(world, decision="reject", connection=ASKED),
    "04-public-access-off": lambda world: private(world, public_network_access="disabled"),
    "04-public-access-on": lambda world: private(world, public_network_access="enabled"),
    "05-call-rest": call,
    "05-build-graph": build,
    "05-connect-client": connect,
    "06-clean-up": lambda world: world.clean_up(confirm_clean_up=True),
}
"""The guide's steps, in order, each with the notebook that it's in."""
IN_ANOTHERS_INSTANCE: Steps = {
    "05-build-graph": build,
    "06-remove-data": lambda world: world.clean_up(confirm_clean_up=True),
}
"""Steps in an instance that another run made, where clean-up removes one model, twin and relationship after another."""

_SETTLING = 600.0
"""Seconds after each step: what Azure replicates is everywhere by then."""
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|\+00:00)", re.IGNORECASE)
_ETAG = re.compile(r'"(?:etag|\$etag)": "(?:[^"\\]|\\.)*"')
_LOOKS = re.compile(r"/(query|getByIds|checkNameAvailability)$", re.IGNORECASE)
_PASSING = frozenset({"fault", "operation", "pending-operation", "latest-operation", "removed-role-assignment"})
"""Kinds of documents that say how the cloud got where it is."""


@dataclass(frozen=True)
class Operation:
    """A call that a step makes, without the names of things."""

    service: str
    method: str
    path: str
    """Of its first request in the step, for a fault to match."""
    template: str
    """Method and path with `{}` for names: what makes two requests the same operation."""
    long_running: bool = False
    body: bytes = b""

    @property
    def looks(self) -> bool:
        """Whether it only reads."""
        return (
            self.method == "GET" or re.search(r"/(query|getByIds|checkNameAvailability)$", self.path, re.I) is not None
        )


@dataclass(frozen=True)
class Snapshot:
    """A cloud, its time, and the record of the run so far."""

    documents: tuple[tuple[str, str, str], ...]
    moment: datetime
    journal: str


class RewindingClock(ManualClock):
    """Time that can be put back."""

    def rewind(self, moment: datetime) -> None:
        self._now = moment


@dataclass
class Guide:
    """A clean run: where each step begins, what it calls, and what is there when it has ended."""

    sandbox: Sandbox
    clock: RewindingClock
    folder: Path
    steps: Steps = field(default_factory=lambda: STEPS)
    starts: dict[str, Snapshot] = field(default_factory=dict)
    ends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    records: dict[str, frozenset[tuple[str, str, str]]] = field(default_factory=dict)
    operations: dict[str, dict[str, Operation]] = field(default_factory=dict)
    """By step, then by template."""
    bodies: dict[str, bytes] = field(default_factory=dict)
    """What was written first, by path in lower case."""

    def run(self) -> None:
        """Do the steps once, and take notes."""
        world = self._world("clean")
        for name, make in self.steps.items():
            self.starts[name] = Snapshot(self.documents(), self.clock.now(), _text(world.journal.path))
            with self._watched() as seen:
                carry_out(make(world), Phases())
            self.operations[name] = seen
            self.ends[name], self.records[name] = self.cloud(), record(world)
        world.close()

    @contextmanager
    def at(self, step: str) -> Iterator[World]:
        """Give a world in which everything before a step has been done."""
        start = self.starts[step]
        store = self.sandbox.cloud.store
        with store.transaction():
            store.clear()
            for kind, key, body in start.documents:
                store.put(kind, key, json.loads(body))
        self.clock.rewind(start.moment)
        world = self._world("cell")
        if start.journal:
            world.journal.path.write_text(start.journal, "utf-8")
        try:
            yield world
        finally:
            world.close()
            shutil.rmtree(world.journal.folder)

    def new_operations(self, step: str) -> list[Operation]:
        """List the operations of a step: all that write, and those that read if no step before has made them."""
        known = {one for before in list(self.steps)[: list(self.steps).index(step)] for one in self.operations[before]}
        return [one for one in self.operations[step].values() if not one.looks or one.template not in known]

    def cloud(self) -> tuple[str, ...]:
        """Describe what there is, without times, etags and ids that differ from run to run."""
        self.clock.advance(_SETTLING)
        azure.resources(self.sandbox).resource_groups.check_existence("settles-what-is-due")
        kept = (f"{kind} {key} {body}" for kind, key, body in self.documents() if kind not in _PASSING)
        return tuple(sorted(plain(one) for one in kept))

    def _world(self, name: str) -> World:
        world = World(self.sandbox, self.clock, self.folder / name)
        # All worlds go on with one run, whose id is on what it makes.
        (world.journal.folder / RUN_FILE).write_text(json.dumps({"id": str(uuid.UUID(int=4))}), "utf-8")
        return world

    def documents(self) -> tuple[tuple[str, str, str], ...]:
        """Return all that the cloud knows: kind, key and content."""
        rows = self.sandbox.cloud.store._db.execute("SELECT kind, key, body FROM documents").fetchall()
        return tuple((kind, key, json.dumps(json.loads(body), sort_keys=True)) for kind, key, body in rows)

    @contextmanager
    def _watched(self) -> Iterator[dict[str, Operation]]:
        seen: dict[str, Operation] = {}

        def note(request: Request, answer: Answer) -> None:
            name, _ = self.sandbox.cloud.service(request.host)
            one = operation(name, request, answer)
            if request.method in ("PUT", "POST") and answer.status < 300:
                self.bodies.setdefault(request.path.lower(), request.body)
            if one.template not in seen or (one.long_running and not seen[one.template].long_running):
                seen[one.template] = one

        self.sandbox.cloud.observers.append(note)
        yield seen
        self.sandbox.cloud.observers.remove(note)


def plain(text: str) -> str:
    """Leave out times, etags and ids, which differ from run to run."""
    return _GUID.sub("{guid}", _TIME.sub("{time}", _ETAG.sub("", text))).lower()


def operation(service: str, request: Request, answer: Answer) -> Operation:
    """Tell which operation a request is."""
    path = request.path
    if "/operation" in path.lower():
        path = re.sub(r"(/operation[a-z]+/).+", r"\1*", path, flags=re.IGNORECASE)
    shown = re.sub(
        r"(?i)/(subscriptions|resourceGroups|roleAssignments|models|digitaltwins|relationships|users|groups|providers/"
        r"[^/]+/[^/]+)/[^/]+",
        r"/\1/{}",
        path.replace("/providers/Microsoft.Authorization/", "/"),
    )
    started = {name.lower() for name in answer.headers} & {"azure-asyncoperation", "location"}
    begins = request.method in ("PUT", "PATCH", "DELETE") and answer.status in (200, 201, 202) and bool(started)
    template = f"{service} {request.method} {shown.lower()}"
    return Operation(service, request.method, path, template, begins, request.body)


def carry_out(step: Step[Any, Any], progress: Phases) -> None:
    """Do and prove a step, as a headless run does. Raises the error that would end it."""
    from runbook_lib.unattended import failed_checks_error

    step.apply(progress)
    verification = step.verify(progress)
    if not verification.passed:
        raise failed_checks_error(verification)


def record(world: World) -> frozenset[tuple[str, str, str]]:
    """Return what the run says it made and hasn't removed."""
    # Azure doesn't always answer with the spelling that it was given.
    return frozenset(
        (step, one.kind, _GUID.sub("{guid}", one.resource_id).lower()) for step, one in world.journal.made_by()
    )


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


@contextmanager
def guide(folder: Path, steps: Steps = STEPS) -> Iterator[Guide]:
    """Give the guide, done once. If it doesn't create its instance, another run has."""
    clock = RewindingClock()
    with Sandbox(clock=clock, pace=Pace.REAL) as sandbox:
        made = Guide(sandbox, clock, folder, steps)
        if "01-create-instance" not in steps:
            after_first_parts(World(sandbox, clock, folder / "others")).assign(principal=READER).apply()
        made.run()
        yield made
        azure.close_clients(sandbox)
