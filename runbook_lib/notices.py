"""What a trainer says to a class, shown in notebooks as it comes. Without a class, none of this is at work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from .display.cards import escape
from .record.journal import Journal, open_journal

CLASS_VARIABLE = "RUNBOOK_WORKSHOP"
"""Environment variable that says that this lab is in a class; `runbook lab --join` sets it."""
LOOK_SECONDS = 0.5
_SHOWN = 3
_STYLE = "margin:0 0 6px;padding:6px 10px;border-left:4px solid #b26a00;font-size:1.1em"


def in_class() -> bool:
    """Tell whether this lab is in a class."""
    return bool(os.environ.get(CLASS_VARIABLE))


def said(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the trainer said last, the newest first."""
    return [str(one["text"]) for one in reversed(events) if one["event"] == "trainer"][:_SHOWN]


def as_html(texts: Sequence[str]) -> str:
    """Return it as a region that screen readers read out when something comes; empty without a word."""
    if not texts:
        return ""
    newest, *older = texts
    before = "".join(f"<br><small>Before: {escape(one)}</small>" for one in older)
    return f'<div role="status" style="{_STYLE}"><strong>Your trainer: {escape(newest)}</strong>{before}</div>'


class Notices:
    """What the trainer says, for notebooks without a guide bar."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        texts = said(self._journal.events())
        return {"text/plain": "\n".join(f"Your trainer: {one}" for one in texts), "text/html": as_html(texts)}


class Watch:
    """Calls `changed` on the running loop whenever a record grows."""

    def __init__(self, journal: Journal, changed: Callable[[], object]) -> None:
        self._path, self._changed = journal.path, changed
        self._size = self._now()
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def stop(self) -> None:
        """Stop watching."""
        self._timer.cancel()

    def _now(self) -> int:
        with suppress(OSError):
            return self._path.stat().st_size
        return 0

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)
        if (size := self._now()) != self._size:
            self._size = size
            self._changed()


_watch: Watch | None = None


def show_notices() -> None:
    """Show what the trainer says above an exercise, and keep it up to date; nothing without a class or a person."""
    from IPython.display import display

    from .mode import detect_mode

    global _watch  # a notebook has one: the latest
    if not in_class() or detect_mode() != "guided":
        return
    if _watch:
        _watch.stop()
    journal = open_journal("sandbox")
    notices = Notices(journal)
    handle: Any = display(notices, display_id=True)  # type: ignore[no-untyped-call]
    _watch = Watch(journal, lambda: handle.update(notices))
