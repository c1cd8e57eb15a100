"""What exercises about access look at: what an instance answers, and who has which role."""

from __future__ import annotations

from ..steps.data_plane import probe
from ..steps.directory.role_assignments import Assignment
from . import staging
from .bench import person
from .place import Command, Place

DATA_OWNER, DATA_READER = "Azure Digital Twins Data Owner", "Azure Digital Twins Data Reader"
_NOTHING = "dtmi:exercise:nothing;1"
"""A model that no instance has: an attempt to delete it says whether one could, and changes nothing."""


def reads(place: Place, persona: str) -> bool:
    """Tell whether the instance lets a persona list models."""
    return _reading(place, persona).accepted


def writes(place: Place, persona: str) -> bool:
    """Tell whether the instance would let a persona change its data."""
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

    host = place.host
    if not host:
        return False
    try:
        place.bench.clients(persona).data_plane(host).delete_model(_NOTHING)
    except ResourceNotFoundError:
        return True
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return False
    return True


def _reading(place: Place, persona: str) -> probe.Reading:
    clients = place.bench.clients(persona)
    if not (host := place.host):
        return probe.Reading("refused", "there's no instance")
    return probe.read(clients, host, probe.Tester(clients.target.credential, persona))


def told(place: Place, persona: str) -> str:
    """Say what the instance answers to a persona."""
    who, reading = person(persona).display_name, _reading(place, persona)
    if not reading.accepted:
        return f"{who} lists the models of {place.label}: {reading.evidence}."
    change = "can change them" if writes(place, persona) else "can't change them"
    return f"{who} lists the models of {place.label}: {reading.evidence}. {who} {change}."


def held(place: Place, principal_id: str, scope: str = "") -> list[Assignment]:
    """List what somebody has at the instance, or at another scope: inherited ones count."""
    return [one for one in staging.roles(place, scope or place.instance) if one.principal_id == principal_id]


def listed(place: Place, name: str, principal_id: str, scope: str = "") -> str:
    """Say which roles somebody has at the instance, or at another scope: inherited ones count."""
    found = [f"{one.role} ({_where(place, one.scope)})" for one in held(place, principal_id, scope)]
    return f"{name} has {', '.join(found)}." if found else f"{name} has no role at {place.label} or above."


def _where(place: Place, scope: str) -> str:
    known = {
        place.instance.lower(): "at the instance",
        place.scope.lower(): "at the resource group",
        place.subscription_scope.lower(): "at the subscription",
    }
    return known.get(scope.lower(), f"at {scope}")


def assign_command(by: str, role: str, principal_id: str, scope: str, kind: str = "User") -> Command:
    """Return the command that gives a role."""
    who = f"--assignee-object-id {principal_id} --assignee-principal-type {kind}"
    return Command(by, f'az role assignment create {who} --role "{role}" --scope {scope}')
