"""The record of a fleet: a run's own file with all rows, in a folder that holds the folder of each row's run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...display.plain import one_line
from ...errors import InputError
from ...record.important_values import JSON_FILE, labeled
from ...record.run_file import RunFile, known_runs
from .fleet_file import Fleet, Row
from .progress import Stopwatch
from .worker import Ended, Task

KIND = "fleet"


@dataclass
class FleetRecord:
    """A fleet with a folder, and what became of its rows."""

    folder: Path
    notebooks: Sequence[str]
    rows: Sequence[Row]
    ended: dict[str, Ended] = field(default_factory=dict)
    """By row: how it ended, if this command ran it."""
    running: set[str] = field(default_factory=set)
    """The rows that run now, for this command."""
    attempt: str = field(default_factory=lambda: str(uuid.uuid4()))
    """What tells this command from earlier ones."""
    watch: Stopwatch = field(default_factory=Stopwatch)

    @classmethod
    def begin(cls, fleet: Fleet, folder: Path) -> FleetRecord:
        """Write down a new fleet. Raises InputError when the folder has one, or can't be written."""
        file = RunFile(folder)
        if file.belongs_to_a_run:
            raise InputError(
                f"There's a record in {one_line(folder)} already.",
                remedy="To go on with a fleet, add --resume and leave out its file. Or choose another folder.",
                who="You.",
            )
        rows = [dict(row.values) for row in fleet.rows]
        file.update(kind=KIND, notebooks=list(fleet.notebooks), rows=rows)
        return cls(folder, fleet.notebooks, fleet.rows)

    @classmethod
    def read(cls, file: RunFile) -> FleetRecord:
        """Read a fleet's record. Raises InputError if it's damaged or another run's."""
        known = file.read()
        rows = known.get("rows")
        if known.get("kind") != KIND or not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            raise InputError(
                f"There's no fleet in {one_line(file.folder)}.", remedy="Name a fleet's folder.", who="You."
            )
        return cls(file.folder, known.get("notebooks", []), [Row(n, one) for n, one in enumerate(rows, 1)])

    def folder_of(self, row: Row) -> Path:
        """Return the folder of a row's run."""
        return self.folder / row.name

    def task(self, row: Row, home: Path, notebooks: Sequence[str], more: Mapping[str, Any], *, resumes: bool) -> Task:
        """Return what a worker needs to run these notebooks for a row."""
        place, values = str(self.folder_of(row)), {**row.values, **more}
        return Task(row.name, place, str(self.folder), str(home), list(notebooks), self.attempt, resumes, values)

    def state(self, row: Row) -> str:
        """Return how a row's run ended, or that it runs or waits."""
        file = RunFile(self.folder_of(row))
        if row.name in self.running:
            return "running"
        return str(file.state) if file.read() else "waiting"

    def is_open(self, row: Row) -> bool:
        """Tell whether a row's resource group isn't about to be made: its run has come as far as the instance."""
        return len(RunFile(self.folder_of(row)).read().get("done", [])) > 1

    def left(self, row: Row) -> int:
        """Return how many things a row's run has made and not removed."""
        from ...record.journal import Journal

        folder = self.folder_of(row)
        return len(Journal(folder).made()) if folder.is_dir() else 0

    def line(self, row: Row) -> dict[str, Any]:
        """Return what a table says of a row."""
        file, ended = RunFile(self.folder_of(row)).read(), self.ended.get(row.name)
        wanted, done = file.get("notebooks", self.notebooks), file.get("done", [])
        if row.name in self.running and file.get("attempt") != self.attempt:
            done = []  # it's just beginning
        host = labeled(self.folder_of(row) / JSON_FILE).get("Host name", "")
        failed = f"{ended.notebook} {ended.error}".strip() if ended and ended.code else ""
        return {
            "row": row.name,
            "state": self.state(row),
            "notebooks": f"{len(done)}/{len(wanted)}",
            "seconds": self.watch.seconds(row.name),
            "result": failed or host,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the whole fleet."""
        return {"folder": str(self.folder), "notebooks": list(self.notebooks), "rows": [*map(self._row, self.rows)]}

    def _row(self, row: Row) -> dict[str, Any]:
        file, ended, folder = RunFile(self.folder_of(row)).read(), self.ended.get(row.name), self.folder_of(row)
        return {
            "row": row.name,
            "state": self.state(row),
            "exit_code": ended.code if ended else file.get("exit_code"),
            "done": file.get("done", []),
            "stopped_in": ended.notebook if ended else "",
            "error": ended.error if ended else "",
            "seconds": round(ended.seconds, 1) if ended else None,
            "folder": str(folder),
            "parameters": dict(row.values),
            "values": labeled(folder / JSON_FILE),
        }


def find_fleet(home: Path, run_dir: Path | None, *, unfinished: bool) -> FleetRecord:
    """Return the fleet in a folder, or the newest one; `unfinished` passes over those that are done.

    Raises InputError if there's none.
    """
    if run_dir:
        return FleetRecord.read(RunFile(run_dir.absolute()))
    for file in known_runs(home / "runs").values():
        try:
            fleet = FleetRecord.read(file)
        except InputError:
            continue
        if not unfinished or any(fleet.state(row) != "done" for row in fleet.rows):
            return fleet
    kind = "unfinished fleet" if unfinished else "fleet"
    raise InputError(f"There's no {kind}.", remedy="Start one: runbook fleet fleet.yaml", who="You.")
