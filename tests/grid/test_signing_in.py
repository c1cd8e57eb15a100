"""Every request of a sign-in under every fault that it can meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runbook_lib.azure.target import Target, connect, sandbox_target
from runbook_lib.azure.waiting import Waiting, patiently
from runbook_lib.errors import RunbookError, SignInFailed, TimedOut, Unreachable
from runbook_lib.explain.translate import explaining
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.faults import Effect
from tests.steps.test_bad_days import through_the_sandbox
from tests.steps.world import Phases

from .cells import report
from .faults import TROUBLES, Cell, Trouble, named
from .guide import Operation, operation

WAYS: dict[str, Callable[[Sandbox], Target]] = {
    "device code": lambda sandbox: sandbox_target(sandbox.settings, "owner"),
    "service principal": lambda _: connect("azure", "service-principal"),
    "default": lambda _: connect("azure", "default"),
}
PERSONS_PART = "/device"
"""Where a person enters the code, in a browser of their own."""
FAULTS = [name for name, one in TROUBLES.items() if not one.only_long_running and one.effect is not Effect.EXPIRE_TOKEN]
"""A sign-in asks for a token, so none can be refused there, and nothing in it goes on by itself."""


@pytest.mark.grid
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WAYS)
def test_each_request(
    sandbox: Sandbox, way: str, fault: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if way != "device code":
        through_the_sandbox(sandbox, monkeypatch)
    seen: dict[str, Operation] = {}

    def note(asked: Any, answer: Any) -> None:
        name, _ = sandbox.cloud.service(asked.host)
        one = operation(name, asked, answer)
        seen.setdefault(one.template, one)

    sandbox.cloud.observers.append(note)
    _sign_in(WAYS[way](sandbox), Phases())
    sandbox.cloud.observers.remove(note)
    asked = [one for one in seen.values() if one.path != PERSONS_PART and TROUBLES[fault].fits(one)]
    cells = [_tried(sandbox, WAYS[way], one, TROUBLES[fault]) for one in asked]
    assert cells or TROUBLES[fault].only_writes
    report(f"sign-in ({way})", fault, cells, request)


def _tried(sandbox: Sandbox, way: Callable[[Sandbox], Target], one: Operation, trouble: Trouble) -> Cell:
    cell, phases = Cell(one), Phases()
    faults = sandbox.cloud.faults
    faults.add(trouble.fault(one))
    lasting = TimedOut if TimedOut in trouble.ends else Unreachable
    # A device code is good for one token. If its answer is lost, a person has to enter another code.
    used_up = trouble.effect is Effect.DROP_ANSWER and one.path.endswith("/token")
    allowed = (*((lasting,) if trouble.ends else ()), *((SignInFailed,) if used_up else ()))
    error = _sign_in(way(sandbox), phases)
    if error is not None:
        cell.outcome = f"{type(error).__name__} ({getattr(error, 'exit_code', 70)})"
        if not isinstance(error, RunbookError) or not isinstance(error, allowed):
            cell.wrong.append(f"it ends with {named(error)}")
    faults.clear()
    if again := _sign_in(way(sandbox), phases):
        cell.wrong.append(f"the next sign-in ends with {named(again)}")
    return cell


def _sign_in(target: Target, phases: Phases) -> BaseException | None:
    slept: list[float] = []
    try:
        with patiently(Waiting(lambda: sum(slept), slept.append), 600, phases.phase), explaining("signing in"):
            target.account()
    except Exception as error:
        return error
    finally:
        target.credential.close()  # type: ignore[attr-defined]  # every credential here has it
    return None
