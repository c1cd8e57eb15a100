"""What the four verbs of a step return: frozen facts that can show themselves and turn into JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ...azure.clouds import PUBLIC, Cloud
from ...azure.permissions import request_message
from ...display.cards import Block, Card, Displayable, Listing, Table, Tone
from ...display.drawing import Drawing
from ...record.change import Change
from .problems import Problem, gathered
from .recipes import Recipe, commands, listings, program


class Result(Displayable):
    """Base of the results. `as_json` is what the journal keeps."""

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON data; a picture shows what's in it already."""
        data: dict[str, Any] = asdict(self)  # type: ignore[call-overload]  # every subclass is a dataclass
        return {name: value for name, value in data.items() if name != "picture"}


@dataclass(frozen=True)
class Loss:
    """Something that stops working or is lost when you carry out a plan."""

    kind: str
    """What it is, in the portal's words: `Endpoint`."""
    name: str
    effect: str
    """What stops or is lost, and how to get it back."""


@dataclass(frozen=True)
class Plan(Result):
    """The portal's Review + create: what you chose, what would change, what's in the way."""

    step: str
    title: str
    choices: tuple[tuple[str, str], ...]
    """What you chose, with the portal's labels, in the order of its summary page."""
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    """The same by hand: in the portal, as `az` commands, and as calls of Azure's Python clients."""
    losses: tuple[Loss, ...] = ()
    confirmation: str = ""
    """What someone has to agree to before it's carried out, in one sentence; empty if nothing is destroyed."""
    blocks: tuple[Block, ...] = ()
    """What else is worth seeing first: models, calls."""
    if_empty: str = "Nothing to do: everything already exists."
    """What the plan says when nothing would change."""
    place: str = ""
    """What it would change on Azure, and as whom, for a person to confirm; empty in the sandbox."""
    cloud: Cloud = PUBLIC
    """The cloud in which commands and program work."""
    picture: Drawing | None = None
    """What exists, and what would become of it."""

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON data, with the recipes as text."""
        pages = list(dict.fromkeys(recipe.portal for recipe in self.recipes if recipe.portal))
        recipes = {"portal": pages, "commands": list(self.commands), "program": self.program}
        return {
            **Result.as_json(replace(self, recipes=())),
            "cloud": self.cloud.name,
            "recipes": recipes,
            "request": self.request,
        }

    def destroys_the_same(self, other: Plan | None) -> bool:
        """Tell whether consent to the other plan covers this one."""
        return other is not None and (self.confirmation, self.losses) == (other.confirmation, other.losses)

    @property
    def empty(self) -> bool:
        """True when everything already exists."""
        return not self.changes

    @property
    def commands(self) -> tuple[str, ...]:
        """The same as `az` commands."""
        return tuple(command for command, _ in commands(self.recipes))

    @property
    def program(self) -> str:
        """The same as a Python program."""
        return program([call for recipe in self.recipes for call in recipe.calls], self.cloud)

    @property
    def blocked(self) -> bool:
        """True when apply would fail."""
        return any(problem.blocking for problem in self.problems)

    @property
    def request(self) -> str:
        """The message to send that asks for every missing permission; empty if none is missing."""
        missing = [problem.missing for problem in self.problems if problem.missing]
        return request_message(missing, dict(commands(self.recipes)))

    def card(self) -> Card:
        """Show the plan."""
        tables: list[Block] = [self.picture] if self.picture else []
        if self.changes:
            rows = tuple((c.action, c.kind, c.name, c.details) for c in self.changes)
            tables.append(Table(("Will", "What", "Name", "Details"), rows))
        if self.losses:
            lost = tuple((loss.kind, loss.name, loss.effect) for loss in self.losses)
            tables.append(Table(("Will break", "Name", "What stops"), lost))
        if self.problems:
            obstacles = tuple((p.message, p.remedy, p.who) for p in gathered(self.problems))
            tables.append(Table(("In the way", "What to do", "Who"), obstacles))
        if self.request:
            tables.append(Listing("Ready to send", self.request, prose=True))
        notes = [
            *self.notes,
            *([self.if_empty] if self.empty and not self.blocked else []),
            *([f"To confirm: {self.confirmation}"] if self.confirmation else []),
        ]
        tone: Tone = "bad" if self.blocked else "warning" if self.problems or self.confirmation else "neutral"
        return Card(self.title, tone, self.choices, [*tables, *self.blocks], notes, listings(self.recipes, self.cloud))


_PAST: Mapping[str, str] = {
    verb: f"{verb.removesuffix('e')}ed" for verb in ("register", "create", "update", "assign", "delete")
}
"""What was done, when it was done."""


@dataclass(frozen=True)
class Outcome(Result):
    """What apply did."""

    step: str
    title: str
    values: Mapping[str, str] = field(default_factory=dict)
    """What to keep, with the portal's labels: Name, Resource group, Host name."""
    made: tuple[Change, ...] = ()
    """Empty when everything already existed."""
    notes: tuple[str, ...] = ()
    tone: Literal["good", "warning"] = "good"
    blocks: tuple[Block, ...] = ()
    """Other results: answers, code, output."""
    if_empty: str = "Nothing needed to change."
    """What the outcome says when nothing was made."""
    picture: Drawing | None = None
    """What exists now, and what has become of it."""

    def card(self) -> Card:
        """Show what was done."""
        done = tuple((_PAST.get(c.action, c.action), c.kind, c.name) for c in self.made)
        tables: list[Block] = [self.picture] if self.picture else []
        tables += [*([Table(("Done", "What", "Name"), done)] if done else []), *self.blocks]
        notes = [*self.notes, *([] if done else [self.if_empty])]
        return Card(self.title, self.tone, tuple(self.values.items()), tables, notes)


