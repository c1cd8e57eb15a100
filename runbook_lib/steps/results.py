"""What the four verbs of a step return: small frozen facts that show themselves and turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ..cards import Card, Shown, Table, Tone


class Result(Shown):
    """Base of the results. `as_json` is what the journal keeps."""

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON data."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]  # every subclass is a dataclass


@dataclass(frozen=True)
class Change:
    """One thing that apply would do, or has done."""

    action: Literal["create", "update", "register", "assign", "delete"]
    kind: str
    """What it is, in the portal's words: `Resource group`."""
    name: str
    resource_id: str
    details: str = ""


@dataclass(frozen=True)
class Problem:
    """Something that stands in the way, found before anything was written."""

    field: str
    """Name of the parameter it belongs to; empty when it belongs to none."""
    message: str
    meaning: str = ""
    remedy: str = ""
    who: str = ""
    kind: Literal["input", "permission", "azure"] = "input"
    blocking: bool = True
    """False: the plan can go on, but part of it is left out or uncertain."""
    action: str = ""
    """The action of Azure that is not allowed; of a missing permission only, like the three that follow."""
    scope: str = ""
    role: str = ""
    """The least built-in role that cures it."""
    request: str = ""
    """A message that is ready to be sent to somebody who can grant it."""


@dataclass(frozen=True)
class Plan(Result):
    """The portal's Review + create: what is chosen, what would change, what is in the way."""

    step: str
    title: str
    choices: tuple[tuple[str, str], ...]
    """What was chosen, with the portal's labels, in the order of its summary page."""
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """The same as `az` commands."""

    @property
    def empty(self) -> bool:
        """True when everything is there already."""
        return not self.changes

    @property
    def blocked(self) -> bool:
        """True when apply would fail."""
        return any(problem.blocking for problem in self.problems)

    def card(self) -> Card:
        """Show the plan."""
        tables = []
        if self.changes:
            rows = tuple((c.action, c.kind, c.name, c.details) for c in self.changes)
            tables.append(Table(("Will", "What", "Name", "Details"), rows))
        if self.problems:
            obstacles = tuple((p.message, p.remedy, p.who) for p in self.problems)
            tables.append(Table(("In the way", "What to do", "Who"), obstacles))
        notes = [
            *self.notes,
            *(["Nothing to do: everything is there already."] if self.empty and not self.blocked else []),
        ]
        tone: Tone = "bad" if self.blocked else "warning" if self.problems else "neutral"
        return Card(self.title, tone, self.choices, tables, notes, self.commands)


@dataclass(frozen=True)
class Outcome(Result):
    """What apply did."""

    step: str
    title: str
    values: Mapping[str, str] = field(default_factory=dict)
    """What to keep, with the portal's labels: Name, Resource group, Host name."""
    made: tuple[Change, ...] = ()
    """Empty when everything was there already."""
    notes: tuple[str, ...] = ()
    tone: Literal["good", "warning"] = "good"

    def card(self) -> Card:
        """Show what was done."""
        done = tuple((c.action, c.kind, c.name) for c in self.made)
        tables = [Table(("Done", "What", "Name"), done)] if done else []
        notes = [*self.notes, *([] if done else ["Nothing had to be changed."])]
        return Card(self.title, self.tone, tuple(self.values.items()), tables, notes)


@dataclass(frozen=True)
class Check:
    """One check of real state: passed, failed, or not tried (and why)."""

    name: str
    status: Literal["passed", "failed", "not tried"]
    evidence: str
    remedy: str = ""


@dataclass(frozen=True)
class Proof(Result):
    """What verify found."""

    step: str
    title: str
    checks: tuple[Check, ...]
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True when no check failed; one that could not be tried does not fail."""
        return not any(check.status == "failed" for check in self.checks)

    def card(self) -> Card:
        """Show the checks and the values to keep."""
        rows = tuple((c.status, c.name, "\n".join(filter(None, (c.evidence, c.remedy)))) for c in self.checks)
        untried = any(check.status == "not tried" for check in self.checks)
        tone: Tone = "bad" if not self.passed else "warning" if untried else "good"
        return Card(self.title, tone, tuple(self.values.items()), [Table(("Result", "Check", "Evidence"), rows)])


@dataclass(frozen=True)
class Undone(Result):
    """What undo took back, and what it left alone and why."""

    step: str
    title: str
    removed: tuple[Change, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    """Name and reason."""

    def card(self) -> Card:
        """Show what was removed and what was kept."""
        rows = [(f"removed {c.kind}", c.name) for c in self.removed] + [
            (f"kept {name}", why) for name, why in self.kept
        ]
        return Card(self.title, "neutral", rows or [("Nothing to take back", "this run made nothing here")])
