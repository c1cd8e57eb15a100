"""What the board remembers, in one SQLite file: it survives a restart of the board, and a crash of its process."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .messages import Action, Report

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what looks alike: I and 1, O and 0."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS classes (
    id INTEGER PRIMARY KEY, code TEXT UNIQUE NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL, seed TEXT NOT NULL,
    opened REAL NOT NULL, closed REAL, ends REAL);
CREATE TABLE IF NOT EXISTS learners (
    id INTEGER PRIMARY KEY, class INTEGER NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, personal TEXT NOT NULL,
    joined REAL NOT NULL, departed REAL, UNIQUE (class, folded));
CREATE TABLE IF NOT EXISTS seats (token TEXT PRIMARY KEY, learner INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reports (
    learner INTEGER NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, place TEXT NOT NULL, state TEXT NOT NULL,
    error TEXT NOT NULL, hints INTEGER NOT NULL, UNIQUE (learner, id));
CREATE TABLE IF NOT EXISTS actions (
    id INTEGER PRIMARY KEY, class INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, argument TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    action INTEGER NOT NULL, learner INTEGER NOT NULL, outcome TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    at REAL, PRIMARY KEY (learner, action)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Class:
    """One class."""

    id: int
    code: str
    key: str
    """The trainer's: who has it sees the board."""
    title: str
    seed: str
    opened: float
    closed: float | None
    ends: float | None
    """When the timer ends. All times are in seconds since 1970, by the board's clock."""


@dataclass(frozen=True)
class Learner:
    """Somebody in a class."""

    id: int
    class_id: int
    name: str
    folded: str
    personal: str
    joined: float
    departed: float | None


def new_code(letters: int = 8) -> str:
    """Return a code that people can read aloud, such as `K7QM-2XPA`: 40 bits."""
    made = "".join(secrets.choice(_LETTERS) for _ in range(letters))
    return "-".join(made[start : start + 4] for start in range(0, letters, 4))


