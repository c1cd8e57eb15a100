"""What can happen to a call, and how a step that meets it can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from runbook_lib.errors import (
    AzureRefused,
    RunbookError,
    SignInFailed,
    TimedOut,
    Unreachable,
    VerificationFailed,
)
from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.steps.core.step import Step
from tests.steps.world import Phases, World

from .guide import Guide, Operation, carry_out, record

RECOVERED = "recovered"


@dataclass(frozen=True)
class Trouble:
    """A fault, and the errors that can end a step that meets it. Without any, the step has to recover."""

    effect: Effect
    ends: tuple[type[RunbookError], ...] = ()
    times: int = 1
    """0: it lasts."""
    seconds: float | None = None
    says: str = ""
    """Words of the phase that a person sees, or of the error."""
    only_long_running: bool = False
    only_writes: bool = False

    def fault(self, operation: Operation) -> Fault:
        return Fault(
            self.effect,
            service=operation.service,
            method=operation.method,
            path=operation.path,
            times=self.times,
            seconds=self.seconds,
        )

    def fits(self, operation: Operation) -> bool:
        return (operation.long_running or not self.only_long_running) and (not operation.looks or not self.only_writes)


TROUBLES: dict[str, Trouble] = {
    "429 for 7 s": Trouble(Effect.THROTTLED, seconds=7, says="Azure asks to wait 7 s"),
    "429 for 200 s": Trouble(Effect.THROTTLED, seconds=200, says="Azure asks to wait 200 s"),
    "429 for an hour": Trouble(Effect.THROTTLED, (TimedOut,), seconds=3600, says="Wait 3600 s"),
    "429 lasting": Trouble(Effect.THROTTLED, (TimedOut,), 0, 90, says="Azure asks to wait 90 s"),
    "500 once": Trouble(Effect.INTERNAL_ERROR),
    "500 lasting": Trouble(Effect.INTERNAL_ERROR, (AzureRefused,), 0),
    "503 once": Trouble(Effect.UNAVAILABLE),
    "503 lasting": Trouble(Effect.UNAVAILABLE, (Unreachable,), 0),
    "dropped before": Trouble(Effect.DROP),
    "dropped after": Trouble(Effect.DROP_ANSWER, only_writes=True),
    "dropped after, lasting": Trouble(Effect.DROP_ANSWER, (Unreachable,), 0, only_writes=True),
    "dropped before, lasting": Trouble(Effect.DROP, (Unreachable,), 0),
    "401 once": Trouble(Effect.EXPIRE_TOKEN),
    "401 lasting": Trouble(Effect.EXPIRE_TOKEN, (SignInFailed,), 0),
    "slow": Trouble(Effect.SLOW, seconds=120, only_long_running=True),
    "stuck": Trouble(Effect.STUCK, (TimedOut,), only_long_running=True),
    "failed": Trouble(Effect.FAILED, (AzureRefused,), only_long_running=True),
    "canceled": Trouble(Effect.CANCELED, (AzureRefused,), only_long_running=True),
}


@dataclass
class Cell:
    """What came of one operation under one fault."""

    operation: Operation
    outcome: str = RECOVERED
    """How the step ended, with its exit code."""
    wrong: list[str] = field(default_factory=list)


def try_cell(guide: Guide, step: str, operation: Operation, trouble: Trouble) -> Cell | None:
    """Do a step under a fault, then again without; None if the fault found nothing to strike."""
    cell, make = Cell(operation), guide.steps[step]
    with guide.at(step) as world:
        faults = guide.sandbox.cloud.faults
        faults.add(trouble.fault(operation))
        phases = Phases()
        _judge(cell, step, trouble, end(make(world), phases), phases)
        struck = faults.known()[0].struck
        faults.clear()
        if not struck:
            return None
        world.clock.advance(60)
        again = end(make(world), Phases())
        if trouble.only_long_running and again and step > "02":
            # What Azure left as Failed is repaired where it's made; a run of the guide comes by there first.
            again = end(guide.steps["01-create-instance"](world), Phases()) or end(make(world), Phases())
        if again:
            cell.wrong.append(f"the rerun ends with {named(again)}")
        _compare(cell, guide, step, world)
    return cell


def end(step: Step[Any, Any], phases: Phases) -> BaseException | None:
    """Do and prove a step; return the error that ends it."""
    try:
        carry_out(step, phases)
    except Exception as error:
        return error
    return None


def _judge(cell: Cell, step: str, trouble: Trouble, error: BaseException | None, phases: Phases) -> None:
    if error is None:
        if trouble.says and not trouble.ends and not any(trouble.says in text for text in phases.texts):
            cell.wrong.append(f"it waited without a word: {phases.texts}")
        return
    if not isinstance(error, RunbookError):
        cell.outcome = f"bug (70): {error!r}"
        cell.wrong.append(cell.outcome)
        return
    cell.outcome = f"{type(error).__name__} ({error.exit_code})"
    # Clean-up keeps what Azure doesn't let go, says why, and removes the rest: its checks fail then.
    allowed = (*trouble.ends, VerificationFailed) if trouble.ends else ()
    if not isinstance(error, allowed):
        cell.wrong.append(f"it ends with {named(error)}")
    if not (error.message and error.remedy):
        cell.wrong.append(f"words are missing: {error!s}")


def _compare(cell: Cell, guide: Guide, step: str, world: World) -> None:
    there, wanted = guide.cloud(), guide.ends[step]
    if there != wanted:
        more, fewer = set(there) - set(wanted), set(wanted) - set(there)
        cell.wrong.append(f"another cloud: {_short(more)} instead of {_short(fewer)}")
    if opened := [(where, one.kind, one.resource_id) for where, one in world.journal.unfinished_by()]:
        cell.wrong.append(f"open in the record: {_short(opened)}")
    if (made := record(world)) != (known := guide.records[step]):
        cell.wrong.append(f"another record: {_short(made - known)} instead of {_short(known - made)}")


def named(error: BaseException) -> str:
    """Return an error's class and message."""
    return f"{type(error).__name__}: {getattr(error, 'message', error)}"[:400]


def _short(items: Any) -> str:
    return str(sorted(map(str, items)))[:600]
