"""The way of events in exercises: an instance, its identity, and the event hub that it sends to."""

from __future__ import annotations

import json

from ..azure.answers import ask
from ..azure.resource_ids import name_of
from ..steps.directory.role_assignments import Assignment
from . import access, staging
from .place import Command, Place

SENDER = "Azure Event Hubs Data Sender"
_SENDING = (SENDER, "Azure Event Hubs Data Owner")
ENDPOINT = "alarms"
UNKNOWN = "OBJECT-ID-OF-THE-IDENTITY"
"""Stands in commands for an id that isn't known before the command above has run."""


def namespace(place: Place) -> str:
    """Resource id of the Event Hubs namespace."""
    return f"{place.scope}/providers/Microsoft.EventHub/namespaces/bus-{place.label}"


def hub(place: Place) -> str:
    """Resource id of the event hub."""
    return f"{namespace(place)}/eventhubs/{ENDPOINT}"


def endpoint(place: Place) -> str:
    """Resource id of the endpoint."""
    return f"{place.instance}/endpoints/{ENDPOINT}"


def endpoint_body(place: Place) -> dict[str, object]:
    """Return the endpoint as it's created: it signs in with the instance's own identity."""
    uri = f"sb://{name_of(namespace(place))}.servicebus.windows.net"
    how = {"endpointType": "EventHub", "authenticationType": "IdentityBased"}
    return {"properties": {**how, "endpointUri": uri, "entityPath": ENDPOINT}}


def stage(place: Place, region: str, *, role: bool) -> None:
    """Make the whole way of events, with or without the role that the identity needs."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsIdentity

    staging.instance(place, region, identity=DigitalTwinsIdentity(type="SystemAssigned"))
    for resource_id in (namespace(place), hub(place)):
        staging.put(place, resource_id, {"location": region, "properties": {}})
    if role:
        staging.assign(place, SENDER, principal(place), hub(place), kind="ServicePrincipal")
    staging.put(place, endpoint(place), endpoint_body(place))


def principal(place: Place) -> str:
    """Return the object id of the instance's identity; empty if it's off."""
    there = place.found()
    return str(there.identity.principal_id or "") if there and there.identity else ""


def state(place: Place) -> str:
    """Return the endpoint's provisioning state; empty if there's none."""
    endpoints = place.clients.digital_twins(place.subscription_id).digital_twins_endpoint
    found = ask(lambda: list(endpoints.list(place.group, place.label)), {404: []})
    return next((str(one.properties.provisioning_state) for one in found if one.name == ENDPOINT), "")


def sends(place: Place) -> list[Assignment]:
    """List what lets the instance's identity send to the event hub."""
    who = principal(place)
    return [one for one in access.Access(place, hub(place)).held(who) if one.role in _SENDING] if who else []


def told(place: Place) -> tuple[str, ...]:
    """Say what's there on the way."""
    who = principal(place)
    on = f"on, with the object id {who}" if who else "off"
    seen = [f"The instance's own identity is {on}.", f"The endpoint {ENDPOINT}: {state(place) or 'there is none'}."]
    for one in staging.roles(place, hub(place)):
        if place.scope.lower() in one.scope.lower():
            seen.append(f"{one.role} at {name_of(one.scope)} belongs to {one.principal_id}.")
    return tuple(seen)


def role_command(place: Place, persona: str) -> Command:
    """Return the command that lets the identity send."""
    who = principal(place) or UNKNOWN
    return access.assign_command(persona, SENDER, who, hub(place), "ServicePrincipal")


def rest_command(persona: str, method: str, resource_id: str, body: object = None) -> Command:
    """Return the command that sends a request to Azure Resource Manager."""
    url = f"https://management.azure.com{resource_id}?api-version={staging.VERSIONS['microsoft.digitaltwins']}"
    content = f" --body '{json.dumps(body)}'" if body else ""
    return Command(persona, f"az rest --method {method} --url '{url}'{content}")
