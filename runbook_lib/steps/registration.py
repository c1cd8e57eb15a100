"""Registering the resource provider: needed once in a subscription, before its first instance."""

from __future__ import annotations

from ..waiting import timed_out
from .base import Context
from .resources import NAMESPACE, provider

USUAL_SECONDS = 60.0
"""How long registering takes, typically; no recording is known."""


def register(context: Context, subscription: str, seconds: float, namespace: str = NAMESPACE) -> None:
    """Register a resource provider and wait until it is. Raises TimedOut after `seconds`."""
    clients = context.clients
    clients.resources(subscription).providers.register(namespace)

    def registered() -> bool | None:
        return True if provider(clients, subscription, namespace).state == "Registered" else None

    if not context.waiting.until(registered, seconds, first=1):
        raise timed_out("registering the resource provider", seconds)
