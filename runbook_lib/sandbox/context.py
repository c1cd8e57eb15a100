"""What the simulated services share. A service that needs little of it takes just that, not the whole `Context`."""

from __future__ import annotations

from dataclasses import dataclass

from .arm.operations import Operations
from .clock import Clock, Pace
from .rbac import Access
from .store import Store
from .tokens import Tokens


@dataclass(frozen=True, slots=True)
class Context:
    """The state, the time, and the two questions of every service: who is calling, and is that allowed."""

    store: Store
    clock: Clock
    pace: Pace
    tokens: Tokens
    access: Access
    operations: Operations
