"""Passes the rows of a fleet to workers, no faster than Azure takes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..machine import MachineFailed
from .fleet_file import Row
from .progress import Progress
from .record import FleetRecord
from .worker import Ended
from .workers import run_apart

PER_SUBSCRIPTION = 10
"""Rows at once in a subscription. Azure Resource Manager refills 10 writes a second for each subscription and principal
(request limits and throttling), and a row sends about one a second."""
_LOOK_SECONDS = 0.5


@dataclass
class Dispatch:
    """The rows of one command, with what limits them."""

    record: FleetRecord
    home: Path
    notebooks: Sequence[str]
    more: dict[str, Any] = field(default_factory=dict)
    """Parameters for all rows."""
    per_subscription: int = PER_SUBSCRIPTION
    makes: bool = True
    """Whether the rows make resource groups. Of those with the same one, the first makes it alone."""

    def run(self, rows: Sequence[Row], executor: Executor, limit: int, progress: Progress) -> None:
        """Run the rows, `limit` at once. One that fails stops no other."""
        waiting, running = [*rows], dict[Future[Ended], Row]()
        self.record.attempt = str(uuid.uuid4())
        while waiting or running:
            for row in [*waiting]:
                if len(running) < limit and self._can_start(row, [*running.values()]):
                    waiting.remove(row)
                    task = self.record.task(row, self.home, self.notebooks, self.more, resumes=self.makes)
                    self.record.watch.start(row.name)
                    self.record.running.add(row.name)
                    running[executor.submit(run_apart, task)] = row
            progress.show([self.record.line(one) for one in self.record.rows])
            finished, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
            for future in finished:
                self._end(running.pop(future), future)
        progress.show([self.record.line(one) for one in self.record.rows])

    def _can_start(self, row: Row, running: Sequence[Row]) -> bool:
        if sum(one.subscription == row.subscription for one in running) >= self.per_subscription:
            return False
        return not self.makes or all(one.group != row.group or self.record.is_open(one) for one in running)

    def _end(self, row: Row, future: Future[Ended]) -> None:
        self.record.watch.stop(row.name)
        self.record.running.discard(row.name)
        error = future.exception()
        lost = f"The cluster gave this row up: {error}"
        self.record.ended[row.name] = Ended(row.name, MachineFailed.exit_code, error=lost) if error else future.result()
