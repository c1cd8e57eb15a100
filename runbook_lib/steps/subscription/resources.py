"""What exists: subscriptions, resource providers, resource groups, instances. This module only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from ...azure.access_limits import eligible_roles
from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.default_subscription import default_subscription
from ...azure.resource_ids import group_of, name_of, subscription_of
from ...parameters.naming_rules import is_guid
from ..core.problems import Problem
from ..core.setup import Planned
from ..core.step import Choice

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

NAMESPACE = "Microsoft.DigitalTwins"
PENDING_STATES = ("Provisioning", "Updating", "Moving", "Restoring")
"""Provisioning states that pass by themselves (OpenAPI of Microsoft.DigitalTwins 2023-01-31)."""
SEVERAL = 2
HOST_TO_COME = "host-name-to-come"
"""Stands in for the host name of an instance that doesn't exist yet."""
USUAL_LIMIT = 10
"""Instances in one region of a subscription, unless Microsoft raised it (service limits reference)."""


@dataclass(frozen=True)
class Subscription:
    """A subscription that the account can see."""

    id: str
    name: str
    state: str = "Enabled"
    source: str = ""
    """Who chose it, if a setting of this machine did."""

    @property
    def choice(self) -> str:
        """The subscription, and who chose it."""
        return f"{self}, from {self.source}" if self.source else str(self)

    @property
    def scope(self) -> str:
        """Its resource id."""
        return f"/subscriptions/{self.id}"

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


@dataclass(frozen=True)
class Provider:
    """The resource provider Microsoft.DigitalTwins in a subscription."""

    state: str
    """Registered, Registering, NotRegistered or Unregistered; Unknown if the account can't see it."""
    regions: Mapping[str, str] = field(default_factory=dict)
    """Regions that offer instances: display names by name; empty if unknown."""


@dataclass(frozen=True)
class Group:
    """A resource group, whether or not it exists."""

    name: str
    found: Literal["yes", "no", "unknown"]
    region: str = ""
    state: str = ""


def plain(region: str) -> str:
    """Return a region the way Azure writes it: `West Europe` becomes `westeurope`."""
    return region.replace(" ", "").lower()


def same_region(one: str, other: str) -> bool:
    """Tell whether Azure takes two names for the same region: some services answer with the display name."""
    return plain(one) == plain(other)


def subscriptions(clients: Clients) -> list[Subscription]:
    """List the subscriptions that the account can see, in Azure's order."""
    found = clients.subscriptions.subscriptions.list()
    return [Subscription(str(s.subscription_id), str(s.display_name), str(word(s.state))) for s in found]


def everywhere(clients: Clients, first: str) -> Iterator[str]:
    """Return the id of a subscription, then those of all others that the account can see. Asks only if it has to."""
    yield first
    yield from (one.id for one in subscriptions(clients) if one.id.lower() != first.lower())


