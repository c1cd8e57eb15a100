"""Asynchronous operations: work that ends on the clock, and the two ways in which a client can wait for it.

An operation is a document. The first request after its time has come applies its outcome (`settle`), in the order in
which operations end. Header styles and bodies as recorded (behaviour notes, section 1.4).
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable

from ..clock import Clock, Pace, moment, stamp
from ..faults import Faults
from ..http import Answer
from ..store import Document, Store

Finish = Callable[[Document], "Document | None"]
"""Applies an operation's outcome; returns what goes into the operation if that isn't a status of Succeeded."""

OPERATION = "operation"
PENDING = "pending-operation"
LATEST = "latest-operation"


def encode_token(facts: dict[str, str]) -> str:
    """Pack facts into a result URL as Azure does: base64 of JSON, safe in a path and without padding."""
    return base64.urlsafe_b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_token(token: str) -> dict[str, str]:
    """Unpack what `encode_token` packed; an empty dictionary for anything else."""
    try:
        facts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


class Operations:
    """Starts operations and finishes them."""

    def __init__(self, store: Store, clock: Clock, pace: Pace, faults: Faults) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace
        self._faults = faults
        self._finishers: dict[str, Finish] = {}

    def on_finish(self, outcome: str, finish: Finish) -> None:
        """Name the function that applies an outcome; `outcome` is its name in stored operations."""
        self._finishers[outcome] = finish

    def begin(
        self, outcome: str, resource_id: str, seconds: float, *, since: str | None = None, **facts: str
    ) -> Document:
        """Start work that takes `seconds` on Azure, from now or `since` then, and return the operation's document."""
        now = moment(since) if since else self._clock.now()
        operation = {
            "name": str(uuid.uuid4()),
            "outcome": outcome,
            "resource": resource_id,
            "startTime": stamp(now),
            "endTime": stamp(now + self._pace.scale(seconds)),
            "status": "Running",
            **facts,
        }
        operation = self._faults.alter(operation)  # faults can make it slow, stuck or failing
        store = self._store
        store.put(OPERATION, operation["name"], operation)
        store.put(PENDING, self._pending_key(operation), {"name": operation["name"], "endTime": operation["endTime"]})
        store.put(LATEST, resource_id, {"name": operation["name"]})
        return operation

    def settle(self) -> None:
        """Apply the outcome of every operation whose time has come. Called before each request is answered."""
        now = stamp(self._clock.now())
        # An outcome can start an operation that's due at once: a deployment goes on with its next resources.
        while due := [p["name"] for p in self._store.list(PENDING) if p["endTime"] <= now]:
            for name in due:
                with self._store.transaction():
                    self._finish(name)

    def get(self, name: str) -> Document | None:
        """Return the operation of that name (a GUID)."""
        return self._store.get(OPERATION, name)

    def latest(self, resource_id: str) -> Document | None:
        """Return the latest operation on a resource."""
        found = self._store.get(LATEST, resource_id)
        return self.get(found["name"]) if found else None

    def retry_after(self, seconds: int, *, first: bool) -> dict[str, str]:
        """Return the `Retry-After` header of an answer that says "not yet".

        Azure sends `seconds` on the first answer and, unless the service repeats it, nothing on polls; an SDK then
        waits its default of 30 s. At a faster pace than Azure's, the sandbox says 1 on all of them.
        """
        if self._pace is not Pace.REAL:
            return {"Retry-After": "1"}
        return {"Retry-After": str(seconds)} if first else {}

    def status(self, operation: Document) -> Answer:
        """Answer a poll of the `Azure-AsyncOperation` URL."""
        path = f"/subscriptions/{operation['subscription']}/locations/{operation['location']}/operationsStatuses"
        body = {"id": f"{path}/{operation['name']}", "name": operation["name"], "status": operation["status"]}
        body["startTime"] = operation["startTime"]
        if operation["status"] == "Running":
            return Answer(200, body, self.retry_after(10, first=False))
        error = {"error": operation["error"]} if "error" in operation else {}
        return Answer(200, {**body, "endTime": operation["endTime"], **error})

    def _finish(self, name: str) -> None:
        operation = self.get(name)
        if operation and operation["status"] == "Running":  # another thread may have been faster
            outcome = operation.get("fate")
            if outcome:
                self._mark_failed(operation["resource"], outcome["status"])
            else:
                outcome = self._finishers[operation["outcome"]](operation)
            self._store.delete(PENDING, self._pending_key(operation))
            self._store.put(OPERATION, name, {**operation, **(outcome or {"status": "Succeeded"})})

    def _mark_failed(self, resource_id: str, state: str) -> None:
        """Leave a resource as a failed or canceled operation does: its state says so, and nothing is undone."""
        for kind in ("resource", "resource-group", "deployment"):
            if document := self._store.get(kind, resource_id):
                document["properties"]["provisioningState"] = state
                self._store.put(kind, resource_id, document)

    @staticmethod
    def _pending_key(operation: Document) -> str:
        return f"{operation['endTime']}/{operation['name']}"
