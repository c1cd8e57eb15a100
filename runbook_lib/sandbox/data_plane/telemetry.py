"""Telemetry of twins and components: taken, and routed nowhere.

It is not held against the model: the recorded test sends what its model does not have, and the service takes it.
No events leave the sandbox, so that the only thing to see of telemetry is its 204.
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