def choose_subscription(clients: Clients, wanted: str) -> Subscription | Problem:
    """Return the subscription with that id or name; otherwise say why there isn't one.

    Without a name it's the sandbox's first enabled one; on Azure, only what the environment or the Azure CLI names.
    """
    seen = subscriptions(clients)
    named = default_subscription(clients.target.cloud) if not wanted and clients.target.name == "azure" else None
    wanted = named.id if named else wanted
    enabled = [s for s in seen if s.state.lower() == "enabled"]
    first = enabled[:1] if clients.target.name == "sandbox" else []
    fitting = [s for s in seen if wanted.lower() in (s.id.lower(), s.name.lower())] if wanted else first
    if len(fitting) == 1:
        return replace(fitting[0], source=named.source) if named else fitting[0]
    listed = ", ".join(map(str, seen)) or "none"
    if fitting:
        message, meaning = f"Several subscriptions are named {wanted!r}.", f"They are: {', '.join(map(str, fitting))}."
        return Problem("subscription", message, meaning, "Give the id.")
    if (wanted or not seen) and (active := _to_activate(clients, wanted)):
        return active
    if not seen:
        meaning = "Your account has no role on any subscription of this tenant, or you signed in to the wrong tenant."
        remedy = "Ask an Owner of a subscription for a role, or give another tenant."
        return Problem("subscription", "You can't see any subscription.", meaning, remedy, kind="azure")
    if not wanted and enabled:
        remedy = "Set subscription, or AZURE_SUBSCRIPTION_ID, or choose one with az account set."
        return Problem(
            "subscription", "On Azure, you have to name the subscription.", f"You can see: {listed}.", remedy
        )
    if not wanted:
        remedy = "Have one of them enabled."
        return Problem("subscription", "None of your subscriptions is enabled.", listed, remedy, kind="azure")
    source = f", from {named.source}" if named else ""
    message = f"You can't see a subscription with the {'id' if is_guid(wanted) else 'name'} {wanted!r}{source}."
    meaning = f"It doesn't exist, it belongs to another tenant, or you have no role on it. You can see: {listed}."
    return Problem("subscription", message, meaning, "Choose one of these.")


def _to_activate(clients: Clients, wanted: str) -> Problem | None:
    """Say which role would let the account see the subscription once it's activated; None if there's none."""
    for one in eligible_roles(clients):
        known = (one.scope_name.lower(), subscription_of(one.scope).lower())
        if not wanted or wanted.lower() in known:
            message = f"You can't see the subscription {wanted or one.scope_name} yet."
            meaning = f"You're eligible for {one.name} at {one.scope_name}, but the role isn't active."
            command = clients.target.cloud.command(one.command)
            remedy = f"Activate it, then run this again.\nPortal: {one.page}\nCommand: {command}"
            return Problem("subscription", message, meaning, remedy, kind="azure")
    return None


def provider(clients: Clients, subscription: str, namespace: str = NAMESPACE) -> Provider:
    """Return the state of a resource provider; for Microsoft.DigitalTwins, also the regions that offer instances."""
    found = ask(lambda: clients.resources(subscription).providers.get(namespace), {403: None, 404: None})
    if found is None:
        return Provider("Unknown")
    types = [t for t in found.resource_types or [] if (t.resource_type or "").lower() == "digitaltwinsinstances"]
    names = types[0].locations or [] if types else []
    return Provider(str(found.registration_state), {plain(name): name for name in names})


def group(clients: Clients, subscription: str, name: str) -> Group:
    """Return what we can find out about a resource group."""
    # A 404 could also mean the subscription, but we've already seen that.
    unseen = {403: Group(name, "unknown"), 404: Group(name, "no")}
    found = ask(lambda: clients.resources(subscription).resource_groups.get(name), unseen)
    if isinstance(found, Group):
        return found
    state = str(found.properties.provisioning_state) if found.properties else ""
    return Group(str(found.name), "yes", str(found.location), state)


# 409: the resource provider isn't registered, so there's no instance.
_NO_INSTANCE = {403: None, 404: None, 409: None}


def instance(clients: Clients, subscription: str, group: str, name: str) -> DigitalTwinsDescription | None:
    """Return the instance as Azure describes it; None when it doesn't exist or can't be seen."""
    return ask(lambda: clients.digital_twins(subscription).digital_twins.get(group, name), _NO_INSTANCE)


def instances(clients: Clients, subscription: str) -> list[DigitalTwinsDescription]:
    """List the instances of a subscription; empty when they can't be listed."""
    return ask(lambda: list(clients.digital_twins(subscription).digital_twins.list()), _NO_INSTANCE) or []


def instance_at(clients: Clients, host_name: str) -> DigitalTwinsDescription | None:
    """Return the instance with a host name, from any subscription that the account can see; None if there's none."""
    seen = (one for subscription in subscriptions(clients) for one in instances(clients, subscription.id))
    return next((one for one in seen if str(one.host_name).lower() == host_name.lower()), None)


