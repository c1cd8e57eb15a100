"""Base of the steps: each works in one subscription, and most of them with one instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

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
    """Offers a form what a subscription contains."""

    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """The fields with fixed choices: for each, the labels by value."""

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer a field's fixed values, or values read from Azure; empty for free text."""
        if field in self.labels:
            return [Choice(value, label) for value, label in self.labels[field].items()]
        with explaining("reading the list"):
            if field == "subscription":
                return resources.offer_subscriptions(self.context.clients)
            subscription = self._subscription(values) if self._is_offered(field) else None
            return self._offer(field, values, subscription) if subscription else ()

    def _is_offered(self, field: str) -> bool:
        """Tell whether the field names something in the subscription."""
        return field in ("resource_group", "instance_name")

    def _offer(self, field: str, values: Mapping[str, Any], subscription: Subscription) -> Sequence[Choice]:
        """Offer what the subscription contains for a field."""
        if field == "resource_group":
            return resources.offer_groups(self.context.clients, subscription.id)
        return resources.offer_instances(self.context.clients, subscription.id, self.given("resource_group", values))

    def _subscription(self, values: Mapping[str, Any]) -> Subscription | None:
        """Return the subscription that a form's values name; None if it isn't clear."""
        found = resources.choose_subscription(self.context.clients, self.given("subscription", values))
        return None if isinstance(found, Problem) else found

    def _instance(self, values: Mapping[str, Any]) -> DigitalTwinsDescription | None:
        """Return the instance that a form's values name."""
        subscription = self._subscription(values)
        where = self.given("resource_group", values), self.given("instance_name", values)
        return resources.instance(self.context.clients, subscription.id, *where) if subscription else None
