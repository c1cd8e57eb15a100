"""What every call of the data plane is told, whatever it is about: wrong ones, and what the sandbox leaves out."""

from __future__ import annotations

import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient

from tests.sandbox.finished_instance import ROOM, VERSION, Place


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/models", 400, "ApiVersionUnspecified"),
        ("GET", "/models?api-version=2019-01-01", 400, "UnsupportedApiVersion"),
        ("GET", f"/nothing?{VERSION}", 404, "NotFound"),
        ("PUT", f"/models?{VERSION}", 405, "MethodNotAllowed"),
        ("GET", f"/models/room?{VERSION}", 400, "InvalidArgument"),
        ("GET", f"/models?{VERSION}&dependenciesFor=room", 400, "InvalidArgument"),
        ("GET", f"/models?{VERSION}&dependenciesFor={ROOM}", 404, "ModelNotFound"),
        ("GET", f"/models?{VERSION}&continuationToken=e30", 400, "BadRequest"),
        ("GET", f"/models?{VERSION}&continuationToken=%C3%A4", 400, "BadRequest"),
        ("GET", f"/digitaltwins/{'a' * 129}?{VERSION}", 400, "InvalidArgument"),
        ("GET", f"/digitaltwins/%20?{VERSION}", 400, "InvalidArgument"),
        ("GET", f"/digitaltwins/a/relationships?{VERSION}", 404, "DigitalTwinNotFound"),
    ],
)
def test_a_call_that_is_wrong(place: Place, method: str, path: str, status: int, expected: str) -> None:
    answer = place.send(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, expected)
    if status == 405:
        assert answer.headers["Allow"] == "GET, POST"


def test_headers_are_those_of_the_service(place: Place) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    parent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = place.send("GET", f"/models?{VERSION}", headers=parent)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Strict-Transport-Security"] == "max-age=2592000"
    assert answer.headers["traceresponse"].startswith(f"00-{trace}-")
    assert uuid.UUID(answer.headers["mise-correlation-id"])


def test_whatever_is_not_there_is_a_404(twins: DigitalTwinsClient) -> None:
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


def test_what_nests_too_deeply_is_refused(twins: DigitalTwinsClient, place: Place) -> None:
    deep: object = 1
    for _ in range(70):
        deep = {"a": deep}
    with pytest.raises(HttpResponseError, match="BadRequest"):
        twins.upsert_digital_twin("a", {"$metadata": {"$model": ROOM}, "b": deep})
    assert place.send("GET", f"/digitaltwins/a?{VERSION}").status_code == 404
