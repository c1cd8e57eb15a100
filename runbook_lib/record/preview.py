"""The record of a run that hasn't begun: for plans, which leave nothing behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .event_log import EventLog
from .journal import NO_RUN, Journal
from .run_file import RunFile


class Preview(Journal):
    """A record that only reads: for a plan, which leaves nothing behind, not even its folder."""

    def __init__(self, folder: Path | None) -> None:
        """Read the record in a folder, if there is one."""
        self._here = folder
        self.folder = folder or Path()
        self.path = self.folder / "journal.jsonl"
        self._log = EventLog(self.path if folder else Path(os.devnull))
        self._changing = []
        self.about = self.current = ""

    @property
    def run_id(self) -> str:
        """The run's id; a placeholder for a run that hasn't begun."""
        return RunFile(self.folder).read().get("id", NO_RUN) if self._here else NO_RUN

    def record(self, event: str, step: str, **details: Any) -> None:
        """Record nothing."""

    def current_setup(self) -> str:
        """Return the instance that an earlier step of the plan is about, or else the record."""
        return self.current or super().current_setup()
