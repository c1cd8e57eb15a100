"""`providerOperations`: every action that can be allowed or denied. The sandbox lists those of Digital Twins only."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ...http import Answer
from .. import errors
from ..calls import ArmRoute, Call
from ..digital_twins.operation_names import OPERATIONS
from ..providers import provider
from .scopes import AUTHORIZATION

NAMESPACE = "Microsoft.DigitalTwins"


class ProviderOperations:
    """Serves `providerOperations` to everyone who's signed in."""

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        many = f"{AUTHORIZATION}/providerOperations"
        return [ArmRoute("GET", many, self.list_all), ArmRoute("GET", many + "/{namespace}", self.get)]

    def list_all(self, _call: Call) -> Answer:
        """List the providers with their operations."""
        return Answer(200, {"value": [_metadata(NAMESPACE)]})

    def get(self, call: Call) -> Answer:
        """Show the operations of one provider."""
        owner = provider(call.values["namespace"])
        if owner is None:
            raise errors.invalid_namespace(call.values["namespace"])
        return Answer(200, _metadata(owner.namespace))


def _metadata(namespace: str) -> dict[str, Any]:
    known = OPERATIONS if namespace == NAMESPACE else []
    types = [(name, list(found)) for name, found in groupby(known, key=lambda each: each["display"]["resource"])]
    return {
        "id": f"{AUTHORIZATION}/providerOperations/{namespace}",
        "name": namespace,
        "type": "Microsoft.Authorization/providerOperations",
        "displayName": namespace,
        "resourceTypes": [
            {"name": name, "displayName": name, "operations": [_shown(each) for each in found]} for name, found in types
        ],
        "operations": [],
    }


def _shown(operation: dict[str, Any]) -> dict[str, Any]:
    display = operation["display"]
    return {
        "name": operation["name"],
        "displayName": display["operation"],
        "description": display["description"],
        "isDataAction": operation["isDataAction"],
    }
