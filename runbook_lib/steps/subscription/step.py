"""Base of the steps: each works in one subscription, and most of them with one instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ...azure.resource_ids import group_of
from ...explain.translate import explaining
from ...parameters import CommonParameters, ExistingInstanceParameters
from ..core.problems import Problem
from ..core.step import Choice, Hint, Step
from . import resources
from .resources import Subscription

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

P = TypeVar("P", bound=CommonParameters)
F = TypeVar("F")
_LISTED = 5
"""How many instances a hint names. A subscription can have a hundred."""


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
        inside = self._instances(subscription, self.given("resource_group", values))
        return [Choice(str(one.name), str(one.name)) for one in inside]

    def _subscription(self, values: Mapping[str, Any]) -> Subscription | None:
        """Return the subscription that a form's values name; None if it isn't clear."""
        found = resources.choose_subscription(self.context.clients, self.given("subscription", values))
        return None if isinstance(found, Problem) else found

    def _instance(self, values: Mapping[str, Any]) -> DigitalTwinsDescription | None:
        """Return the instance that a form's values name."""
        subscription = self._subscription(values)
        group, name = self.given("resource_group", values), self.given("instance_name", values)
        if subscription is None:
            return None
        if group and name:
            return resources.instance(self.context.clients, subscription.id, group, name)
        fitting = [
            one for one in self._instances(subscription, group) if str(one.name).lower() == name.lower() or not name
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _instances(self, subscription: Subscription, group: str) -> list[DigitalTwinsDescription]:
        """List the instances of a resource group; without one, those of the subscription."""
        seen = resources.instances(self.context.clients, subscription.id)
        return [one for one in seen if group_of(str(one.id)).lower() == group.lower() or not group]

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Say at once if the existing instance that is meant can't be seen."""
        existing = issubclass(self.parameters_type, ExistingInstanceParameters)
        if field != "instance_name" or not existing or self.given("host_name", values):
            return None
        with explaining("looking for the instance"):
            subscription = self._subscription(values)
            return self._instance_hint(subscription, values) if subscription else None

    def _instance_hint(self, subscription: Subscription, values: Mapping[str, Any]) -> Hint | None:
        group, name = self.given("resource_group", values), self.given("instance_name", values)
        inside = self._instances(subscription, group)
        if len(inside) == 1 and not name:
            name = str(inside[0].name)
        where = f"the resource group {group}" if group else subscription.name
        fitting = [one for one in inside if str(one.name).lower() == name.lower()]
        if name and len(fitting) == 1:
            return Hint("good", f"{name} is in the resource group {group_of(str(fitting[0].id))}.")
        if fitting:
            return Hint("bad", f"Several resource groups have an instance {name!r}. Choose the resource group.")
        if not inside:
            return Hint("bad", f"You can't see any instance in {where}. Create one with 01-create-instance.")
        listed = ", ".join(str(one.name) for one in inside[:_LISTED]) + (", …" if len(inside) > _LISTED else "")
        return Hint("bad", f"You can't see it in {where}. Choose from: {listed}." if name else f"Choose one: {listed}.")
