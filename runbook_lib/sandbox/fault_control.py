"""The fault switchboard from outside: for the sandbox of a home folder, whether it runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .faults import Fault, Faults
from .lifecycle import open_store


def list_faults(home: Path) -> list[Fault]:
    """List the faults that are switched on, and those that have struck as often as they should."""
    with _faults(home) as faults:
        return faults.known()


def add_fault(home: Path, fault: Fault) -> Fault:
    """Switch a fault on; return it with its id. A running sandbox has it from its next request on."""
    with _faults(home) as faults:
        return faults.add(fault)


def clear_faults(home: Path, *identifiers: str) -> list[Fault]:
    """Switch faults off, all of them without ids, and return those; operations that they have stuck go on.

    Raises KeyError for an id that there is not.
    """
    with _faults(home) as faults:
        return faults.clear(*identifiers)


@contextmanager
def _faults(home: Path) -> Iterator[Faults]:
    store = open_store(home)
    try:
        yield Faults(store)
    finally:
        store.close()
