"""The present class, as the board shows it: kept in memory, and in the store before anybody is told that it's so."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..explain.by_code import BY_CODE
from .messages import Action, Join, Joined, Reports, Wanted
from .settings import Settings, title_of
from .store import Class, Learner, Store, folded, plain_code

AWAY_SECONDS = 45.0
"""A learner's machine asks for actions all the time, each time for up to 25 s."""
LEARNERS_AT_MOST = 1000
_NO_HISTORY = 50
"""How many actions the page lists."""


class Refused(Exception):
    """A request that the board doesn't carry out, with the answer's status and a code for programs."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Cell:
    """Where a learner is with one step or exercise."""

    state: str
    since: float
    error: str
    hints: int
    troubles: tuple[str, ...] = ()
    """All errors so far, each once."""


@dataclass
class Row:
    """One learner on the board."""

    learner: Learner
    seen: float
    frozen: bool = False
    away: bool = False
    cells: dict[str, Cell] = field(default_factory=dict)
    reported: float = 0.0
    """The time of the newest report in the cells."""

    def take(self, at: float, place: str, state: str, error: str, hints: int) -> None:
        """Take a report into the cells."""
        known = self.cells.get(place)
        if known and known.since > at:
            return  # from another machine, and overtaken
        if known and known.state == "done" and state in ("open", "working"):
            return  # looked at once more
        same = known and (known.state, known.error) == (state, error)
        hints = 0 if state == "undone" else max(hints, known.hints if known else 0)
        troubles = tuple(dict.fromkeys([*(known.troubles if known else ()), *([error] if error else [])]))
        self.cells[place] = Cell(state, known.since if known and same else at, error, hints, troubles)
        self.reported = max(self.reported, at)


class Bell:
    """Wakes all that wait for something to happen."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake them."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait for the next time, for up to `seconds`. False: it didn't ring."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Classroom:
    """One class with everybody in it. Use it on one event loop. `now` returns seconds since 1970."""

    def __init__(self, store: Store, settings: Settings, about: Class, now: Callable[[], float] = time.time) -> None:
        self.store, self.settings, self.about, self.now = store, settings, about, now
        self._seats = store.seats()
        self.rows = {one.id: self._row(one) for one in store.learners(self.about.id)}
        self._version = 0
        self._versions: dict[int, int] = dict.fromkeys(self.rows, 0)
        """What changed when: the version of the page at each learner's last change."""
        self._page = Bell()
        self._bells: defaultdict[int, Bell] = defaultdict(Bell)

    @classmethod
    def present(
        cls, store: Store, settings: Settings, *, fresh: bool = False, now: Callable[[], float] = time.time
    ) -> Classroom:
        """Return the class that's going on; a new one if the last is closed, or with `fresh`."""
        known = store.classes()
        if fresh and known and known[-1].closed is None:
            store.change_class(known[-1].id, closed=now())
        going_on = not fresh and known and known[-1].closed is None
        about = known[-1] if going_on else store.open_class(settings.title, settings.seed, now())
        return cls(store, settings, about, now)

    def _row(self, learner: Learner) -> Row:
        row = Row(learner, learner.joined, self.store.last_freeze(learner.id), away=True)
        for report in self.store.reports(learner.id):
            row.take(*report)
        return row

    # What learners' machines ask for

    def join(self, wanted: Join) -> Joined:
        """Let a learner in, or one more machine of a learner. Raises Refused."""
        self._check_code(wanted.code)
        same = next((row for row in self.rows.values() if row.learner.folded == folded(wanted.name)), None)
        if same is None:
            if len(self.rows) >= LEARNERS_AT_MOST:
                raise Refused(429, "class-full", "This class is full. Ask your trainer.")
            learner = self.store.add_learner(self.about.id, wanted.name, self.now())
            self.rows[learner.id] = Row(learner, self.now())
        else:
            learner = same.learner
            if plain_code(wanted.personal) != learner.personal:
                raise Refused(409, "name-taken", f"Somebody in this class is called {learner.name} already. "
                              "Choose another name. If it's you, on another machine, add your personal code: "
                              "--personal CODE, which the first machine showed.")  # fmt: skip
            self.store.depart(learner.id, None)
        token = self.store.add_seat(learner.id)
        self._seats = self.store.seats()
        self.touch(learner.id, departed=None)
        known = {"name": learner.name, "personal": learner.personal, "last_action": self.store.last_action()}
        return Joined(token=token, title=self.about.title, seed=self.about.seed, **known)

    def _check_code(self, code: str) -> None:
        code = plain_code(code)
        if code == self.about.code:
            self._check_open()
        elif any(one.code == code for one in self.store.classes()):
            raise Refused(410, "old-code", "This code is of an earlier class. Ask your trainer for today's address.")
        else:
            raise Refused(403, "wrong-code", "The class code is wrong. Copy the whole address, or scan the QR code.")

    def _check_open(self) -> None:
        if self.about.closed is not None:
            raise Refused(410, "class-closed", "The class has ended. Nothing more is sent.")

    def who(self, token: str) -> int:
        """Return the learner that a token belongs to, and note that the machine is there. Raises Refused."""
        learner = self._seats.get(hashlib.sha256(token.encode()).hexdigest(), 0)
        if learner not in self.rows:
            raise Refused(401, "unknown-token", "This machine isn't in the class. Join with today's address.")
        self._check_open()
        self.touch(learner, departed=self.rows[learner].learner.departed)
        return learner

    def touch(self, learner: int, *, departed: float | None) -> None:
        """Note that a learner's machine is there, or has left."""
        row = self.rows[learner]
        row.seen = self.now()
        if row.away or departed != row.learner.departed or learner not in self._versions:
            row.away, row.learner = False, replace(row.learner, departed=departed)
            self._tell(learner)

    def report(self, learner: int, message: Reports) -> int:
        """Take in reports; return how many were new."""
        now, row = self.now(), self.rows[learner]
        sent = message.sent.timestamp()
        # How long ago it was is right on any clock; when it was, only on the board's.
        timed = [(min(now, max(row.learner.joined, now - (sent - one.at.timestamp()))), one) for one in message.reports]
        added = self.store.add_reports(learner, timed)
        for at, one in added:
            row.take(at, one.place, one.state, one.error, one.hints)
        self._tell(learner)
        return len(added)

    async def actions(self, learner: int, after: int, seconds: float) -> Sequence[Action]:
        """Return a learner's actions after that one; wait for one for up to `seconds`."""
        if not (found := self.store.orders(learner, after)) and await self._bells[learner].wait(seconds):
            found = self.store.orders(learner, after)
        self._check_open()
        return found

    def settle(self, learner: int, action: int, outcome: str, error: str) -> None:
        """Note what became of an action. Raises Refused if it isn't this learner's."""
        if not self.store.settle(learner, action, outcome, error, self.now()):
            raise Refused(404, "no-such-action", "There is no such action for this learner.")
        self._tell(learner)

    def leave(self, learner: int) -> None:
        """Let a learner go. What was reported stays for the summary; nothing more is taken."""
        self.store.depart(learner, self.now())
        self._seats = self.store.seats()
        self.touch(learner, departed=self.now())

    # What the trainer asks for

    def act(self, wanted: Wanted) -> int:
        """Send an action to some learners, or to all that haven't left; return its id."""
        self._check_open()
        there = [number for number, row in self.rows.items() if row.learner.departed is None]
        meant = [one for one in there if one in wanted.learners] if wanted.learners else there
        action = self.store.add_action(self.about.id, wanted.kind, wanted.argument, meant, self.now())
        for learner in meant:
            if wanted.kind in ("freeze", "unfreeze"):
                self.rows[learner].frozen = wanted.kind == "freeze"
            self._bells[learner].ring()
        self._tell(*meant)
        return action

    def set_timer(self, minutes: float) -> None:
        """Let the timer end in so many minutes; 0 stops it."""
        self.store.change_class(self.about.id, ends=self.now() + minutes * 60 if minutes else 0.0)
        self._reread()

    def end(self) -> None:
        """Close the class: nobody joins or reports after that. What's there stays to be read."""
        self.store.change_class(self.about.id, closed=self.now())
        self._reread()
        for bell in self._bells.values():
            bell.ring()

    def _reread(self) -> None:
        self.about = next(one for one in self.store.classes() if one.id == self.about.id)
        self._tell()

    # What the page shows

    def _tell(self, *learners: int) -> None:
        self._version += 1
        for learner in learners:
            self._versions[learner] = self._version
        self._page.ring()

    def look_for_absent(self) -> None:
        """Note who hasn't been heard of for a while."""
        for learner, row in self.rows.items():
            if not row.away and self.now() - row.seen > AWAY_SECONDS:
                row.away = True
                self._tell(learner)

    async def news(self, version: int, seconds: float) -> tuple[int, dict[str, Any] | None]:
        """Wait until something has changed since that version; return the new one, and what changed. None: nothing."""
        if version > self._version:
            version = -1  # a page from before a restart
        if self._version == version and not await self._page.wait(seconds):
            return version, None
        changed = [one for one, known in self._versions.items() if known > version]
        return self._version, self.snapshot(changed)

    def snapshot(self, learners: Iterable[int] | None = None) -> dict[str, Any]:
        """Return what the page shows: of the class, and of these learners or all."""
        about = self.about
        return {
            "now": self.now(),
            "title": about.title,
            "opened": about.opened,
            "closed": about.closed,
            "ends": about.ends,
            "columns": self._columns(),
            "actions": self.store.history(about.id)[-_NO_HISTORY:],
            "learners": [self._shown(self.rows[one]) for one in (self.rows if learners is None else learners)],
        }

    def _columns(self) -> list[dict[str, Any]]:
        planned = self.settings.places
        begun = dict.fromkeys(place for row in self.rows.values() for place in row.cells if place not in planned)
        return [{"place": one, "title": title_of(one), "planned": one in planned} for one in (*planned, *begun)]

    @staticmethod
    def _shown(row: Row) -> dict[str, Any]:
        cells: Mapping[str, Any] = {
            place: {**asdict(one), "means": means(one.error)} for place, one in row.cells.items()
        }
        return {
            "id": row.learner.id,
            "name": row.learner.name,
            "joined": row.learner.joined,
            "left": row.learner.departed,
            "away": row.away,
            "frozen": row.frozen,
            "reported": row.reported,
            "cells": cells,
        }


def means(error: str) -> str:
    """Return our explanation of an error, by Azure's code in it; empty without one."""
    explained = BY_CODE.get(error.rpartition(" ")[2])
    return explained.meaning if explained else ""
