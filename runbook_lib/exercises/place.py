"""Where one exercise is: its subscription, resource group and instance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..azure.answers import ask
from ..azure.clients import Clients
from ..azure.resource_ids import group_id, instance_id
from .bench import Bench

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


@dataclass(frozen=True)
class Command:
    """One command of the solution."""

    persona: str
    """Who's signed in."""
    text: str
    """Starts with `az`, and has only commands of the Azure CLI's core, no extension's."""


@dataclass
class Place:
    """The names and ids of one exercise."""

    bench: Bench
    manager: str
    """The persona that stages and looks."""
    subscription: str
    """Name of the subscription."""
    group: str
    label: str
    """Name of the instance, if the exercise has one."""

    @property
    def clients(self) -> Clients:
        """The manager's clients."""
        return self.bench.clients(self.manager)

    @cached_property
    def subscription_id(self) -> str:
        """Id of the subscription."""
        return self.subscription_named(self.subscription)

    def subscription_named(self, name: str) -> str:
        """Return the id of the subscription of that name. Raises StopIteration if there's none."""
        found = self.clients.subscriptions.subscriptions.list()
        return next(str(one.subscription_id) for one in found if one.display_name == name)

    @property
    def subscription_scope(self) -> str:
        """Resource id of the subscription."""
        return f"/subscriptions/{self.subscription_id}"

    @property
    def scope(self) -> str:
        """Resource id of the group."""
        return group_id(self.subscription_id, self.group)

    @property
    def instance(self) -> str:
        """Resource id of the instance."""
        return instance_id(self.subscription_id, self.group, self.label)

    def found(self, name: str = "") -> DigitalTwinsDescription | None:
        """Return the instance, or another one in the group, as Azure describes it; None if there's none."""
        operations = self.clients.digital_twins(self.subscription_id).digital_twins
        return ask(lambda: operations.get(self.group, name or self.label), {404: None, 409: None})

    @property
    def host(self) -> str:
        """Host name of the instance; empty if there's none."""
        there = self.found()
        return str(there.host_name or "") if there else ""
