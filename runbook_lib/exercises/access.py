"""What exercises about access look at: what an instance answers, and who has which role."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..steps.data_plane import probe
from ..steps.directory.role_assignments import Assignment
from . import staging
from .bench import person
from .place import Command, Place

DATA_OWNER, DATA_READER = "Azure Digital Twins Data Owner", "Azure Digital Twins Data Reader"
_NOTHING = "dtmi:exercise:nothing;1"
"""A model that no instance has: an attempt to delete it says whether one could, and changes nothing."""


@dataclass
class Access:
    """Who gets in, and by which roles: one look, in which nothing is asked twice."""

    place: Place
    scope: str = ""
    """Where roles count; empty: at the instance."""
    _readings: dict[str, probe.Reading] = field(default_factory=dict)
    _writings: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def _roles(self) -> list[Assignment]:
        return staging.roles(self.place, self.scope or self.place.instance)

    @cached_property
    def _host(self) -> str:
        return self.place.host

    def reads(self, persona: str) -> bool:
        """Tell whether the instance lets a persona list models."""
        return self._reading(persona).accepted

    def writes(self, persona: str) -> bool:
        """Tell whether the instance would let a persona change its data."""
        if persona not in self._writings:
            self._writings[persona] = self.reads(persona) and _would_delete(self.place, persona, self._host)
        return self._writings[persona]

    def _reading(self, persona: str) -> probe.Reading:
        if persona not in self._readings:
            clients = self.place.bench.clients(persona)
            tester = probe.Tester(clients.target.credential, persona)
            nowhere = probe.Reading("refused", "there's no instance")
            self._readings[persona] = probe.read(clients, self._host, tester) if self._host else nowhere
        return self._readings[persona]

    def told(self, persona: str) -> str:
        """Say what the instance answers to a persona."""
        who, reading = person(persona).display_name, self._reading(persona)
        if not reading.accepted:
            return f"{who} lists the models of {self.place.label}: {reading.evidence}."
        change = "can change them" if self.writes(persona) else "can't change them"
        return f"{who} lists the models of {self.place.label}: {reading.evidence}. {who} {change}."

    def held(self, principal_id: str) -> list[Assignment]:
        """List what somebody has there: inherited roles count."""
        return [one for one in self._roles if one.principal_id == principal_id]

    def listed(self, name: str, principal_id: str) -> str:
        """Say which roles somebody has there: inherited ones count."""
        found = [f"{one.role} ({_where(self.place, one.scope)})" for one in self.held(principal_id)]
        return f"{name} has {', '.join(found)}." if found else f"{name} has no role at {self.place.label} or above."


def _would_delete(place: Place, persona: str, host: str) -> bool:
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

    try:
        place.bench.clients(persona).data_plane(host).delete_model(_NOTHING)
    except ResourceNotFoundError:
        return True
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return False
    return True


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
