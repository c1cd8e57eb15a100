"""Registering a resource provider: needed once per subscription, before its first resource."""

from __future__ import annotations

from ...azure.permissions import Permissions
from ...azure.waiting import timed_out
from ...record.change import Change
from ..core.context import Context
from ..core.kinds import RequiredPermission
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Call, Recipe, az
from .kinds import PROVIDER
from .resources import NAMESPACE, Subscription, provider


def add_registration(
    may: Permissions, subscription: Subscription, builder: PlanBuilder, namespace: str = NAMESPACE
) -> None:
    """Add the registration of a resource provider to a plan, unless it's registered or its state is unknown."""
    if provider(may.clients, subscription.id, namespace).state in ("Registered", "Unknown"):
        return
    recipe = how(subscription, namespace)
    builder.add(change(subscription, namespace), recipe)
    needed = RequiredPermission(f"{namespace}/register/action", "subscription")
    builder.permit(may, needed, subscription.scope, command=recipe.command)


def register(context: Context, subscription: str, seconds: float, namespace: str = NAMESPACE) -> None:
    """Register a resource provider and wait until it's registered. Raises TimedOut after `seconds`."""
    clients = context.clients
    call(subscription, namespace).run(clients)

    def registered() -> bool | None:
        return True if provider(clients, subscription, namespace).state == "Registered" else None

    if not context.waiting.until(registered, seconds, first=1):
        raise timed_out("registering the resource provider", seconds)


def change(subscription: Subscription, namespace: str = NAMESPACE) -> Change:
    """Describe the registration of a resource provider."""
    named = f"{subscription.scope}/providers/{namespace}"
    return Change("register", PROVIDER.name, namespace, named, "needed once per subscription")


def how(subscription: Subscription, namespace: str = NAMESPACE) -> Recipe:
    """Say how to register a resource provider by hand."""
    page = f"Subscriptions > {subscription.name} > Resource providers > {namespace} > Register"
    command = az("provider register", namespace=namespace, subscription=subscription.id, wait=True)
    return Recipe(page, command, (call(subscription.id, namespace),))


def call(subscription: str, namespace: str = NAMESPACE) -> Call:
    """Write the call that starts the registration; Azure continues with it for a while."""
    pending = f'{{}}.providers.get("{namespace}").registration_state != "Registered"'
    return Call("resources", subscription, "providers.register", (namespace,), pending=pending)
