"""The failures that a trainer can stage in learners' sandboxes, and the pause of a whole sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import sandbox
from ..sandbox import Effect, Fault

TROUBLES: Mapping[str, Fault] = {
    "throttled": Fault(Effect.THROTTLED, service="arm", times=6, seconds=5),
    "internal-error": Fault(Effect.INTERNAL_ERROR, service="arm", method="PUT", times=6),
    "slow": Fault(Effect.SLOW, seconds=30),
    "failed-creation": Fault(Effect.FAILED, service="arm", method="PUT", path="*/digitalTwinsInstances/*", times=1),
    "expired-token": Fault(Effect.EXPIRE_TOKEN, service="arm", times=1),
    "data-unavailable": Fault(Effect.UNAVAILABLE, service="data", seconds=5),
}
"""What each does is in `runbook sandbox faults add --help`."""

FREEZE = tuple(
    Fault(
        Effect.UNAVAILABLE, service=service, method=method, seconds=1,
        code="PausedByTrainer", message="Your trainer has paused the class. This continues by itself.",
    )
    for service in ("arm", "data") for method in ("PUT", "POST", "PATCH", "DELETE")
)  # fmt: skip
"""Azure asks everybody who writes to wait a second, again and again."""


def stage(home: Path, faults: Iterable[Fault]) -> None:
    """Switch failures on, each once."""
    take_away(home, wanted := tuple(faults))
    for fault in wanted:
        sandbox.add_fault(home, fault)


def take_away(home: Path, faults: Iterable[Fault]) -> None:
    """Switch these failures off, and no others: those of exercises and of the learner's own stay."""
    gone = [one.id for one in sandbox.list_faults(home) if one in tuple(faults)]
    if gone:
        sandbox.clear_faults(home, *gone)
