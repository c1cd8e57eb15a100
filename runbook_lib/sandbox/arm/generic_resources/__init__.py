"""Resources that Azure Digital Twins is used with. You can choose them, refer to them and assign roles on them."""

from __future__ import annotations

from .generic_type import GenericType
from .service import GenericResources

__all__ = ["GenericResources", "GenericType"]
