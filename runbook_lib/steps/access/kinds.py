"""The permissions that giving access takes."""

from __future__ import annotations

from ..core.kinds import register_activity
from ..directory.kinds import ROLE

register_activity("02", "Give access", ROLE.permissions["assign"])
