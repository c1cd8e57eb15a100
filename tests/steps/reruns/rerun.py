"""A rerun with one parameter changed: what its plan says, what goes over the wire, and what its checks say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest

from runbook_lib.errors import RunbookError
from runbook_lib.steps.core.step import Step
from tests.steps.world import World

Make = Callable[..., Step[Any, Any]]
"""Makes the step, of a world and of the step's values."""

_LOOKS = re.compile(r"/(query|checknameavailability|getbyids)$", re.IGNORECASE)
"""POSTs that only ask."""
_GENERATED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NO_VALUES: Mapping[str, Any] = MappingProxyType({})


def nothing(world: World) -> None:
    """Nothing happens between the two runs."""


@dataclass(frozen=True)
class Rerun:
    """One parameter, changed after a first run, and what that changes beside a rerun without the change."""

    parameter: str
    value: Any
    plan: str = ""
    """What only the changed plan says."""
    writes: frozenset[str] = frozenset()
    """All that the changed run writes: method, and the end of the path."""
    spares: frozenset[str] = frozenset()
    """What a rerun without the change would have written."""
    asks: str = ""
    """What only the changed run asks for: a part of an address."""
    checks: str = ""
    """What only the changed checks say."""
    passed: bool = True
    """Whether the changed checks pass."""
    refused: type[RunbookError] | None = None
    """The error that ends the changed run."""
    usual: Mapping[str, Any] = field(default_factory=lambda: _NO_VALUES)
    """Further values, of both reruns."""
    first: Mapping[str, Any] | None = None
    """The values of the first run; None for those of the rerun that changes nothing."""
    meanwhile: Callable[[World], None] = nothing
    """What happens between the two runs, not through a step."""
    reason: str = ""
    """Why plan, wire or checks stay as they were, where one of them does."""


@dataclass
class Traffic:
    """The requests that reached the sandbox."""

    asked: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)


@contextmanager
def traffic(world: World) -> Iterator[Traffic]:
    """Collect the requests that are sent meanwhile."""
    seen = Traffic()

    def note(request: object, _: object) -> None:
        method, host, path = (str(getattr(request, name)) for name in ("method", "host", "path"))
        looks = method in ("GET", "HEAD") or (method == "POST" and _LOOKS.search(path) is not None)
        if looks or host == "login.microsoftonline.com":
            seen.asked.append(f"{host}{path}")
        else:
            seen.written.add(f"{method} {_end(path)}")

    observers = world.sandbox.cloud.observers
    observers.append(note)
    try:
        yield seen
    finally:
        observers.remove(note)


def _end(path: str) -> str:
    """Return the last two parts of a path, with a star for a name that the guide has thought up."""
    *_, kind, name = ["", *path.strip("/").split("/")]
    return f"{kind}/{_GENERATED.sub('*', name)}"


def writes(*what: str) -> frozenset[str]:
    """Name what a run writes."""
    return frozenset(what)


def prove(world: World, make: Make, row: Rerun) -> None:
    """Run the step, change the parameter, run it again, and compare with a rerun that changes nothing."""
    make(world, **(row.usual if row.first is None else row.first)).apply()
    world.clock.advance(600)
    row.meanwhile(world)
    with traffic(world) as before:
        unchanged = make(world, **row.usual)
        plan, checks = _text(unchanged.plan()), _text(unchanged.verify())
    assert before.written == set()
    with traffic(world) as after:
        changed = make(world, **{**row.usual, row.parameter: row.value})
        changed_plan = _text(changed.plan())
        _apply(changed, row)
        verification = changed.verify()
    assert row.plan in changed_plan
    assert not row.plan or row.plan not in plan
    assert after.written == row.writes
    if row.asks:
        assert any(row.asks in address for address in after.asked)
        assert not any(row.asks in address for address in before.asked)
    assert row.checks in _text(verification)
    assert not row.checks or row.checks not in checks
    assert verification.passed is row.passed
    if row.spares:
        with traffic(world) as spared:
            unchanged.apply()
        assert spared.written == row.spares


def _text(shown: object) -> str:
    """Return what a result shows, whatever the width of its columns."""
    return " ".join(str(shown).split())


def _apply(step: Step[Any, Any], row: Rerun) -> None:
    if row.refused:
        with pytest.raises(row.refused):
            step.apply()
    else:
        step.apply()


def unexplained(row: Rerun) -> list[str]:
    """Return what of plan, wire and checks a row leaves out without a reason."""
    told = {"plan": row.plan, "wire": row.writes or row.spares or row.asks or row.refused, "checks": row.checks}
    return [] if row.reason else [what for what, said in told.items() if not said]
