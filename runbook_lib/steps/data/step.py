"""Base of the steps that work with an instance's data: they wait for a new role, and know the instance by its host."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from ..core.context import Progress
from ..core.picture import Picture
from ..core.results import Plan
from ..data_plane import access
from ..data_plane.access import Entry, Host
from ..network.picture import draw_host
from ..subscription.step import SubscriptionStep


class Findings(Protocol):
    """What each of them finds."""

    @property
    def host(self) -> Host:
        """The instance as its clients know it."""

    @property
    def entry(self) -> Entry:
        """Whether the account has access to its data."""


P = TypeVar("P", bound=Any)
F = TypeVar("F", bound=Findings)


class DataStep(SubscriptionStep[P, F]):
    """Waits until the account can use the data."""

    def _instance_of(self, found: F) -> str:
        return found.host.base

    def _depict(self, found: F, plan: Plan, picture: Picture) -> None:
        subscription = dict(plan.choices).get("Subscription", found.host.subscription).partition(" (")[0]
        draw_host(picture, subscription, found.host.scope, found.host.base, found.host.name)

    def _wait_before(self, found: F, progress: Progress) -> bool:
        if found.entry == "soon":
            access.wait_for_access(self.context, found.host, progress, self.seconds)
        return found.entry == "soon"
