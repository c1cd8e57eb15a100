"""Bulk jobs: outside the sandbox, and saying so."""

from __future__ import annotations

from ..http import Answer
from .call import Call
from .errors import NotSimulated


def not_simulated(call: Call) -> Answer:
    """Refuse an operation that Azure has and the sandbox has not. Always raises NotSimulated."""
    raise NotSimulated(operation=f"{call.request.method} {call.request.path}")
