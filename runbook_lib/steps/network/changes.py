"""Making the parts of a private endpoint, and waiting for those that an earlier run began."""

from __future__ import annotations

from ...azure.waiting import timed_out
from ...explain.translate import explaining
from ...record.change import Change
from ..core import kinds
from ..core.step import Context, Progress
from . import calls, topology
from .topology import Wiring

USUAL_SECONDS = {
    kinds.NETWORK: 5.0, kinds.SUBNET: 5.0, kinds.PRIVATE_ENDPOINT: 15.0, kinds.ZONE: 30.0, kinds.ZONE_LINK: 30.0,
    kinds.ZONE_GROUP: 15.0, kinds.CONNECTION: 20.0, kinds.BLOCK: 20.0,
}  # fmt: skip
"""How long each usually takes on Azure. Under 20 s were measured for a connection; the others are not recorded."""


def create(context: Context, change: Change, wiring: Wiring, seconds: float, *, request: bool = False) -> None:
    """Make a part of the wiring, and wait until Azure has; `seconds` is the longest wait.

    With `request` the private endpoint waits for somebody's approval.
    """
    call = calls.create(change.kind, change.resource_id, wiring, request=request)
    context.waiting.finish(call.bound(context.clients), seconds=seconds, doing=f"creating {change.name}")


def phase(change: Change) -> str:
    """Say what is made."""
    return f"Creating: {change.kind[0].lower()}{change.kind[1:]} {change.name}"


def settle(context: Context, wiring: Wiring, seconds: float, progress: Progress) -> None:
    """Wait until Azure has finished the parts that an earlier run began. Raises TimedOut."""
    clients = context.clients
    if not wiring.pending:
        return

    def finished() -> bool | None:
        there = (topology.read(clients, resource_id) for resource_id in wiring.pending)
        return None if any(topology.state_of(one) in topology.PENDING_STATES for one in there) else True

    progress.phase("Waiting for what an earlier run began", USUAL_SECONDS[kinds.PRIVATE_ENDPOINT])
    with explaining("waiting for what an earlier run began"):
        done = context.waiting.until(finished, seconds, first=1)
    if not done:
        raise timed_out("waiting for what an earlier run began", seconds)
