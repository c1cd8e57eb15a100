"""Resource providers of a subscription: which are registered, and registering them, which takes time."""

from __future__ import annotations

from typing import Any

from ..clock import stamp
from ..context import Context
from ..http import Answer
from ..store import Document
from . import errors
from .calls import ArmRoute, Call
from .gateway import REGISTRATION, registration
from .providers import PROVIDERS, Provider, provider

READ = "Microsoft.Resources/subscriptions/providers/read"
REGISTER_SECONDS = 45
"""How long registering takes. Modelled: "typically under a minute or two"."""
UNREGISTER_SECONDS = 20
"""Modelled."""


class Registrations:
    """Serves `/providers` of a subscription and of the tenant."""

    def __init__(self, context: Context) -> None:
        self._context = context
        context.operations.on_finish("provider.register", self._finish)
        context.operations.on_finish("provider.unregister", self._finish)

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        one = "/subscriptions/{subscription}/providers/{namespace}"
        return [
            ArmRoute("GET", "/providers", self.list_for_tenant),
            ArmRoute("GET", "/providers/{namespace}", self.get_for_tenant),
            ArmRoute("GET", "/subscriptions/{subscription}/providers", self.list_all, READ, anywhere=True),
            ArmRoute("GET", one, self.get, READ, anywhere=True),
            ArmRoute("POST", f"{one}/register", self.register, "{namespace}/register/action"),
            ArmRoute("POST", f"{one}/unregister", self.unregister, "{namespace}/unregister/action"),
        ]

    def list_for_tenant(self, _call: Call) -> Answer:
        """List the providers of the cloud."""
        return Answer(200, {"value": [p.document(None, None) for p in PROVIDERS]})

    def get_for_tenant(self, call: Call) -> Answer:
        """Show one provider."""
        return Answer(200, _named(call).document(None, None))

    def list_all(self, call: Call) -> Answer:
        """List the providers with their registration in the subscription."""
        return Answer(200, {"value": [self._show(call, p) for p in PROVIDERS]})

    def get(self, call: Call) -> Answer:
        """Show one provider with its registration."""
        return Answer(200, self._show(call, _named(call)))

    def register(self, call: Call) -> Answer:
        """Start to register; repeating it does no harm."""
        return self._change(call, ("Registered", "Registering"), "Registering", "provider.register", REGISTER_SECONDS)

    def unregister(self, call: Call) -> Answer:
        """Start to unregister. Modelled: it's always possible, and existing resources stay."""
        done = ("NotRegistered", "Unregistering")
        return self._change(call, done, "Unregistering", "provider.unregister", UNREGISTER_SECONDS)

    def _change(self, call: Call, done: tuple[str, ...], state: str, outcome: str, seconds: float) -> Answer:
        owner = _named(call)
        if not owner.free and self._state(call, owner) not in done:
            key = _key(call, owner)
            self._context.store.put(REGISTRATION, key, {"state": state, "since": stamp(self._context.clock.now())})
            self._context.operations.begin(outcome, key, seconds)
            self._context.operations.settle()
        return self.get(call)

    def _finish(self, operation: Document) -> None:
        underway, state = {
            "provider.register": ("Registering", "Registered"),
            "provider.unregister": ("Unregistering", "NotRegistered"),
        }[operation["outcome"]]
        document = self._context.store.get(REGISTRATION, operation["resource"])
        if document and document["state"] == underway:  # otherwise the opposite was requested in the meantime
            changed = {"state": state, "since": operation["endTime"]}
            self._context.store.put(REGISTRATION, operation["resource"], changed)

    def _state(self, call: Call, owner: Provider) -> str:
        return registration(self._context.store, call.target.subscription, owner)

    def _show(self, call: Call, owner: Provider) -> dict[str, Any]:
        resource_id = f"/subscriptions/{call.target.subscription.lower()}/providers/{owner.namespace}"
        return owner.document(resource_id, self._state(call, owner))


def _named(call: Call) -> Provider:
    found = provider(call.values["namespace"])
    if found is None:
        raise errors.invalid_namespace(call.values["namespace"])
    return found


def _key(call: Call, owner: Provider) -> str:
    return f"{call.target.subscription}/{owner.namespace}"
