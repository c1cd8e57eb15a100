"""How one thing is removed: base of the removers, which register themselves by the kinds that they remove.

Every package of the steps keeps the removers of what it makes in a file `removers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar, cast

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import group_of, name_of, parent_of, subscription_of
from ...parameters.naming_rules import RUN_TAG
from ...record.change import Change
from .context import Context
from .kinds import FAILED_STATES, Kind, load
from .recipes import Call, Recipe, az

CLOCK_DIFFERENCE = timedelta(minutes=5)

T = TypeVar("T")
Made = tuple[str, Change]
"""The step that made something, and the change that did."""


@dataclass(frozen=True)
class Removal:
    """One thing of this run that is to be removed."""

    context: Context
    change: Change
    ours: frozenset[str]
    """Lower-cased resource ids of everything that this run made."""
    going: frozenset[str] = frozenset()
    """Those of them that will be gone before this one; empty when it is this one's turn."""
    seconds: float = 600.0
    """How long Azure may take."""
    seen: dict[str, Any] | None = field(default=None, compare=False, repr=False)
    """What a plan has read already, for all its things: it only looks. None before a change, which reads afresh."""
    places: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Where things are that this one lies in. They tell where to ask, and decide nothing."""

    @property
    def clients(self) -> Clients:
        """The clients of the target."""
        return self.context.clients

    @property
    def id(self) -> str:
        """Resource id of the thing."""
        return self.change.resource_id

    def read(self, what: str, look: Callable[[], T]) -> T:
        """Return what `look` returns; within a plan, what it returned before for the same `what`."""
        if self.seen is None:
            return look()
        if what not in self.seen:
            self.seen[what] = look()
        return cast("T", self.seen[what])

    @property
    def subscription(self) -> str:
        """Id of its subscription."""
        return subscription_of(self.id)

    @property
    def group(self) -> str:
        """Name of its resource group; empty when it lies in none."""
        return group_of(self.id)


class Remover:
    """Base of the kinds: a resource that Azure Resource Manager deletes by its id."""

    locks: ClassVar[bool] = True
    """Whether locks of Azure Resource Manager protect it."""
    usual: ClassVar[float] = 5
    """Seconds that it usually takes on Azure."""
    at_once: ClassVar[bool] = False
    """Whether it is gone as soon as Azure has answered."""
    portal: ClassVar[str] = "{name} > Overview > Delete"
    """Where somebody removes it; `{parent}` is what it lies in."""
    words: ClassVar[str] = "resource delete"
    """The `az` command."""
    asks: ClassVar[bool] = False
    """Whether that asks, unless it is told not to."""
    tagged: ClassVar[bool] = False
    """Whether it carries the run's tag from the start: one without it was made by others."""
    tells_details: ClassVar[bool] = False
    """Whether a name alone doesn't tell one from another: of a role, who has it."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def scope(self, removal: Removal) -> str:
        """Return where Azure asks for the permission to remove it."""
        return removal.id

    def exists(self, removal: Removal) -> bool:
        """Tell whether there is anything to remove. Raises what the client raises when that can't be seen."""
        return ask(lambda: bool(self._read(removal)), {404: False})

    def stamp(self, removal: Removal) -> str:
        """Return what Azure has stamped it with, which another one of its name would not have; empty when nothing is.

        The default knows who created it and when, and the ids that Azure gives networks, zones and identities.
        """
        return stamp_of(self._read(removal), removal.context.journal.run_id)

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether Azure itself says that this run made it, for what was begun and never confirmed.

        That is so when it carries the run's tag. Where a kind has none, the signed-in account must have created it
        after the run had begun to.
        """
        found = self._read(removal)
        if self.tagged:
            return (found.get("tags") or {}).get(RUN_TAG) == removal.context.journal.run_id
        noted = found.get("systemData") or {}
        return created_by_us(removal, str(noted.get("createdBy") or ""), str(noted.get("createdAt") or ""))

    def other_maker(self, removal: Removal) -> str:
        """Return who Azure notes as its creator when that isn't the signed-in account; empty otherwise."""
        who = str((self._read(removal).get("systemData") or {}).get("createdBy") or "")
        return "" if removal.clients.target.account().is_noted_as(who) else who

    def is_another(self, removal: Removal, answer: object) -> bool:
        """Tell whether it isn't what this run has just asked for: others have made it again since.

        `answer` is what the call returned that made it. The default looks for the run's tag.
        """
        return self.tagged and (self._read(removal).get("tags") or {}).get(RUN_TAG) != removal.context.journal.run_id

    def has_failed(self, removal: Removal) -> bool:
        """Tell whether Azure has given up making it, so that it has to be written once more."""
        state = (self._read(removal).get("properties") or {}).get("provisioningState")
        return state in FAILED_STATES

    def blocker(self, removal: Removal) -> str:
        """Say what of others would go or break with it; empty when nothing would."""
        return ""

    def shows_more(self, removal: Removal) -> bool:
        """Tell whether it lets the account see what others have put somewhere: then it goes last of its kind."""
        return False

    def contents(self, removal: Removal, made: Sequence[Made]) -> tuple[Made, ...]:
        """Return those of the things made that go with it, without a call of their own."""
        return ()

    def takes_along(self, resource_id: str, going: frozenset[str]) -> bool:
        """Tell whether a resource goes by itself with one of this kind that goes."""
        return False

    def remove(self, removal: Removal) -> None:
        """Remove it, and wait until it is gone. Raises TimedOut."""
        call = self.call(removal)
        if self.at_once:
            call.run(removal.clients)
        else:
            doing = f"removing {removal.change.name}"
            removal.context.waiting.finish(call.bound(removal.clients), seconds=removal.seconds, doing=doing)

    def forget(self, removal: Removal) -> None:
        """Take what the run keeps of it out of the files, once it's gone, even if others removed it."""

    def recipe(self, removal: Removal) -> Recipe:
        """Say how somebody removes it by hand. Raises what the client raises."""
        return Recipe(self.page(removal.change), self.command(removal.change), (self.call(removal),))

    def call(self, removal: Removal) -> Call:
        """Write the call that removes it. Raises what the client raises, when it has to look for that."""
        options = {"api_version": self.kind.api_version}
        return Call("resources", removal.subscription, "resources.begin_delete_by_id", (removal.id,), options)

    def page(self, change: Change) -> str:
        """Say where the portal does it."""
        return self.portal.format(name=change.name, parent=name_of(parent_of(change.resource_id)))

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        return az(self.words, ids=change.resource_id, yes=self.asks)

    def _read(self, removal: Removal) -> Mapping[str, Any]:
        version = {"api-version": self.kind.api_version}
        return removal.read(removal.id.lower(), lambda: removal.clients.arm.get(removal.id, version))


