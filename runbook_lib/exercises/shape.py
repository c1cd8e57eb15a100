"""The one shape of all exercises: start, look, check, hint, solution, reset."""

from __future__ import annotations

import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from ..display.cards import Card, Displayable, Listing, Shown, Tone
from ..errors import InputError, VerificationFailed
from ..explain.translate import explaining
from ..notices import show_notices
from . import staging
from .bench import Bench, person
from .place import Command, Place

MARK, SINCE = "exercise-staged", "exercise-since"
"""Tags of an exercise's resource group: a fingerprint of what was staged, and when."""
_WORDS = ("paint-shop", "pump-hall", "cold-store", "print-line", "glass-oven", "crane-yard", "malt-house", "saw-mill")
_REGIONS = ("westeurope", "northeurope", "uksouth", "japaneast", "koreacentral", "australiaeast")
"""Exercises use several, because a region has room for ten instances only."""

Result = Literal["solved", "not yet", "not tried"]
_TITLES: Mapping[Result, tuple[str, Tone]] = {
    "solved": ("Solved.", "good"),
    "not yet": ("Not yet.", "warning"),
    "not tried": ("Not tried yet: everything is as it was at the start.", "neutral"),
}
_PATIENCE = "If you've just changed a role, give it a few minutes to take effect and check again."


@dataclass(frozen=True)
class Look:
    """What real state says."""

    solved: bool
    seen: tuple[str, ...]
    """One sentence each. They say what is, never what to do about it."""


@dataclass(frozen=True)
class Checked(Displayable):
    """The outcome of a check."""

    result: Result
    seen: tuple[str, ...]

    def card(self) -> Card:
        """Show the outcome, and what was seen."""
        title, tone = _TITLES[self.result]
        return Card(title, tone, notes=[*self.seen, *([_PATIENCE] if self.result == "not yet" else [])])


