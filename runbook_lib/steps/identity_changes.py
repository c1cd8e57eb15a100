"""Changing the managed identities of an instance. Each function makes one change, and waits until Azure has made it.

A PATCH names every user-assigned identity that stays, and null for one that goes: that is right whether the service
merges the map or replaces it (what Azure Digital Twins does is not recorded).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import resources
from .base import Context

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

CHANGE_SECONDS = 5.0
"""How long a change of identities usually takes; no recording is known."""


def set_system(context: Context, instance_id: str, seconds: float, *, on: bool) -> None:
    """Switch the instance's own identity on or off. Switched on, it is a new one each time."""
    instance = _now(context, instance_id)
    if resources.has_system_identity(instance) != on:
        kept = dict.fromkeys(_assigned(instance), True)
        _write(context, instance_id, kept, seconds, system=on)


def associate(context: Context, instance_id: str, identity_id: str, seconds: float) -> None:
    """Give the instance a user-assigned identity."""
    instance = _now(context, instance_id)
    wanted = {**dict.fromkeys(_assigned(instance), True), identity_id: True}
    _write(context, instance_id, wanted, seconds, system=resources.has_system_identity(instance))


def dissociate(context: Context, instance_id: str, identity_id: str, seconds: float) -> None:
    """Take a user-assigned identity from the instance; the identity itself stays."""
    instance = _now(context, instance_id)
    wanted = {known: known.lower() != identity_id.lower() for known in _assigned(instance)}
    if not all(wanted.values()):
        _write(context, instance_id, wanted, seconds, system=resources.has_system_identity(instance))


def create(context: Context, identity_id: str, region: str) -> None:
    """Make a user-assigned identity."""
    from azure.mgmt.msi.models import Identity

    parts = identity_id.split("/")
    operations = context.clients.identities(parts[2]).user_assigned_identities
    operations.create_or_update(parts[4], parts[-1], Identity(location=region))


def _now(context: Context, instance_id: str) -> DigitalTwinsDescription:
    parts = instance_id.split("/")
    return context.clients.digital_twins(parts[2]).digital_twins.get(parts[4], parts[-1])


def _assigned(instance: DigitalTwinsDescription) -> list[str]:
    return list((instance.identity.user_assigned_identities or {}) if instance.identity else {})


def _write(context: Context, instance_id: str, users: dict[str, bool], seconds: float, *, system: bool) -> None:
    """Write both kinds at once; `users` says of each user-assigned identity whether the instance shall have it."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsIdentity, DigitalTwinsPatchDescription, UserAssignedIdentity

    kinds = [*(["SystemAssigned"] if system else []), *(["UserAssigned"] if any(users.values()) else [])]
    # Without a user-assigned identity that stays, the type alone says it, and a map would be refused.
    named: dict[str, Any] = {key: UserAssignedIdentity() if stays else None for key, stays in users.items()}
    identity = DigitalTwinsIdentity(
        type=",".join(kinds) or "None", user_assigned_identities=named if "UserAssigned" in kinds else None
    )
    parts = instance_id.split("/")
    operations = context.clients.digital_twins(parts[2]).digital_twins
    patch = DigitalTwinsPatchDescription(identity=identity)
    doing = f"changing the identities of {parts[-1]}"
    context.waiting.finish(operations.begin_update, parts[4], parts[-1], patch, seconds=seconds, doing=doing)
