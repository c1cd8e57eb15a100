"""The learner's side while a lab is open: reports from the record, and the trainer's actions in the sandbox.

Kernels know nothing of it. They write their record as always, so whether the board answers can't hold up a notebook.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import RunbookError, Unreachable
from ..record.run_file import RunFile
from . import membership
from .client import Client, Dismissed
from .membership import Membership
from .messages import Action, Outcome
from .outbox import pending
from .world import World

LOOK_SECONDS = 0.5
"""How often the records are looked at. Only their sizes, as long as those stay the same."""
POLL_SECONDS = 25.0
PATIENCE_SECONDS = 15.0
"""The longest pause between two attempts without network."""
log = logging.getLogger("runbook.workshop")


class Agent:
    """Works for one lab until it ends, or until the learner leaves."""

    def __init__(self, home: Path, record: Path, about: Membership) -> None:
        self._home, self._about = home, about
        self._folders = (record, home / "runs" / "exercises")
        self._client = Client(about.address, about.token)
        self._world = World(home, record, seed=about.seed, learner=about.name)
        self._ended = threading.Event()
        self._sizes: dict[Path, int] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin, in threads of its own."""
        for job in (self.report, self.act):
            thread = threading.Thread(target=self._repeat, args=(job,), name=f"workshop-{job.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End. What's still to be reported is tried once, and otherwise waits for the next lab."""
        self._ended.set()
        try:
            self.report()
        except RunbookError:
            log.info("what the board hasn't got waits for the next lab")

    def _repeat(self, job: Callable[[], None]) -> None:
        pause = LOOK_SECONDS
        while not self._ended.wait(pause):
            try:
                job()
                pause = LOOK_SECONDS
            except Dismissed as error:
                self._world.carry_out(Action(id=0, kind="message", argument=error.message))
                self._ended.set()
            except Unreachable:
                pause = min(pause * 2, PATIENCE_SECONDS)
            except Exception:
                log.exception("the workshop's %s failed", job.__name__)
                pause = PATIENCE_SECONDS

    def _member(self) -> Membership | None:
        """Return the membership as it is now; None, and the end, if the learner has left."""
        found = membership.read(self._home)
        if found is None or found.token != self._about.token:
            self._ended.set()
            return None
        return found

    def report(self) -> None:
        """Send what's new in the records. Raises what the client raises."""
        for folder in self._folders:
            if self._has_grown(folder):
                while self._report_from(folder):
                    pass

    def _has_grown(self, folder: Path) -> bool:
        journal = folder / "journal.jsonl"
        return journal.exists() and journal.stat().st_size != self._sizes.get(folder)

    def _report_from(self, folder: Path) -> bool:
        """Send one batch; True if there can be more."""
        about = self._member()
        if about is None:
            return False
        size = (folder / "journal.jsonl").stat().st_size
        name, done = RunFile(folder).id, dict(about.sent)
        reports, number = pending(folder, done.get(name, 0), about.since)
        if reports:
            try:
                self._client.report(reports)
            except (Dismissed, Unreachable):
                raise
            except RunbookError:
                log.exception("the board doesn't take these reports")  # nor would it later
        more = number > done.get(name, 0)
        if more:
            membership.update(self._home, about, lambda known: replace(known, sent={**known.sent, name: number}))
        else:
            self._sizes[folder] = size
        return more

    def act(self) -> None:
        """Wait for actions, carry them out, and say what became of them. Raises what the client raises."""
        about = self._member()
        if about is None:
            return
        self._settle(about)
        for action in self._client.actions(about.last_action, POLL_SECONDS):
            if self._ended.is_set() or self._member() is None:
                return
            new = {str(action.id): self._world.carry_out(action).model_dump()}
            self._settle(self._keep(about, action.id, new))

    def _keep(self, about: Membership, action: int, new: Mapping[str, Mapping[str, str]]) -> Membership:
        """Note that an action was carried out, before the board is told: it mustn't happen twice."""
        return membership.update(
            self._home,
            about,
            lambda known: replace(known, last_action=action, outcomes={**known.outcomes, **new}),
        )

    def _settle(self, about: Membership) -> None:
        for number, outcome in about.outcomes.items():
            try:
                self._client.settle(int(number), Outcome.model_validate(outcome))
            except (Dismissed, Unreachable):
                raise
            except RunbookError:
                log.exception("the board doesn't know this action")
        if about.outcomes:
            membership.update(self._home, about, lambda known: replace(known, outcomes={}))
