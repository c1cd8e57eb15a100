"""Fault injection: makes the sandbox fail on demand, so that you can see what Azure does on a bad day.

A fault says what happens (`Effect`), to which calls, and how often. Faults are documents in the store: they survive a
restart, a reset removes them, and the command line changes them under a running server. Whether a fault with a
probability applies is computed from its seed and a count, never by chance, so that a whole class sees the same thing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from .clock import moment, stamp
from .http import Request
from .store import Document, Store

SERVICES = ("login", "arm", "graph", "data", "blob")
"""Entra, Azure Resource Manager, Microsoft Graph, the data plane of every instance, and the blobs of every account."""

KIND = "fault"
PENDING = "pending-operation"
OPERATION = "operation"
NEVER = "9999-12-31T23:59:59.0000000Z"
"""When a stuck operation ends, unless its fault is cleared."""


class Effect(StrEnum):
    """What a fault does."""

    LATENCY = "latency"
    """The answer comes `seconds` later (by the machine's clock); the work is done at once."""
    THROTTLED = "throttled"
    """429 with `Retry-After` of `seconds`."""
    INTERNAL_ERROR = "internal-error"
    """500."""
    UNAVAILABLE = "unavailable"
    """503, with `Retry-After` if `seconds` is given."""
    DROP = "drop"
    """The connection breaks before the request is carried out."""
    DROP_ANSWER = "drop-answer"
    """The connection breaks after the request was carried out, so the caller can't tell."""
    EXPIRE_TOKEN = "expire-token"  # noqa: S105 - the name of an effect
    """The caller's access token counts as expired: 401 in the service's own words."""
    CLAIMS = "claims-challenge"
    """The caller's access token lacks a claim that a policy asks for: 401 with a claims challenge, until it has it."""
    SLOW = "slow"
    """An asynchronous operation takes `seconds` more (on the sandbox's clock, at any pace)."""
    STUCK = "stuck"
    """An asynchronous operation does not end until the fault is cleared."""
    FAILED = "failed"
    """An asynchronous operation ends as Failed, with `code` and `message`."""
    CANCELED = "canceled"
    """An asynchronous operation ends as Canceled, with `code` and `message`."""


_OPERATION_EFFECTS = frozenset({Effect.SLOW, Effect.STUCK, Effect.FAILED, Effect.CANCELED})
_DEFAULT_SECONDS = {Effect.LATENCY: 2.0, Effect.THROTTLED: 5.0, Effect.SLOW: 60.0}


@dataclass(frozen=True)
class Fault:
    """A fault. An empty condition matches every call; all conditions must match."""

    effect: Effect
    service: str = ""
    """One of SERVICES."""
    method: str = ""
    """HTTP method; for effects on operations, the method of the request that starts the operation."""
    path: str = ""
    """Path without the query, case-insensitive; `*` stands for anything, slashes included."""
    action: str = ""
    """RBAC action or data action, case-insensitive, with `*`: `Microsoft.DigitalTwins/*/write`."""
    provider: str = ""
    """Namespace of an ARM resource provider, such as `Microsoft.DigitalTwins`."""
    times: int = 0
    """How often it applies before it is used up; 0 means until it is cleared."""
    probability: float = 1.0
    """Share of the matching calls that it applies to: above 0, at most 1."""
    seed: int = 0
    """Decides which calls: the same seed gives the same calls."""
    seconds: float | None = None
    """The meaning depends on the effect; None is the effect's default (latency 2, throttled 5, slow 60)."""
    code: str = ""
    """Error code, in place of the usual one."""
    message: str = ""
    """Error message, in place of the usual one."""
    id: str = field(default="", compare=False)
    """Set by `Faults.add`."""
    seen: int = field(default=0, compare=False)
    """How many calls have matched so far."""
    struck: int = field(default=0, compare=False)
    """How many of them it has applied to."""

    def __post_init__(self) -> None:
        """Check the values. Raises ValueError with a message for the user."""
        if self.service not in ("", *SERVICES):
            raise ValueError(f"There is no service {self.service!r}; choose one of {', '.join(SERVICES)}.")
        if not 0 < self.probability <= 1:
            raise ValueError("The probability must be above 0 and at most 1.")
        if self.times < 0 or (self.seconds is not None and self.seconds < 0):
            raise ValueError("Times and seconds cannot be negative.")

    @property
    def duration(self) -> float:
        """`seconds`, or the effect's default."""
        return _DEFAULT_SECONDS.get(self.effect, 0.0) if self.seconds is None else self.seconds

    @property
    def used_up(self) -> bool:
        """Whether it has been applied as often as it should."""
        return 0 < self.times <= self.struck

    def fits(self, call: Call) -> bool:
        """Tell whether the fault is meant for a call."""
        return (
            self.service in ("", call.service)
            and self.method.upper() in ("", call.request.method)
            and _like(self.path, call.request.path)
            and _like(self.action, call.action)
            and self.provider.lower() in ("", call.provider.lower())
        )

    def chooses(self, number: int) -> bool:
        """Tell whether the fault applies to the matching call of that number, counted from 0."""
        digest = hashlib.sha256(f"{self.seed}/{self.id}/{number}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64 < self.probability


@dataclass(frozen=True)
class Call:
    """What faults are matched with."""

    request: Request
    service: str
    action: str = ""

    @property
    def provider(self) -> str:
        """The namespace that an ARM path names: what follows its last `/providers/`."""
        found = re.findall(r"/providers/([^/]+)", self.request.path, re.IGNORECASE)
        return str(found[-1]) if found and self.service == "arm" else ""


@dataclass(frozen=True)
class Injection:
    """The effect of the active faults on one request."""

    delay: float = 0.0
    """By how many seconds the answer is late."""
    fault: Fault | None = None
    """The fault that decides the answer, whatever its effect."""

    def is_a(self, effect: Effect) -> bool:
        """Tell whether the answer suffers this effect."""
        return self.fault is not None and self.fault.effect is effect


NO_INJECTION = Injection()

_CALL: ContextVar[Call | None] = ContextVar("call", default=None)
"""The current request, for the operations that it starts."""


class Faults:
    """The faults of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision: tuple[int, ...] = ()
        self._awake: tuple[Fault, ...] = ()

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on; return it with its id."""
        with self._store.transaction():
            number = max((int(known.id) for known in self.known()), default=0) + 1
            made = replace(fault, id=str(number), seen=0, struck=0)
            self._write(made)
        return made

    def known(self) -> list[Fault]:
        """List the faults in the order in which they were added, including used-up ones."""
        return [_fault(document) for document in self._store.list(KIND)]

    def clear(self, *identifiers: str) -> list[Fault]:
        """Switch faults off (all of them if no id is given), and return them. Operations that were stuck continue.

        Raises KeyError for an unknown id.
        """
        with self._store.transaction():
            known = {fault.id: fault for fault in self.known()}
            gone = [known[identifier] for identifier in identifiers] or list(known.values())
            for fault in gone:
                self._store.delete(KIND, _key(fault.id))
            self._release({fault.id for fault in gone})
        return gone

    def inject(self, request: Request, service: str, action: Callable[[Request], str]) -> Injection:
        """Find out what the faults do to a request, and count it. `action` names the RBAC action that it needs."""
        awake = self._now_awake()
        if not awake:
            return NO_INJECTION
        call = Call(request, service, action(request))
        _CALL.set(call)
        delay, decisive = 0.0, None
        for fault in awake:
            late = fault.effect is Effect.LATENCY
            if fault.effect in _OPERATION_EFFECTS or (decisive and not late) or not self._applies(fault, call):
                continue
            if late:
                delay += fault.duration
            else:
                decisive = fault
        return Injection(delay, decisive)

    def alter(self, operation: Document) -> Document:
        """Return an operation that's about to start, changed by the fault that matches the request."""
        call = _CALL.get()
        for fault in self._now_awake():
            if call and fault.effect in _OPERATION_EFFECTS and self._applies(fault, call):
                return _altered(operation, fault)
        return operation

    def _now_awake(self) -> tuple[Fault, ...]:
        revision = self._store.revision(KIND)
        if revision != self._revision:
            self._awake = tuple(fault for fault in self.known() if not fault.used_up)
            self._revision = revision
        return self._awake

    def _applies(self, fault: Fault, call: Call) -> bool:
        if not fault.fits(call):
            return False
        with self._store.transaction():
            document = self._store.get(KIND, _key(fault.id))
            if document is None:
                return False  # the command line removed it first
            current = _fault(document)
            strikes = not current.used_up and current.chooses(current.seen)
            self._write(replace(current, seen=current.seen + 1, struck=current.struck + strikes))
        return strikes

    def _write(self, fault: Fault) -> None:
        self._store.put(KIND, _key(fault.id), asdict(fault))

    def _release(self, identifiers: set[str]) -> None:
        for waiting in self._store.list(PENDING, NEVER):
            operation = self._store.get(OPERATION, waiting["name"])
            if operation and operation.get("stuckBy") in identifiers:
                name, at_once = operation["name"], operation["startTime"]
                self._store.delete(PENDING, f"{NEVER}/{name}")
                self._store.put(OPERATION, name, {**operation, "endTime": at_once})
                self._store.put(PENDING, f"{at_once}/{name}", {"name": name, "endTime": at_once})


def _altered(operation: Document, fault: Fault) -> Document:
    if fault.effect is Effect.SLOW:
        later = moment(operation["endTime"]) + timedelta(seconds=fault.duration)
        return {**operation, "endTime": stamp(later)}
    if fault.effect is Effect.STUCK:
        return {**operation, "endTime": NEVER, "stuckBy": fault.id}
    if not operation["resource"].startswith("/"):
        return operation  # a provider's registration: clients can't see that operation fail
    status = fault.effect.value.capitalize()
    # Modelled: codes and sentences of ARM's general advice; the real provider's failures aren't recorded.
    code = fault.code or {"Failed": "InternalServerError", "Canceled": "OperationPreempted"}[status]
    message = (
        fault.message
        or {
            "Failed": "The operation failed. The resource was left in a failed state; repeat the request to try again.",
            "Canceled": "The operation was canceled before it was complete.",
        }[status]
    )
    return {**operation, "fate": {"status": status, "error": {"code": code, "message": message}}}


def _fault(document: Document) -> Fault:
    return Fault(**{**document, "effect": Effect(document["effect"])})


def _key(identifier: str) -> str:
    return identifier.rjust(6, "0")


def _like(pattern: str, text: str) -> bool:
    return not pattern or _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE | re.DOTALL)