def require_instance(
    clients: Clients, subscription: Subscription, group: str, name: str, *, pending: bool = False
) -> DigitalTwinsDescription | Problem:
    """Return an instance that is ready, or with `pending` one that will be; otherwise say why there isn't one."""
    found = instance(clients, subscription.id, group, name)
    if found is None:
        others = [i for i in instances(clients, subscription.id) if str(i.name).lower() == name.lower()]
        where = f" There is one in the resource group {group_of(str(others[0].id))!r}." if others else ""
        return Problem(
            "instance_name",
            f"You can't see an instance {name!r} in the resource group {group!r}.{where}",
            "It doesn't exist yet, it has another name, or you have no role that lets you see it (Reader is enough).",
            "Run 01-create-instance, or correct instance_name, resource_group and subscription.",
        )
    state = state_of(found)
    if state == "Succeeded" or (pending and state in PENDING_STATES):
        return found
    again = "which continues from there" if state in PENDING_STATES else "which writes it again and keeps what it holds"
    remedy = f"Run 01-create-instance, {again}."
    message = f"The instance {name!r} isn't ready: its state is {state}."
    return Problem("instance_name", message, remedy=remedy, kind="azure")


def planned_instance(planned: Planned) -> DigitalTwinsDescription:
    """Describe an instance that an earlier step would create, as far as that's known before."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

    description: Any = DigitalTwinsDescription(location=planned.region)
    # Azure fills these in, so they can't be given.
    description.id, description.name = planned.id, name_of(planned.id)
    description.host_name, description.provisioning_state = HOST_TO_COME, "Planned"
    return cast("DigitalTwinsDescription", description)


def state_of(instance: DigitalTwinsDescription) -> str:
    """Return the provisioning state as a word."""
    return str(word(instance.provisioning_state))


def has_system_identity(instance: DigitalTwinsDescription) -> bool:
    """Tell whether the instance has a system-assigned identity."""
    kind = str(word(instance.identity.type)) if instance.identity else ""
    return "SystemAssigned" in kind


def important_values(instance: DigitalTwinsDescription, subscription: Subscription, tenant: str) -> dict[str, str]:
    """Return the values to note and share, with the portal's labels."""
    values = {
        "Name": str(instance.name),
        "Resource group": group_of(str(instance.id)),
        "Host name": str(instance.host_name or ""),
        "Region": str(instance.location),
        "Subscription": str(subscription),
        "Tenant": tenant,
    }
    identity = str(instance.identity.principal_id or "") if instance.identity else ""
    return {**values, "Identity object id": identity} if identity else values


def offer_subscriptions(clients: Clients) -> Sequence[Choice]:
    """List subscriptions for a form: on Azure with the default one first, or with none chosen."""
    choices = [Choice(s.id, s.name) for s in subscriptions(clients)]
    if clients.target.name == "sandbox" or len(choices) < SEVERAL:
        return choices
    default = default_subscription(clients.target.cloud)
    first = [one for one in choices if default and default.id.lower() in (one.value.lower(), one.label.lower())]
    return [*(first or [Choice("", "Choose a subscription")]), *(one for one in choices if one not in first)]


def offer_groups(clients: Clients, subscription: str) -> Sequence[Choice]:
    """List resource groups for a form."""
    found = clients.resources(subscription).resource_groups.list()
    return [Choice(str(g.name), str(g.name)) for g in found]


def offer_regions(clients: Clients, subscription: str) -> Sequence[Choice]:
    """List the regions that offer the service, by display name, for a form.

    The name that everything else uses stands beside it.
    """
    regions = provider(clients, subscription).regions
    return [Choice(name, f"{shown} ({name})") for name, shown in sorted(regions.items(), key=lambda pair: pair[1])]


def word(value: object) -> object:
    """Return a value as Azure spells it: clients return enumerations for known values, plain text for others."""
    return getattr(value, "value", value)