def plain_code(code: str) -> str:
    """Return a code as it's stored, however it was typed."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def folded(name: str) -> str:
    """Return what two names have in common that people would take for one."""
    return " ".join(name.casefold().split())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Store:
    """The file. Use it in one thread."""

    def __init__(self, path: Path | str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        # With NORMAL, a commit survives the end of the process; only a power cut can take the last ones.
        self._database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_SCHEMA}")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._database.execute(statement, values).fetchall()

    # Classes

    def open_class(self, title: str, seed: str, now: float) -> Class:
        """Begin a class, with a new code and key."""
        code, key = new_code(), secrets.token_urlsafe(24)
        self._rows(
            "INSERT INTO classes (code, key, title, seed, opened) VALUES (?, ?, ?, ?, ?)",
            code, key, title, seed or code, now,
        )  # fmt: skip
        return self.classes()[-1]

    def classes(self) -> list[Class]:
        """List all classes, the oldest first."""
        return [Class(*row) for row in self._rows("SELECT * FROM classes ORDER BY id")]

    def change_class(self, class_id: int, *, closed: float | None = None, ends: float | None = None) -> None:
        """Close a class, or set its timer."""
        if closed is not None:
            self._rows("UPDATE classes SET closed = ? WHERE id = ?", closed, class_id)
        if ends is not None:
            self._rows("UPDATE classes SET ends = ? WHERE id = ?", ends or None, class_id)

    # Learners

    def learners(self, class_id: int) -> list[Learner]:
        """List the learners of a class."""
        return [Learner(*row) for row in self._rows("SELECT * FROM learners WHERE class = ? ORDER BY id", class_id)]

    def add_learner(self, class_id: int, name: str, now: float) -> Learner:
        """Add a learner, whose name is free."""
        self._rows(
            "INSERT INTO learners (class, name, folded, personal, joined) VALUES (?, ?, ?, ?, ?)",
            class_id, name, folded(name), new_code(), now,
        )  # fmt: skip
        return self.learners(class_id)[-1]

    def depart(self, learner: int, now: float | None) -> None:
        """Note that a learner has left; None: is back. Tokens of those who left mean nothing."""
        self._rows("UPDATE learners SET departed = ? WHERE id = ?", now, learner)
        if now is not None:
            self._rows("DELETE FROM seats WHERE learner = ?", learner)

    def add_seat(self, learner: int) -> str:
        """Return a new token for one machine of a learner. Only its hash is kept."""
        token = secrets.token_urlsafe(32)
        self._rows("INSERT INTO seats VALUES (?, ?)", _hash(token), learner)
        return token

    def seats(self) -> dict[str, int]:
        """Return all hashes of tokens, with their learners."""
        return dict(self._rows("SELECT token, learner FROM seats"))

    # Reports

    def add_reports(self, learner: int, reports: Sequence[tuple[float, Report]]) -> list[tuple[float, Report]]:
        """Add reports, each with its time; return those that are new."""
        added = []
        self._database.execute("BEGIN IMMEDIATE")
        for at, one in reports:
            values = (learner, one.id, at, one.place, one.state, one.error, one.hints)
            if self._database.execute("INSERT OR IGNORE INTO reports VALUES (?, ?, ?, ?, ?, ?, ?)", values).rowcount:
                added.append((at, one))
        self._database.execute("COMMIT")
        return added

    def reports(self, learner: int) -> list[tuple[float, str, str, str, int]]:
        """Return time, place, state, error and hints of all reports of a learner, the oldest first."""
        return self._rows(
            "SELECT at, place, state, error, hints FROM reports WHERE learner = ? ORDER BY at, rowid", learner
        )

    # Actions

    def add_action(self, class_id: int, kind: str, argument: str, learners: Sequence[int], now: float) -> int:
        """Record an action for some learners; return its id."""
        self._database.execute("BEGIN IMMEDIATE")
        statement = "INSERT INTO actions (class, at, kind, argument) VALUES (?, ?, ?, ?)"
        action = self._database.execute(statement, (class_id, now, kind, argument)).lastrowid
        orders = [(action, learner) for learner in learners]
        self._database.executemany("INSERT INTO orders (action, learner) VALUES (?, ?)", orders)
        self._database.execute("COMMIT")
        return int(action or 0)

    def last_action(self) -> int:
        """Return the id of the newest action."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM actions")[0][0])

    def orders(self, learner: int, after: int) -> list[Action]:
        """Return a learner's actions after the one with that id, the oldest first."""
        found = self._rows(
            "SELECT a.id, a.kind, a.argument FROM orders o JOIN actions a ON a.id = o.action"
            " WHERE o.learner = ? AND a.id > ? ORDER BY a.id LIMIT 50", learner, after,
        )  # fmt: skip
        return [Action(id=number, kind=kind, argument=argument) for number, kind, argument in found]

    def settle(self, learner: int, action: int, outcome: str, error: str, now: float) -> bool:
        """Record what became of an action; False if it isn't the learner's. The first word counts."""
        statement = "UPDATE orders SET outcome = ?, error = ?, at = ? WHERE learner = ? AND action = ? AND outcome = ''"
        changed = self._database.execute(statement, (outcome, error, now, learner, action)).rowcount
        return bool(changed or self._rows("SELECT 1 FROM orders WHERE learner = ? AND action = ?", learner, action))

    def history(self, class_id: int) -> list[dict[str, Any]]:
        """Return all actions of a class with how many learners they were for, and what became of them."""
        rows = self._rows(
            "SELECT a.id, a.at, a.kind, a.argument, count(o.learner), total(o.outcome = 'done'),"
            " total(o.outcome = 'failed'), max(o.at) FROM actions a LEFT JOIN orders o ON o.action = a.id"
            " WHERE a.class = ? GROUP BY a.id ORDER BY a.id", class_id,
        )  # fmt: skip
        names = ("id", "at", "kind", "argument", "learners", "done", "failed", "settled")
        return [{**dict(zip(names, row, strict=True)), "done": int(row[5]), "failed": int(row[6])} for row in rows]

    def last_freeze(self, learner: int) -> bool:
        """Tell whether a learner is frozen."""
        found = self._rows(
            "SELECT a.kind FROM orders o JOIN actions a ON a.id = o.action WHERE o.learner = ?"
            " AND a.kind IN ('freeze', 'unfreeze') ORDER BY a.id DESC LIMIT 1", learner,
        )  # fmt: skip
        return bool(found) and found[0][0] == "freeze"
