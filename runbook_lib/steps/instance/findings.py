"""What exists of an instance that you want to create, and of what it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...azure.resource_ids import group_id, instance_id
from ...azure.target import Account
from ...parameters import CreateInstanceParameters
from ..core.kinds import FAILED_STATES, Places, run_tags
from ..subscription import resources
from ..subscription.held import Held, held
from ..subscription.resources import Group, Provider, Subscription

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

    from ..network.topology import Topology


@dataclass(frozen=True)
class Findings:
    """What exists."""

    wanted: CreateInstanceParameters
    account: Account
    subscription: Subscription
    provider: Provider
    group: Group
    instance: DigitalTwinsDescription | None
    run_id: str = ""
    """The tag of what is new."""
    topology: Topology | None = None
    """The parts of the private endpoint, if you want one."""
    asks: bool = False
    """Whether its connection is a request: you can't approve it."""
    has_access: bool = False
    """Whether the account already has the role that gives full access to the data, as far as it was looked for."""

    @property
    def group_scope(self) -> str:
        """Resource id of the resource group."""
        return group_id(self.subscription.id, self.group.name)

    @property
    def scope(self) -> str:
        """Resource id of the instance, in Azure's own spelling if it exists."""
        there = str(self.instance.id) if self.instance else ""
        return there or instance_id(self.subscription.id, self.group.name, self.wanted.instance_name)

    @property
    def places(self) -> Places:
        """The scopes that exist, to check permissions there."""
        group = "" if self.group.found == "no" else self.group_scope
        return Places(self.subscription.scope, group, self.scope if self.instance else "")

    @property
    def has_failed(self) -> bool:
        """Whether the instance exists, and Azure has given up making it."""
        return self.instance is not None and resources.state_of(self.instance) in FAILED_STATES

    @property
    def is_closed(self) -> bool:
        """Whether the instance exists, and public network access is off."""
        return self.instance is not None and self.instance.public_network_access == "Disabled"

    @property
    def tags(self) -> dict[str, str]:
        """All tags that the instance has in the end: a PUT or PATCH replaces them all. A new one also has the run's."""
        if self.instance:
            there = self.instance.tags or {}
            spelled = {name.lower(): name for name in there}  # to Azure, names that differ only in case are the same
            return {**there, **{spelled.get(name.lower(), name): value for name, value in self.wanted.tags.items()}}
        return {**self.wanted.tags, **run_tags(self.run_id)}

    @property
    def missing_tags(self) -> dict[str, str]:
        """The requested tags that the instance doesn't have, or not with this value."""
        there = {name.lower(): value for name, value in ((self.instance.tags if self.instance else {}) or {}).items()}
        return {name: value for name, value in self.wanted.tags.items() if there.get(name.lower()) != value}

    @property
    def identities(self) -> Held:
        """The identities that the instance has."""
        return held(self.instance) if self.instance else Held(system=False)

    @property
    def wanted_identities(self) -> Held:
        """All identities that the instance has in the end: those it has stay."""
        return self.identities.switched(on=self.identities.system or self.wanted.system_identity)

    @property
    def missing_identity(self) -> bool:
        """True when you want a system-assigned identity and the instance has none."""
        return self.identities != self.wanted_identities
