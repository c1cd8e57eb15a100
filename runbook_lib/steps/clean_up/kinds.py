"""The permissions that cleaning up takes: to delete things, where they are."""

from __future__ import annotations

from ..core.kinds import RequiredPermission, register_activity
from ..directory.kinds import ROLE
from ..instance.kinds import INSTANCE
from ..subscription.kinds import GROUP

_DELETED = ((ROLE, "instance"), (INSTANCE, "instance"), (GROUP, "group"))

register_activity(
    "06",
    "Clean up",
    tuple(RequiredPermission(kind.permissions["delete"][0].action, place) for kind, place in _DELETED),  # type: ignore[arg-type]  # places
)
