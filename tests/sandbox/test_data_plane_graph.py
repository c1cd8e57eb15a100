"""Twins, relationships, routes and queries of an instance whose graph is empty."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient, DigitalTwinsEventRoute

from tests.sandbox.place import VERSION, Place, code


def test_queries_of_an_empty_graph(twins: DigitalTwinsClient, place: Place) -> None:
    assert list(twins.query_twins("SELECT * FROM relationships")) == []
    assert list(twins.query_twins("SELECT COUNT() FROM digitaltwins")) == [{"COUNT": 0}]
    answer = place.send("POST", f"/query?{VERSION}", json={"query": "SELECT TOP(5) * FROM digitaltwins"})
    assert answer.json() == {"value": [], "continuationToken": None}
    assert float(answer.headers["query-charge"]) > 0


def test_a_query_that_is_not_understood_is_never_answered(twins: DigitalTwinsClient, place: Place) -> None:
    with pytest.raises(HttpResponseError, match="Line=1, Position=27") as refused:
        list(twins.query_twins("SELECT * FROM digitaltwins WHERE IS_DEFINED(name)"))
    assert code(refused) == "SqlQueryError"
    for body in ({"continuationToken": "abc"}, {"query": 7}, {"query": None}, {}):
        assert place.send("POST", f"/query?{VERSION}", json=body).status_code == 400


def test_there_is_no_twin_and_no_route(twins: DigitalTwinsClient) -> None:
    absent = "There is no digital twin instance that exists with the ID lamp-1"
    for ask in (
        lambda: twins.get_digital_twin("lamp-1"),
        lambda: twins.delete_digital_twin("lamp-1"),
        lambda: twins.update_digital_twin("lamp-1", [{"op": "replace", "path": "/a", "value": 1}]),
        lambda: twins.get_component("lamp-1", "bulb"),
        lambda: list(twins.list_relationships("lamp-1")),
        lambda: list(twins.list_incoming_relationships("lamp-1")),
        lambda: twins.get_relationship("lamp-1", "r-1"),
        lambda: twins.upsert_relationship("lamp-1", "r-1", {"$targetId": "a", "$relationshipName": "b"}),
        lambda: twins.publish_telemetry("lamp-1", {"a": 1}),
        lambda: twins.publish_component_telemetry("lamp-1", "bulb", {"a": 1}),
    ):
        with pytest.raises(ResourceNotFoundError, match=absent):
            ask()
    for absent_route in (lambda: twins.get_event_route("r-1"), lambda: twins.delete_event_route("r-1")):
        with pytest.raises(ResourceNotFoundError, match="EventRouteNotFound"):
            absent_route()
    route = DigitalTwinsEventRoute(endpoint_name="hub", filter="true")
    with pytest.raises(HttpResponseError, match="EventRouteEndpointInvalid"):
        twins.upsert_event_route("r-1", route)
