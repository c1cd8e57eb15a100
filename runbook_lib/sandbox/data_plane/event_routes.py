"""Event routes: which events go to which endpoint of the instance. They're stored, but no event is ever sent."""

from __future__ import annotations

from typing import Any

from ..http import Answer
from ..store import Document
from .call import Call
from .errors import MalformedBody
from .graph_errors import (
    EventRouteEndpointInvalid,
    EventRouteFilterInvalid,
    EventRouteIdInvalid,
    EventRouteNotFound,
    InvalidId,
    TooManyEventRoutes,
)
from .keys import document_key
from .paging import answer_page, page_state
from .validation import check_id

KIND = "event-route"
ACTIVE = frozenset({"Succeeded", "Updating"})
"""States in which an endpoint accepts events. Modelled: that it still does while it's being changed."""
LIMIT = 6
"""Maximum event routes of an instance (service limits)."""


def put_event_route(call: Call) -> Answer:
    """PUT /eventroutes/{id}: to an endpoint that exists and is ready, with a valid filter."""
    identifier, store = call.values["id"], call.store
    try:
        check_id(identifier, "event route")
    except InvalidId as error:
        raise EventRouteIdInvalid(id=identifier) from error
    body = call.body()
    if not isinstance(body, dict):
        raise MalformedBody(expected="an object with endpointName and filter")
    endpoint, wanted = body.get("endpointName"), body.get("filter")
    _check_endpoint(call, endpoint)
    if not isinstance(wanted, str) or not wanted.strip():
        raise EventRouteFilterInvalid(problem="it is missing")
    from .query.parsing import check_filter  # imported here, so that the sandbox starts without it

    check_filter(wanted)
    routes = _routes(call)
    if identifier not in routes and len(routes) >= LIMIT:
        raise TooManyEventRoutes(limit=LIMIT)
    route = {"id": identifier, "endpointName": endpoint, "filter": wanted}
    store.put(KIND, document_key(call.host, identifier), route)
    return Answer(204)


def get_event_route(call: Call) -> Answer:
    """GET /eventroutes/{id}."""
    return Answer(200, _require(call))


def list_event_routes(call: Call) -> Answer:
    """GET /eventroutes."""
    routes = _routes(call)
    return answer_page(call, page_state(call), routes, routes.__getitem__)


def delete_event_route(call: Call) -> Answer:
    """DELETE /eventroutes/{id}."""
    route = _require(call)
    call.store.delete(KIND, document_key(call.host, route["id"]))
    return Answer(204)


def _routes(call: Call) -> dict[str, Document]:
    return {route["id"]: route for route in call.store.list(KIND, f"{call.host}/")}


def _require(call: Call) -> Document:
    route = call.store.get(KIND, document_key(call.host, call.values["id"]))
    if route is None:
        raise EventRouteNotFound
    return route


def _check_endpoint(call: Call, name: Any) -> None:
    """Look for the endpoint in the instance's control plane. Raises EventRouteEndpointInvalid."""
    key = f"{call.instance['id']}/endpoints/{name}"
    found = call.store.get("resource", key) if isinstance(name, str) else None
    if found is None or found["properties"].get("provisioningState") not in ACTIVE:
        raise EventRouteEndpointInvalid
