"""Making the parts of a private endpoint, and waiting for those that an earlier run began."""

from __future__ import annotations

from .. import needs
from ..explain import explaining
from ..waiting import timed_out
from . import network, network_calls
from .base import Context, Progress
from .network import Wiring
from .results import Change

USUAL_SECONDS = {
    needs.NETWORK: 5.0, needs.SUBNET: 5.0, needs.PRIVATE_ENDPOINT: 15.0, needs.ZONE: 30.0, needs.ZONE_LINK: 30.0,
    needs.ZONE_GROUP: 15.0, needs.CONNECTION: 20.0, needs.BLOCK: 20.0,
}  # fmt: skip
"""How long each usually takes on Azure. Under 20 s were measured for a connection; the others are not recorded."""


def create(context: Context, change: Change, wiring: Wiring, seconds: float, *, request: bool = False) -> None:
    """Make a part of the wiring, and wait until Azure has; `seconds` is the longest wait.

    With `request` the private endpoint waits for somebody's approval.
    """
    call = network_calls.create(change.kind, change.resource_id, wiring, request=request)
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
        there = (network.read(clients, resource_id) for resource_id in wiring.pending)
        return None if any(network.state_of(one) in network.PENDING_STATES for one in there) else True

    progress.phase("Waiting for what an earlier run began", USUAL_SECONDS[needs.PRIVATE_ENDPOINT])
    with explaining("waiting for what an earlier run began"):
        done = context.waiting.until(finished, seconds, first=1)
    if not done:
        raise timed_out("waiting for what an earlier run began", seconds)