def stamp_of(found: Mapping[str, Any], run_id: str) -> str:
    """Return the stamp in a resource as Azure Resource Manager shows it; empty when it has none."""
    noted, properties = found.get("systemData") or {}, found.get("properties") or {}
    parts = [noted.get("createdAt"), noted.get("createdBy")]
    parts += [properties.get(name) for name in ("resourceGuid", "internalId", "principalId")]
    if not noted.get("createdAt"):  # tags can be edited, so they count where nothing else does
        parts += [tag for name, tag in (found.get("tags") or {}).items() if name == RUN_TAG and tag == run_id]
    return " ".join(str(part) for part in parts if part)


def created_by_us(removal: Removal, who: str, when: str) -> bool:
    """Tell whether a creation is the one that this run began: by its account, and not before it began.

    Clocks may differ: Azure's can be some minutes behind this machine's.
    """
    account, begun = removal.clients.target.account(), removal.context.journal.begun_at(removal.id)
    if not account.is_noted_as(who) or begun is None:
        return False
    return not when or time_of(when) >= begun - CLOCK_DIFFERENCE


def time_of(text: str) -> datetime:
    """Read a time as Azure writes it, with up to seven decimals."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))


R = TypeVar("R", bound=type[Remover])
_removers: dict[str, Remover] = {}


def removes(*kinds: Kind) -> Callable[[R], R]:
    """Register a class as the one that removes things of these kinds."""

    def decorate(remover: R) -> R:
        _removers.update({kind.name: remover(kind) for kind in kinds})
        return remover

    return decorate


def removers() -> Mapping[str, Remover]:
    """Return all removers, by the name of what they remove."""
    load("removers")
    return _removers


def not_provably_ours(removal: Removal) -> str:
    """Say why something can't be proved to be what this run made; empty when it can.

    Decided by Azure's stamp, never by the record alone: names are used again.
    """
    remover, journal = removers()[removal.change.kind], removal.context.journal
    if remover.kind.foreign:
        return ""
    if recorded := journal.stamp(removal.id):
        there = remover.stamp(removal)
        if not there and remover.tagged:
            return f"it no longer carries this run's tag {RUN_TAG}: somebody has removed that, or made it again since"
        return "" if there == recorded else "it isn't the one that this run made: somebody has made it again since"
    if journal.begun_at(removal.id) and remover.is_ours(removal):
        return ""
    return "nothing proves that this run made it"
