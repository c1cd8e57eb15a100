"""Event routes through Azure's own client: to endpoints that the instance has, with filters that can be read."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient, DigitalTwinsEventRoute

from tests.azure import management
from tests.sandbox.finished_instance import VERSION, Place, code

CREATED = "type = 'Microsoft.DigitalTwins.Twin.Create'"


READY = 120
"""Seconds after which an endpoint surely takes events."""


def add_endpoint(place: Place, name: str) -> None:
    """Begin to make an endpoint in Azure Resource Manager."""
    topic = {"endpointType": "EventGrid", "TopicEndpoint": "https://t.eventgrid.azure.net/api", "accessKey1": "key"}
    body: Any = {"properties": topic}  # the SDK takes JSON too, but does not say so
    endpoints = management(place.sandbox).digital_twins_endpoint
    endpoints.begin_create_or_update("rg-twins", "factory-twins", name, body)


@pytest.fixture(scope="module")
def hub(shared: Place) -> None:
    """Gives the file's instance the endpoint `hub`."""
    add_endpoint(shared, "hub")
    shared.clock.advance(READY)


@pytest.fixture
def routed(twins: DigitalTwinsClient, hub: None) -> DigitalTwinsClient:
    """The client of an instance that has an endpoint."""
    return twins


def route(endpoint: str = "hub", wanted: str = "true") -> DigitalTwinsEventRoute:
    return DigitalTwinsEventRoute(endpoint_name=endpoint, filter=wanted)


def test_a_route_from_its_making_to_its_end(routed: DigitalTwinsClient) -> None:
    routed.upsert_event_route("r-2", route())
    routed.upsert_event_route("r-1", route(wanted=CREATED))
    routed.upsert_event_route("R-1", route("HUB"))
    found = routed.get_event_route("r-1")
    assert (found.id, found.endpoint_name, found.filter) == ("r-1", "hub", CREATED)
    assert [one.id for one in routed.list_event_routes()] == ["R-1", "r-1", "r-2"]
    routed.upsert_event_route("r-1", route(wanted="false"))
    assert routed.get_event_route("r-1").filter == "false"
    routed.delete_event_route("r-1")
    for absent in (routed.get_event_route, routed.delete_event_route):
        with pytest.raises(ResourceNotFoundError, match="There is no route available") as missing:
            absent("r-1")
        assert code(missing) == "EventRouteNotFound"


@pytest.mark.parametrize(
    ("identifier", "wanted", "expected"),
    [
        ("r-1", route("nowhere"), "EventRouteEndpointInvalid"),
        ("r-1", route(wanted="type = "), "EventRouteFilterInvalid"),
        ("r-1", route(wanted=" "), "EventRouteFilterInvalid"),
        ("r" * 129, route(), "EventRouteIdInvalid"),
    ],
)
def test_a_route_that_cannot_be(
    routed: DigitalTwinsClient, identifier: str, wanted: DigitalTwinsEventRoute, expected: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        routed.upsert_event_route(identifier, wanted)
    assert code(refused) == expected
    assert list(routed.list_event_routes()) == []


def test_an_instance_has_six_routes_at_most(routed: DigitalTwinsClient, place: Place) -> None:
    for number in range(6):
        routed.upsert_event_route(f"r-{number}", route())
    with pytest.raises(HttpResponseError, match="maximum number of event routes, 6") as refused:
        routed.upsert_event_route("r-6", route())
    assert code(refused) == "LimitExceeded"
    routed.upsert_event_route("r-5", route(wanted=CREATED))
    page = place.send("GET", f"/eventroutes?{VERSION}", headers={"max-items-per-page": "4"}).json()
    assert [one["id"] for one in page["value"]] == [f"r-{number}" for number in range(4)]
    assert page["nextLink"]


def test_a_route_waits_for_its_endpoint(routed: DigitalTwinsClient, place: Place) -> None:
    add_endpoint(place, "late")
    with pytest.raises(HttpResponseError, match="does not exist or is not active"):
        routed.upsert_event_route("r-1", route("late"))
    place.clock.advance(READY)
    routed.upsert_event_route("r-1", route("late"))
