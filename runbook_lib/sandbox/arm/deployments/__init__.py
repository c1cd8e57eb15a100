"""Template deployments, as far as Azure Digital Twins needs them: the portal's Review + create makes one."""

from __future__ import annotations

from .service import Deployments

__all__ = ["Deployments"]
