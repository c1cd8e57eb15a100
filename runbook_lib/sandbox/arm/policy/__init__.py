"""Azure Policy, as far as a policy can refuse a request: definitions, assignments and their rules."""

from __future__ import annotations

from .rules import check_policies
from .service import Policies

__all__ = ["Policies", "check_policies"]
