"""The managed identities that an instance has, and how a request names them.

A PATCH names every user-assigned identity that stays, and null for one that goes. That works whether the service merges
the map or replaces it (no recording tells what Azure Digital Twins does). So each call builds on what the instance has
by then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..core.codegen import Model, model
from . import resources

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


@dataclass(frozen=True)
class Held:
    """The identities that an instance has or will have."""

    system: bool
    """Whether its system-assigned identity is on."""
    users: tuple[str, ...] = ()
    """Resource ids of the user-assigned ones."""

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return self.system or bool(self.users)

    def switched(self, *, on: bool) -> Held:
        """Return the same with the system-assigned identity on or off. Each time it's on, it's a new one."""
        return replace(self, system=on)

    def plus(self, identity_id: str) -> Held:
        """Return the same with a user-assigned identity."""
        known = identity_id.lower() in (one.lower() for one in self.users)
        return self if known else replace(self, users=(*self.users, identity_id))

    def minus(self, identity_id: str) -> Held:
        """Return the same without a user-assigned identity; the identity itself stays."""
        return replace(self, users=tuple(one for one in self.users if one.lower() != identity_id.lower()))


def held(instance: DigitalTwinsDescription) -> Held:
    """Return the identities that an instance has."""
    known = (instance.identity.user_assigned_identities or {}) if instance.identity else {}
    return Held(resources.has_system_identity(instance), tuple(known))


def identity_body(before: Held, wanted: Held) -> Model:
    """Write the part of a request that takes an instance from the identities it has by then to those wanted."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsIdentity, UserAssignedIdentity

    kinds = [*(["SystemAssigned"] if wanted.system else []), *(["UserAssigned"] if wanted.users else [])]
    named: dict[str, Any] = {one: model(UserAssignedIdentity) if one in wanted.users else None for one in before.users}
    named |= {one: model(UserAssignedIdentity) for one in wanted.users}
    # If no user-assigned identity stays, the type alone says so, and Azure would refuse a map.
    users = named if wanted.users else None
    return model(DigitalTwinsIdentity, type=",".join(kinds) or "None", user_assigned_identities=users)
