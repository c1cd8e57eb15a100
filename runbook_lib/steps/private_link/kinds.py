"""The permissions that private access takes."""

from __future__ import annotations

from ..core.kinds import register_activity
from ..network.kinds import BLOCK, NETWORK, PRIVATE_ENDPOINT, ZONE, ZONE_GROUP, ZONE_LINK

_PARTS = (NETWORK, PRIVATE_ENDPOINT, ZONE, ZONE_LINK, ZONE_GROUP)

register_activity("04", "Private endpoint and DNS", *(kind.permissions["create"] for kind in _PARTS))
register_activity("04", "Public network access", BLOCK.permissions["create"])