@dataclass(frozen=True)
class Check:
    """One check of real state: passed, failed, or not tried (and why)."""

    name: str
    status: Literal["passed", "failed", "not tried"]
    evidence: str
    remedy: str = ""
    problem: Problem | None = None
    """Why what was asked for couldn't be done, if that is known: a missing permission."""

    @classmethod
    def of(cls, name: str, passed: bool, evidence: str, remedy: str = "") -> Check:
        """Return a check that passed, or that failed and says what to do."""
        return cls(name, "passed" if passed else "failed", evidence, "" if passed else remedy)


@dataclass(frozen=True)
class Verification(Result):
    """What verify found."""

    step: str
    title: str
    checks: tuple[Check, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    """What was found, drawn or listed."""

    @classmethod
    def of(cls, step: str, checks: Iterable[Check], good: str, bad: str, *more: Any) -> Verification:
        """Return a verification with the title `good` if no check failed, otherwise `bad`; then values and blocks."""
        found = cls(step, good, tuple(checks), *more)
        return found if found.passed else replace(found, title=bad)

    @property
    def passed(self) -> bool:
        """True when no check failed. A check that couldn't be tried hasn't failed."""
        return not any(check.status == "failed" for check in self.checks)

    def card(self) -> Card:
        """Show the checks and the values to keep."""
        rows = tuple((c.status, c.name, "\n".join(filter(None, (c.evidence, c.remedy)))) for c in self.checks)
        untried = any(check.status == "not tried" for check in self.checks)
        tone: Tone = "bad" if not self.passed else "warning" if untried else "good"
        tables = [Table(("Result", "Check", "Evidence"), rows), *self.blocks]
        return Card(self.title, tone, tuple(self.values.items()), tables)


@dataclass(frozen=True)
class Undone(Result):
    """What undo removed, and what it kept and why."""

    step: str
    title: str
    removed: tuple[Change, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    """Name and reason."""

    def card(self) -> Card:
        """Show what was removed and what was kept."""
        rows = [(f"removed {change.kind}", change.name) for change in self.removed]
        rows += [(f"kept {name}", why) for name, why in self.kept]
        return Card(self.title, "neutral", rows or [("Nothing to undo", "this run made nothing here")])
