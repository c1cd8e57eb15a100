"""Microsoft.DigitalTwins: instances of Azure Digital Twins and what belongs to them, in the control plane."""

from __future__ import annotations

from .service import DigitalTwins, instance_at
from .work import TYPE as TWINS

__all__ = ["TWINS", "DigitalTwins", "instance_at"]
