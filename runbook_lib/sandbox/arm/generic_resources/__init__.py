"""Neighbours: resources that Azure Digital Twins is used with, good enough to be chosen, referenced and given roles."""

from __future__ import annotations

from .resource_type import Kind
from .service import PlainResources

__all__ = ["Kind", "PlainResources"]
