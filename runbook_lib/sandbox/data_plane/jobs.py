"""Bulk jobs: the sandbox doesn't have them, and says so."""

from __future__ import annotations

from ..http import Answer
from .call import Call
from .errors import NotSimulated


def not_simulated(call: Call) -> Answer:
    """Refuse an operation that Azure has but the sandbox doesn't. Always raises NotSimulated."""
    raise NotSimulated(operation=f"{call.request.method} {call.request.path}")
