"""The permissions that getting ready takes."""

from __future__ import annotations

from ..core.kinds import register_activity
from ..subscription.kinds import PROVIDER

register_activity("00", "Register the resource provider", PROVIDER.permissions["register"])
