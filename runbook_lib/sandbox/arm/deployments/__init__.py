"""Template deployments, as far as they set up Azure Digital Twins: the portal's Review + create is one."""

from __future__ import annotations

from .service import Deployments

__all__ = ["Deployments"]