class Exercise(ABC):
    """One real trouble. A subclass says what it is about and fills in `_stage`, `_look`, `_repair` and `commands`.

    Every verb can raise what the guide's steps raise: a RunbookError.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    who: ClassVar[str] = "owner"
    """The persona that the learner is."""
    helpers: ClassVar[tuple[str, ...]] = ()
    """Other personas that the learner can be."""
    people: ClassVar[tuple[str, ...]] = ("owner",)
    """Whose roles matter: what they get at the subscription during the exercise goes when it's reset."""
    subscription: ClassVar[str] = "Contoso Training"
    story: ClassVar[str]
    """What happened before, in a few sentences."""
    symptom: ClassVar[str]
    """What people report, in their words."""
    goal: ClassVar[str]
    hints: ClassVar[tuple[str, str, str]]
    why: ClassVar[str]
    registers: ClassVar[bool] = True
    """Whether the resource provider has to be registered."""
    label: ClassVar[str] = ""
    """What the name of the instance begins with; empty: a word that the seed chooses."""
    manager: ClassVar[str] = "owner"
    """The persona that stages it and looks at it."""

    def __init__(self, bench: Bench, *, seed: str = "", learner: str = "") -> None:
        self.bench = bench
        who = learner or os.environ.get("RUNBOOK_LEARNER", "")
        seed = seed or os.environ.get("RUNBOOK_SEED", "")
        number = int(hashlib.sha256(f"{self.name}/{seed}".encode()).hexdigest(), 16)
        suffix = hashlib.sha256(f"{self.name}/{seed}/{who}".encode()).hexdigest()[:5]
        label = f"{self.label or _WORDS[number % len(_WORDS)]}-{suffix}"
        self.place = Place(bench, self.manager, self.subscription, f"ex-{self.name}-{suffix}", label)
        self.region = _REGIONS[number // len(_WORDS) % len(_REGIONS)]
        self._hints = 0

    # What the learner calls

    def start(self) -> Shown:
        """Stage the trouble. Does nothing if it's already staged."""
        with explaining("staging the exercise"):
            if not self._mark():
                if self.registers:
                    staging.register(self.place)
                # The manager's clock is Azure's: what others get from now on is the learner's.
                since = self.bench.context(self.manager).waiting.today().isoformat()
                staging.group(self.place, self.region)
                self._stage()
                staging.tag(self.place, {MARK: self._fingerprint(), SINCE: since})
        self._note("started")
        show_notices()
        who = [person(name) for name in (self.who, *self.helpers)]
        rows = [
            ("What people say", self.symptom),
            ("What should be", self.goal),
            ("You are", "\nor ".join(f"{one.display_name}, sign_in={one.name!r}: {one.about}" for one in who)),
            *self._where(),
        ]
        return Shown(Card(self.title, "neutral", rows))

    def look(self) -> Shown:
        """Show what Azure says now, without a verdict."""
        self._require_start()
        with explaining("looking"):
            seen = self._look().seen
        return Shown(Card("What Azure says now", "neutral", notes=seen))

    def check(self) -> Checked:
        """Judge real state, however it came about: by forms, `az`, an SDK or plain REST."""
        checked = self._checked()
        self._note(checked.result)
        return checked

    def _checked(self) -> Checked:
        with explaining("checking"):
            mark = self._mark()
            if not mark:
                return Checked("not tried", ("The exercise hasn't been started: run start() first.",))
            look = self._look()
            if look.solved:
                return Checked("solved", look.seen)
            return Checked("not tried" if self._fingerprint() == mark else "not yet", look.seen)

    def hint(self) -> Shown:
        """Show the next of three hints; the last one again after that."""
        self._hints = min(self._hints + 1, len(self.hints))
        self._note("hint")
        return Shown(Card(f"Hint {self._hints} of {len(self.hints)}", "neutral", notes=[self.hints[self._hints - 1]]))

    def solution(self, *, carry_out: bool = False) -> Shown:
        """Show a solution with the why. With `carry_out`, do it by the guide's steps, and wait until it works."""
        self._require_start()
        with explaining("working out the solution"):
            commands = list(self.commands())
            if carry_out:
                self._repair()
                self._wait_until_solved()
        self._note("solution", len(self.hints) + 1)
        listing = "\n".join(f"# as {one.persona}\n{one.text}" for one in commands)
        title = "A solution, carried out" if carry_out else "A solution"
        return Shown(Card(title, "neutral", notes=[self.why], more=[Listing("With the Azure CLI", listing)]))

    def reset(self) -> Shown:
        """Take away what was staged, and what was done about it. Then you can start again."""
        with explaining("resetting the exercise"):
            self._take_back()
            since = staging.tags(self.place).get(SINCE, "")
            if since:
                staging.take_roles(self.place, self.people, datetime.fromisoformat(since))
            staging.remove_group(self.place)
        self._hints = 0
        self._note("reset")
        return Shown(Card("Everything that belonged to the exercise is gone.", "good"))

    # What a subclass fills in

    @abstractmethod
    def _stage(self) -> None:
        """Make the trouble. The resource group is there. Safe to repeat after an interruption."""

    @abstractmethod
    def _look(self) -> Look:
        """Look at real state."""

    @abstractmethod
    def _repair(self) -> None:
        """Carry out the solution, by the guide's steps as far as there's one."""

    @abstractmethod
    def commands(self) -> Iterable[Command]:
        """Return the solution as commands of the Azure CLI's core. Each can read what those before it have changed."""

    def _where(self) -> list[tuple[str, str]]:
        """Return more values for the start's card."""
        return [("Resource group", self.place.group), ("Instance", self.place.label)]

    def _extra(self) -> Any:
        """Return what else belongs to the fingerprint, as JSON data."""
        return None

    def _take_back(self) -> object:
        """Undo what isn't in the resource group."""
        return None

    # What they share

    def _note(self, result: str, hints: int = 0) -> None:
        """Note how it goes, for a class."""
        if self.bench.journal:
            self.bench.journal.note("exercise", self.name, result=result, hints=hints or self._hints)

    def _values(self, **more: Any) -> dict[str, Any]:
        """Return parameters of a step about the exercise's instance."""
        there = {"resource_group": self.place.group, "instance_name": self.place.label}
        return {"subscription": self.place.subscription_id, **there, **more}

    def _mark(self) -> str:
        return staging.tags(self.place).get(MARK, "")

    def _wait_until_solved(self) -> None:
        """Wait until a role that was given has taken effect. Raises VerificationFailed if the solution is none."""
        waiting = self.bench.context(self.manager).waiting
        if not waiting.until(lambda: self._look().solved or None, staging.PROPAGATION_SECONDS):
            raise VerificationFailed(
                "The solution was carried out, and from this state it doesn't solve it.",
                remedy="Reset, and start again.",
            )

    def _require_start(self) -> None:
        if not self._mark():
            raise InputError("The exercise hasn't been started.", remedy="Run start() first.", who="You.")

    def _fingerprint(self) -> str:
        state = json.dumps([staging.state(self.place), self._extra()], sort_keys=True, default=str)
        return hashlib.sha256(state.encode()).hexdigest()[:16]
