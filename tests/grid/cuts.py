"""A process that is gone at a boundary of its requests: before one is sent, or after it was answered.

What is left then is the cloud and the run's folder. Two boundaries between which neither has changed leave the same, so
one of them is tried for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from unittest.mock import patch

from azure.core.pipeline.transport import RequestsTransport

from runbook_lib.record.event_log import EventLog
from runbook_lib.steps.core.results import Verification
from tests.steps.world import Phases, World

from .guide import Guide, plain, record


class Cut(BaseException):
    """The process is gone."""


@dataclass
class Cutter:
    """Counts the boundaries of a process's requests, and ends the process at one of them."""

    guide: Guide
    world: World
    at: int = -1
    """The number of the boundary to be gone at, from 0; -1: none."""
    seen: list[str] = field(default_factory=list)
    """What each boundary would leave, as a digest. Only without a cut: that is what tells where cuts differ."""
    passed: int = 0
    gone: bool = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what this process sends and writes."""
        send, append = RequestsTransport.send, EventLog.append

        def sending(transport: Any, request: Any, **options: Any) -> Any:
            self._boundary()
            answer = send(transport, request, **options)
            self._boundary()
            return answer

        def appending(log: EventLog, entry: Any) -> None:
            if not self.gone:  # a process that is gone writes nothing more
                append(log, entry)

        with patch.object(RequestsTransport, "send", sending), patch.object(EventLog, "append", appending):
            yield

    def _boundary(self) -> None:
        if self.at < 0:
            self.seen.append(self._left())
        elif self.passed == self.at:
            self.gone = True
        self.passed += 1
        if self.gone:
            raise Cut

    def _left(self) -> str:
        digest = sha256(repr(self.guide.documents()).encode())
        for path in sorted(self.world.journal.folder.iterdir()):
            digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Boundaries:
    """What a clean run of a step passes, and what it concludes."""

    all: int
    different: tuple[int, ...]
    """The first of each group that leaves the same."""
    conclusion: tuple[str, ...]


def boundaries(guide: Guide, step: str) -> Boundaries:
    """Do a step without a cut, and find where cuts leave something different."""
    with guide.at(step) as world:
        cutter = Cutter(guide, world)
        with cutter.watching():
            conclusion = _conclude(guide, world, step)
    seen = cutter.seen
    different = tuple(number for number, left in enumerate(seen) if number == 0 or seen[number - 1] != left)
    return Boundaries(len(seen), different, conclusion)


def try_cut(guide: Guide, step: str, at: int, conclusion: tuple[str, ...]) -> list[str]:
    """Be gone at a boundary, do the step again, and return what differs from a run that nothing has cut."""
    with guide.at(step) as world:
        cutter = Cutter(guide, world, at)
        with cutter.watching(), suppress(Cut):
            _conclude(guide, world, step)
        if not cutter.gone:
            return [f"there is no boundary {at}: it passed {cutter.passed}"]
        guide.clock.advance(60)
        again = World(guide.sandbox, guide.clock, world.journal.folder)
        try:
            return list(_differences(guide, step, again, conclusion))
        finally:
            again.close()


def _differences(guide: Guide, step: str, world: World, conclusion: tuple[str, ...]) -> Iterator[str]:
    try:
        concluded = _conclude(guide, world, step)
    except Exception as error:
        yield f"the rerun ends with {type(error).__name__}: {getattr(error, 'message', error)}"
        return
    if concluded != conclusion:
        yield f"it concludes {sorted(set(concluded) - set(conclusion))}, not {sorted(set(conclusion) - set(concluded))}"
    if (there := guide.cloud()) != (wanted := guide.ends[step]):
        yield f"another cloud: {sorted(set(there) - set(wanted))}, not {sorted(set(wanted) - set(there))}"[:800]
    if (made := record(world)) != (known := guide.records[step]):
        yield f"another record: {sorted(made - known)}, not {sorted(known - made)}"
    if left := world.journal.unfinished_by():
        yield f"open in the record: {left}"
    if damaged := world.journal.damages():
        yield f"damaged: {damaged}"


def _conclude(guide: Guide, world: World, step: str) -> tuple[str, ...]:
    """Do and prove a step; return what its checks say, without times and ids that differ from run to run."""
    made = guide.steps[step](world)
    made.apply(Phases())
    verification: Verification = made.verify(Phases())
    told = [verification.title, *(f"{one.name}: {one.status}: {one.evidence}" for one in verification.checks)]
    return tuple(plain(one) for one in told)
