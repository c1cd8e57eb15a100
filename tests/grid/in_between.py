"""Somebody else is at work too: between a step's plan and its act, or between the act and its confirmation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from azure.core.pipeline.transport import RequestsTransport

from runbook_lib.errors import (
    AzureRefused,
    InputError,
    PermissionMissing,
    RunbookError,
    SignInFailed,
    TimedOut,
    Unreachable,
    VerificationFailed,
)
from runbook_lib.record.journal import Journal
from runbook_lib.sandbox.arm.authorization.role_assignments import PRINCIPAL_TYPES
from runbook_lib.sandbox.clock import stamp
from tests.steps.world import Phases

from .colleague import Colleague
from .faults import Cell, end, named
from .guide import Guide, Operation

MOMENTS = ("before the act", "before its confirmation")
ENDS = (AzureRefused, InputError, PermissionMissing, VerificationFailed)
GONE = (SignInFailed, Unreachable, TimedOut)
"""How it also ends when something is deleted: a host name leads nowhere, or Azure doesn't show what it has accepted."""


def try_between(guide: Guide, step: str, operation: Operation, moment: str, deed: str) -> Cell:
    """Do a step while a colleague does something, do it again, and clean up; see that theirs stays theirs."""
    cell, make, clean_up = Cell(operation), guide.steps[step], list(guide.steps)[-1]
    with guide.at(step) as world:
        colleague = Colleague(guide, operation, deed)
        with _acting(colleague, moment):
            error = end(make(world), Phases())
        _judge(cell, error, "it", colleague)
        world.clock.advance(60)
        _judge(cell, end(make(world), Phases()), "the rerun", colleague)
        if step != clean_up and colleague.changed and not colleague.is_kept(colleague.changed):
            cell.wrong.append(f"the colleague's change of {colleague.changed} is gone")
        if colleague.theirs:
            _judge(cell, end(guide.steps[clean_up](world), Phases()), "cleaning up", colleague)
        lost = [path for path in colleague.theirs if not colleague.is_left_alone(path)]
        cell.wrong += [f"the colleague's {path} was taken or changed" for path in lost]
    if error is not None and isinstance(error, RunbookError):
        cell.outcome = f"{type(error).__name__} ({error.exit_code})"
    if colleague.did != deed:
        cell.outcome = colleague.did or "it never came to that"
        if not colleague.did:
            cell.wrong.append("the step never came to that")
    return cell


def try_unreplicated(guide: Guide, step: str, operation: Operation) -> Cell:
    """Do a step that gives a role while nobody in the directory is known everywhere yet."""
    cell, store = Cell(operation), guide.sandbox.cloud.store
    with guide.at(step) as world:
        later = stamp(guide.clock.now() + timedelta(days=1))
        with store.transaction():
            for kind in PRINCIPAL_TYPES:
                for one in store.list(kind):
                    store.put(kind, one["id"], {**one, "replicatedOn": later})
        if error := end(guide.steps[step](world), Phases()):
            cell.wrong.append(f"it ends with {named(error)}")
    return cell


@contextmanager
def _acting(colleague: Colleague, moment: str) -> Iterator[None]:
    send, record = RequestsTransport.send, Journal.record
    wanted = colleague.operation

    def sending(transport: Any, request: Any, **options: Any) -> Any:
        answer = send(transport, request, **options)
        path = request.url.partition("?")[0].partition("://")[2].partition("/")[2]
        about_it = request.method == wanted.method and f"/{path}".lower() == wanted.path.lower()
        if moment == MOMENTS[1] and about_it and answer.status_code < 300:
            colleague.act()
        return answer

    def recording(journal: Journal, event: str, step: str, **details: Any) -> None:
        record(journal, event, step, **details)
        if event == "plan" and moment == MOMENTS[0]:
            colleague.act()

    with patch.object(RequestsTransport, "send", sending), patch.object(Journal, "record", recording):
        yield


def _judge(cell: Cell, error: BaseException | None, what: str, colleague: Colleague) -> None:
    if error is None:
        return
    if not isinstance(error, ENDS if colleague.deed == "changes" else (*ENDS, *GONE)):
        cell.wrong.append(f"{what} ends with {named(error)}")
    elif not (error.message and error.remedy):
        cell.wrong.append(f"words are missing where {what} ends: {error!s}")
