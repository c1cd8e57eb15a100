"""Neighbours: resources that Azure Digital Twins is used with, good enough to be chosen, referenced and given roles."""

from __future__ import annotations

from .generic_type import GenericType
from .service import GenericResources

__all__ = ["GenericResources", "GenericType"]
