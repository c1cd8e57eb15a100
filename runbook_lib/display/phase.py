"""How long the present phase usually takes, passed from a kernel to the terminal that watches it.

It travels in a file, because what a kernel prints is kept in its notebook and has to be the same each time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FILE_VARIABLE = "RUNBOOK_PHASE_FILE"
"""Environment variable with the file; a kernel that isn't watched has none."""


def note(usual_seconds: float) -> None:
    """Note how many seconds the phase that begins now usually takes; 0 if nobody can say."""
    if place := os.environ.get(FILE_VARIABLE):
        with suppress(OSError):  # it's only shown
            Path(place).write_text(str(usual_seconds), "utf-8")


def noted() -> float:
    """Return how many seconds the present phase usually takes; 0 if nobody says."""
    try:
        return float(Path(os.environ[FILE_VARIABLE]).read_text("utf-8"))
    except (KeyError, OSError, ValueError):
        return 0.0
