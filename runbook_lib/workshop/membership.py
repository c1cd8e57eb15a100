"""Which class this machine is in: one small file in the product's home, readable for its owner only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..record.event_log import write_whole

if TYPE_CHECKING:
    from filelock import FileLock

NAME = "workshop.json"


@dataclass(frozen=True)
class Membership:
    """A place in a class."""

    address: str
    """Of the board, without the class code."""
    code: str
    name: str
    token: str
    personal: str
    seed: str
    title: str
    joined: str
    """By this machine's clock. What happened before doesn't travel."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """How many events of each record the board has, by the record's id: what it doesn't have is still to be sent."""
    last_action: int = 0
    """The last of the trainer's actions that was carried out."""
    outcomes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What became of actions, by their ids: what the board hasn't been told yet."""

    @property
    def since(self) -> datetime:
        """When this machine joined."""
        return datetime.fromisoformat(self.joined)


def read(home: Path) -> Membership | None:
    """Return the membership; None if this machine is in no class."""
    try:
        return Membership(**json.loads((home / NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(home: Path, membership: Membership) -> None:
    """Keep the membership. Raises InputError if the folder can't be written."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(home / NAME, json.dumps(asdict(membership), indent=1) + "\n")


def update(home: Path, of: Membership, change: Callable[[Membership], Membership]) -> Membership:
    """Change the membership, unless this machine has left or is in another class by now; return what's kept.

    Raises InputError if the folder can't be written.
    """
    with _lock(home):
        known = read(home)
        if known is None or known.token != of.token:
            return of
        changed = change(known)
        write(home, changed)
        return changed


def forget(home: Path) -> None:
    """Leave: nothing more is sent, also by a lab that's still open."""
    with _lock(home):
        (home / NAME).unlink(missing_ok=True)


def _lock(home: Path) -> FileLock:
    from filelock import FileLock

    return FileLock(home / f"{NAME}.lock", mode=0o600)


def now() -> str:
    """Return this machine's time, to the second, as records have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
