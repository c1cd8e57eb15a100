"""Switches faults on and off for the sandbox of a home folder, whether it runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .faults import Fault, Faults
from .lifecycle import open_store


def list_faults(home: Path) -> list[Fault]:
    """List all faults, including used-up ones."""
    with _faults(home) as faults:
        return faults.known()


def add_fault(home: Path, fault: Fault) -> Fault:
    """Switch a fault on and return it with its id. A running sandbox applies it from the next request."""
    with _faults(home) as faults:
        return faults.add(fault)


def clear_faults(home: Path, *identifiers: str) -> list[Fault]:
    """Switch faults off (all of them if no id is given), and return them. Operations that were stuck continue.

    Raises KeyError for an unknown id.
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
