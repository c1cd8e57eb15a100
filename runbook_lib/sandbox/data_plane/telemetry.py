"""Telemetry of twins and components: accepted, and routed nowhere.

It isn't checked against the model: a recorded test sends values that its model doesn't have, and the service accepts
them. No events leave the sandbox, so all you see of telemetry is its 204.
"""

from __future__ import annotations

from ..http import Answer
from .call import Call
from .graph_errors import InvalidMessageId
from .twins import require_component, require_twin


def send_telemetry(call: Call) -> Answer:
    """POST /digitaltwins/{id}/telemetry."""
    require_twin(call)
    return _take(call)


def send_component_telemetry(call: Call) -> Answer:
    """POST /digitaltwins/{id}/components/{path}/telemetry."""
    require_component(call, require_twin(call))
    return _take(call)


def _take(call: Call) -> Answer:
    if not call.request.headers.get("message-id", "").strip():
        raise InvalidMessageId
    call.body()
    return Answer(204)
