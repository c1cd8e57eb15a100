"""Microsoft.Network: virtual networks, private endpoints and private DNS, as far as Azure Digital Twins needs them."""

from __future__ import annotations

from .records import NetworkLists
from .service import network_kinds

__all__ = ["NetworkLists", "network_kinds"]
