"""Twins, relationships and event routes of an instance that has none yet.

The graph of every instance is empty, because nothing here creates a twin: a PUT of one says so (501). All answers
about absent twins and routes are therefore Azure's own.
"""

from __future__ import annotations

from typing import Any

from ..http import Answer
from .call import Call
from .errors import (
    DigitalTwinNotFound,
    EventRouteEndpointInvalid,
    EventRouteNotFound,
    InvalidContinuationToken,
    MalformedBody,
    NotSimulated,
)
from .query import EMPTY_GRAPH_CHARGE, parse


def query_twins(call: Call) -> Answer:
    """POST /query: run a query over the empty graph. Raises SqlQueryError for everything that is not understood."""
    body = call.body()
    if not isinstance(body, dict) or not isinstance(body.get("query", ""), str | None):
        raise MalformedBody(expected="an object with a text called query")
    if body.get("continuationToken"):
        raise InvalidContinuationToken  # an empty graph has no second page, so that nobody was ever given a token
    call.page_size()
    query = parse(body.get("query") or "")
    items: list[dict[str, Any]] = [{"COUNT": 0}] if query.counts else []
    return Answer(200, {"value": items, "continuationToken": None}, {"query-charge": EMPTY_GRAPH_CHARGE})


def no_such_twin(call: Call) -> Answer:
    """Answer whatever needs an existing twin. Always raises DigitalTwinNotFound."""
    raise DigitalTwinNotFound(id=call.values["id"])


def list_event_routes(call: Call) -> Answer:
    """GET /eventroutes: none."""
    call.page_size()
    return Answer(200, {"value": [], "nextLink": None})


def no_such_event_route(call: Call) -> Answer:
    """GET and DELETE of an event route. Always raises EventRouteNotFound."""
    raise EventRouteNotFound


def add_event_route(call: Call) -> Answer:
    """PUT /eventroutes/{id}. Always raises EventRouteEndpointInvalid: no instance of the sandbox has an endpoint."""
    if not isinstance(call.body(), dict):
        raise MalformedBody(expected="an object with endpointName and filter")
    raise EventRouteEndpointInvalid


def not_simulated(call: Call) -> Answer:
    """Refuse an operation that Azure has and the sandbox has not. Always raises NotSimulated."""
    raise NotSimulated(operation=f"{call.request.method} {call.request.path}")
