"""Microsoft.DigitalTwins: instances of Azure Digital Twins and what belongs to them, in the control plane."""

from __future__ import annotations

from .instance_operations import TYPE as TWINS
from .service import DigitalTwins, instance_at

__all__ = ["TWINS", "DigitalTwins", "instance_at"]
