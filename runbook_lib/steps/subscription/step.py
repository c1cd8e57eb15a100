"""Base of the steps: each works in one subscription, most of them with one instance there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...explain.translate import explaining
from ...parameters import CommonParameters
from ..core.problems import Problem
from ..core.step import Choice, Step
from . import resources
from .resources import Subscription

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

P = TypeVar("P", bound=CommonParameters)
F = TypeVar("F")


class SubscriptionStep(Step[P, F]):
    """Offers what a subscription holds, for a form."""

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer values for a field, read from Azure; empty when it is free text."""
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(self.context.clients)
            subscription = self._subscription(values) if self._is_offered(field) else None
            return self._offer(field, values, subscription) if subscription else ()

    def _is_offered(self, field: str) -> bool:
        """Tell whether the subscription holds what the field names."""
        return field in ("resource_group", "instance_name")

    def _offer(self, field: str, values: Mapping[str, Any], subscription: Subscription) -> Sequence[Choice]:
        """Offer what the subscription holds for a field."""
        if field == "resource_group":
            return resources.offer_groups(self.context.clients, subscription.id)
        return resources.offer_instances(self.context.clients, subscription.id, self.given("resource_group", values))

    def _subscription(self, values: Mapping[str, Any]) -> Subscription | None:
        """Return the subscription that a form's values name; None when it isn't clear."""
        found = resources.choose_subscription(self.context.clients, self.given("subscription", values))
        return None if isinstance(found, Problem) else found

    def _instance(self, values: Mapping[str, Any]) -> DigitalTwinsDescription | None:
        """Return the instance that a form's values name."""
        subscription = self._subscription(values)
        where = self.given("resource_group", values), self.given("instance_name", values)
        return resources.instance(self.context.clients, subscription.id, *where) if subscription else None
