"""Lets a step's verbs wait for Azure when Azure asks for it: visibly, and no longer than the step can wait."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from ...azure.target import Target, connect
from ...azure.waiting import Waiting, patiently
from ...explain.translate import explaining
from .context import SILENT, Context, Progress


class _Step(Protocol):
    context: Context

    @property
    def seconds(self) -> float: ...


S = TypeVar("S", bound=_Step)
P = ParamSpec("P")
T = TypeVar("T")


class _Phases:
    """Progress that remembers what it showed last."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last: tuple[str, float] | None = None

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        self._last = (text, usual_seconds)
        self._progress.phase(text, usual_seconds)

    def pause(self, text: str, seconds: float) -> None:
        """Show a pause, without forgetting what it interrupts."""
        self._progress.phase(text, seconds)

    def resume(self) -> None:
        if self._last:
            self._progress.phase(*self._last)


def signed_in(target: str, sign_in: str, tenant: str, seconds: float, progress: Progress = SILENT) -> Target:
    """Return the target, signed in. Waits up to `seconds` for a person, visibly.

    Raises InputError for a target or a way that doesn't exist, SignInFailed, TimedOut and Unreachable.
    """
    found = connect(target, sign_in, tenant)
    # explaining is inside, because it asks the patience what happened.
    with patiently(Waiting(), seconds, progress.phase), explaining("signing in"):
        found.account()
    return found


def patient(verb: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Make a verb wait up to `timeout_minutes` for all that Azure asks it to wait, shown in its progress if it has one.

    A verb without progress, such as `plan`, shows its waits where the caller does (`patiently`). If that's nowhere, it
    waits for a few seconds only.
    """
    reports = "progress" in signature(verb).parameters

    @wraps(verb)
    def run(step: S, *arguments: P.args, **options: P.kwargs) -> T:
        waiting, seconds = step.context.waiting, step.seconds
        if not reports:
            with patiently(waiting, seconds):
                return verb(step, *arguments, **options)
        given = cast("Progress", arguments[0] if arguments else options.get("progress", SILENT))
        phases: Any = _Phases(given)
        with patiently(waiting, seconds, phases.pause, phases.resume):
            return cast("Callable[[S, Progress], T]", verb)(step, phases)

    return cast("Callable[Concatenate[S, P], T]", run)
