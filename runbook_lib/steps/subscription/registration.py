"""Registering the resource provider: needed once in a subscription, before its first instance."""

from __future__ import annotations

from ...azure.waiting import timed_out
from ...record.change import Change
from ..core import kinds
from ..core.recipes import Call, Way, az
from ..core.step import Context
from .resources import NAMESPACE, Subscription, provider

USUAL_SECONDS = 60.0
"""How long registering takes, typically; no recording is known."""


def register(context: Context, subscription: str, seconds: float, namespace: str = NAMESPACE) -> None:
    """Register a resource provider and wait until it is. Raises TimedOut after `seconds`."""
    clients = context.clients
    call(subscription, namespace).run(clients)

    def registered() -> bool | None:
        return True if provider(clients, subscription, namespace).state == "Registered" else None

    if not context.waiting.until(registered, seconds, first=1):
        raise timed_out("registering the resource provider", seconds)


def change(subscription: Subscription, namespace: str = NAMESPACE) -> Change:
    """Describe the registration of a resource provider."""
    named = f"{subscription.scope}/providers/{namespace}"
    return Change("register", kinds.PROVIDER, namespace, named, "needed once in a subscription")


def way(subscription: Subscription, namespace: str = NAMESPACE) -> Way:
    """Say how somebody registers a resource provider by hand."""
    page = f"Subscriptions > {subscription.name} > Resource providers > {namespace} > Register"
    command = az("provider register", namespace=namespace, subscription=subscription.id, wait=True)
    return Way(page, command, (call(subscription.id, namespace),))


def call(subscription: str, namespace: str = NAMESPACE) -> Call:
    """Write what begins the registration; Azure goes on with it for a while."""
    pending = f'{{}}.providers.get("{namespace}").registration_state != "Registered"'
    return Call("resources", subscription, "providers.register", (namespace,), pending=pending)
