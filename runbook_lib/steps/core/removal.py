"""Taking one thing back: what is to go, and how Azure Resource Manager deletes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...azure.clients import Clients
from ...record.change import Change
from ..subscription import resources
from .recipes import Call, Way, az
from .step import Context


@dataclass(frozen=True)
class Removal:
    """One thing of this run that is to be taken back."""

    context: Context
    change: Change
    ours: frozenset[str]
    """Lower-cased resource ids of everything that this run made."""
    going: frozenset[str] = frozenset()
    """Those of them that will be gone before this one; empty when it is this one's turn."""
    seconds: float = 600.0
    """How long Azure may take."""

    @property
    def clients(self) -> Clients:
        """The clients of the target."""
        return self.context.clients

    @property
    def id(self) -> str:
        """Resource id of the thing."""
        return self.change.resource_id

    @property
    def subscription(self) -> str:
        """Id of its subscription."""
        return self.id.split("/")[2]

    @property
    def group(self) -> str:
        """Name of its resource group; empty when it lies in none."""
        return resources.group_of(self.id)

    def finish(self, call: Call) -> None:
        """Make the call of a long-running operation, and wait until it is done. Raises TimedOut."""
        doing = f"taking back {self.change.name}"
        self.context.waiting.finish(call.bound(self.clients), seconds=self.seconds, doing=doing)


class Remover:
    """Base of the kinds: a resource that Azure Resource Manager deletes by its id.

    `rank` is the place in the order in which things go, `api_version` that of the resource type.
    """

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

    def __init__(self, rank: int, api_version: str = "") -> None:
        self.rank = rank
        self._api_version = api_version

    def scope(self, removal: Removal) -> str:
        """Return where Azure asks for the permission to remove it."""
        return removal.id

    def exists(self, removal: Removal) -> bool:
        """Tell whether there is anything to take back. Raises what the client raises when that may not be seen."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            removal.clients.arm.get(removal.id, {"api-version": self._api_version})
        except ResourceNotFoundError:
            return False
        return True

    def maker(self, removal: Removal) -> str:
        """Return who made it, sign-in name or object id, as Azure has noted it; empty when Azure does not say."""
        found = removal.clients.arm.get(removal.id, {"api-version": self._api_version})
        return str((found.get("systemData") or {}).get("createdBy") or "")

    def hindrance(self, removal: Removal) -> str:
        """Say what of somebody else's would go or break with it; empty when nothing would."""
        return ""

    def remove(self, removal: Removal) -> None:
        """Take it back, and wait until it is gone."""
        call = self.call(removal)
        if self.at_once:
            call.run(removal.clients)
        else:
            removal.finish(call)

    def way(self, removal: Removal) -> Way:
        """Say how somebody takes it back by hand. Raises what the client raises."""
        return Way(self.page(removal.change), self.command(removal.change), (self.call(removal),))

    def call(self, removal: Removal) -> Call:
        """Write the call that takes it back. Raises what the client raises, when it has to look for that."""
        options = {"api_version": self._api_version}
        return Call("resources", removal.subscription, "resources.begin_delete_by_id", (removal.id,), options)

    def page(self, change: Change) -> str:
        """Say where the portal does it."""
        return self.portal.format(name=change.name, parent=change.resource_id.split("/")[-3])

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        return az(self.words, ids=change.resource_id, yes=self.asks)
