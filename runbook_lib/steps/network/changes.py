"""Creating the parts of a private endpoint, and waiting for those that an earlier run started."""

from __future__ import annotations

from ...azure.waiting import timed_out
from ...explain.translate import explaining
from ...record.change import Change
from ..core.context import Context, Progress
from ..core.kinds import kind_named
from . import calls, kinds
from .topology import PENDING_STATES, Topology, read, state_of


def create(context: Context, change: Change, topology: Topology, seconds: float, *, request: bool = False) -> None:
    """Create a part of the topology, and wait at most `seconds` until Azure has finished.

    With `request` the private endpoint then waits for someone's approval.
    """
    call = calls.create(change.kind, change.resource_id, topology, request=request)
    context.waiting.finish(call.bound(context.clients), seconds=seconds, doing=f"creating {change.name}")


def usual_seconds(change: Change) -> float:
    """Return how long Azure usually takes to create a part."""
    kind = kind_named(change.kind)
    return kind.usual_seconds if kind else 0


def phase(change: Change) -> str:
    """Say what is being created."""
    return f"Creating: {change.kind[0].lower()}{change.kind[1:]} {change.name}"


def settle(context: Context, topology: Topology, seconds: float, progress: Progress) -> None:
    """Wait until Azure has finished the parts that an earlier run started. Raises TimedOut."""
    clients = context.clients
    if not topology.pending:
        return

    def finished() -> bool | None:
        there = (read(clients, resource_id) for resource_id in topology.pending)
        return None if any(state_of(one) in PENDING_STATES for one in there) else True

    progress.phase("Waiting for what an earlier run started", kinds.PRIVATE_ENDPOINT.usual_seconds)
    with explaining("waiting for what an earlier run started"):
        done = context.waiting.until(finished, seconds, first=1)
    if not done:
        raise timed_out("waiting for what an earlier run started", seconds)
