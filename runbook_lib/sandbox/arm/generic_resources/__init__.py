"""Resources that people use with Azure Digital Twins. You can choose them, refer to them and assign roles on them."""

from __future__ import annotations

from .generic_type import GenericType
from .service import GenericResources

__all__ = ["GenericResources", "GenericType"]
