"""One clock for the whole sandbox, and how long Azure's work takes on it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Pace(StrEnum):
    """How the sandbox scales the durations that were measured on real Azure."""

    INSTANT = "instant"
    """Nothing takes time: for tests of notebooks and for headless runs in a hurry."""
    BRISK = "brisk"
    """A tenth of the real time: long enough to see, short enough for a lesson."""
    REAL = "real"
    """As measured on Azure."""

    def scale(self, seconds: float) -> timedelta:
        """Return how long work of `seconds` on Azure takes at this pace."""
        return timedelta(seconds=seconds * {"instant": 0.0, "brisk": 0.1, "real": 1.0}[self.value])


class Clock(Protocol):
    """Where the sandbox gets the time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A time that stands still until a test moves it."""

    def __init__(self, start: datetime | None = None) -> None:
        # Starts at the real time, because clients compare a token's expiry with the machine's clock.
        self._now = start or datetime.now(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward by `seconds`."""
        with self._lock:
            self._now += timedelta(seconds=seconds)


def stamp(moment: datetime, *, digits: int = 7) -> str:
    """Write a moment as Azure does: ISO 8601 in UTC, a `Z`, and .NET's seven fractional digits by default."""
    fraction = f"{moment.microsecond:06d}0"[:digits]
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" + (f".{fraction}Z" if fraction else "Z")


def moment(text: str) -> datetime:
    """Read a time that `stamp` wrote."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    whole = datetime.strptime(head, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return whole + timedelta(microseconds=int((fraction + "000000")[:6]))
