"""The sandbox's memory: JSON documents in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """Documents by kind and key, durable once written, shared by all services.

    Keys are in lower case, because Azure compares ids without regard to case but keeps their original case, which the
    document has. One file holds everything, so a copy of it is a snapshot.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open the file at `path`, or keep everything in memory without one."""
        self._lock = threading.RLock()
        self._depth = 0
        self._revisions: Counter[str] = Counter()
        self._touched: set[str] = set()
        """Kinds that the transaction under way has written."""
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A write reaches the operating system before it's acknowledged, so a killed process loses nothing. Only a
        # power failure can lose the last moments, never consistency; a sandbox isn't worth an fsync per write.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
            " WITHOUT ROWID"
        )

    def get(self, kind: str, key: str) -> Document | None:
        """Return the document, a fresh copy, or None."""
        with self._lock:
            row = self._db.execute("SELECT body FROM documents WHERE kind=? AND key=?", (kind, key.lower())).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, document: Document) -> None:
        """Write or replace a document."""
        with self._lock:
            self._touch(kind)
            self._db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (kind, key.lower(), json.dumps(document))
            )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; return False if it didn't exist."""
        with self._lock:
            self._touch(kind)
            return self._db.execute("DELETE FROM documents WHERE kind=? AND key=?", (kind, key.lower())).rowcount > 0

    def delete_all(self, kind: str, prefix: str) -> None:
        """Remove the documents of a kind whose key starts with `prefix`. End it with the separator, as for `list`."""
        low = prefix.lower()
        with self._lock:
            self._touch(kind)
            self._db.execute("DELETE FROM documents WHERE kind=? AND key>=? AND key<?", (kind, low, low + "\U0010ffff"))

    def list(self, kind: str, prefix: str = "", *, after: str = "", most: int = -1, naming: str = "") -> list[Document]:
        """Return the documents of a kind whose key starts with `prefix`, in the order of their keys.

        End a prefix with the separator (`/`). Otherwise `rg1` also finds what belongs to `rg10`. Only those whose key
        comes after `after`, no more than `most`, and only those with the text `naming` as a whole value or name: what
        isn't asked for costs nothing, however many documents there are.
        """
        low = prefix.lower()
        place = "kind=? AND key>? AND key<?" if after else "kind=? AND key>=? AND key<?"
        values: tuple[object, ...] = (kind, after.lower() or low, low + "\U0010ffff")
        if naming:
            place += " AND instr(body, ?) > 0"
            values += (json.dumps(naming),)
        with self._lock:
            rows = self._db.execute(
                f"SELECT body FROM documents WHERE {place} ORDER BY key LIMIT ?",  # noqa: S608  # our own text
                (*values, most),
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def count(self, kind: str, prefix: str) -> int:
        """Return how many documents `list` would return."""
        low = prefix.lower()
        with self._lock:
            (found,) = self._db.execute(
                "SELECT COUNT(*) FROM documents WHERE kind=? AND key>=? AND key<?", (kind, low, low + "\U0010ffff")
            ).fetchone()
        return int(found)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write several documents together or, if the block raises, none of them. Can be nested."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._touched.clear()
                self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                    self._revisions.update(self._touched)
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for (kind,) in self._db.execute("SELECT DISTINCT kind FROM documents").fetchall():
                self._touch(kind)
            self._db.execute("DELETE FROM documents")

    def revision(self, *kinds: str) -> tuple[int, ...]:
        """Return numbers for a cache to compare: they change when a document of one of the kinds may have changed.

        The first one changes when another process has written to the file, as `runbook sandbox reset` does.
        """
        with self._lock:
            (foreign,) = self._db.execute("PRAGMA data_version").fetchone()
            return (foreign, *(self._revisions[kind] for kind in kinds))

    def _touch(self, kind: str) -> None:
        self._revisions[kind] += 1
        self._touched.add(kind)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
