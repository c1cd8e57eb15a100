"""What the simulated services share. A service that needs only a part takes just that, not the whole `Context`."""

from __future__ import annotations

from dataclasses import dataclass

from .arm.operations import Operations
from .clock import Clock, Pace
from .rbac import Access
from .store import Store
from .tokens import Tokens


@dataclass(frozen=True, slots=True)
class Context:
    """The state, the time, and what answers a service's two questions: who's calling, and is that allowed."""

    store: Store
    clock: Clock
    pace: Pace
    tokens: Tokens
    access: Access
    operations: Operations
