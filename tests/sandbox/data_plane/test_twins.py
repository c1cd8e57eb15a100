"""Twins and their components through Azure's own client: create, replace, read, patch, delete, versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
)
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox.clock import stamp
from tests.sandbox.finished_instance import VERSION, Place, code

from .sample_models import FLOOR, LAMP, ROOM, SUITE, details, floor, patch, room


def test_a_twin_is_created_with_the_times_at_which_its_parts_were_written(
    garden: DigitalTwinsClient, place: Place
) -> None:
    made = garden.upsert_digital_twin(
        "r1", room(name="Kitchen", temperature=21, lamp={"$metadata": {}, "brightness": 5})
    )
    now = {"lastUpdateTime": stamp(place.clock.now())}
    assert made["$dtId"] == "r1"
    assert (made["name"], made["temperature"], made["lamp"]["brightness"]) == ("Kitchen", 21, 5)
    assert made["$metadata"] == {
        "$model": ROOM,
        "$lastUpdateTime": now["lastUpdateTime"],
        "name": now,
        "temperature": now,
    }
    assert made["lamp"]["$metadata"] == {"$lastUpdateTime": now["lastUpdateTime"], "brightness": now}
    assert garden.get_digital_twin("r1") == made


def test_a_twin_is_replaced_as_a_whole(garden: DigitalTwinsClient) -> None:
    first = garden.upsert_digital_twin("r1", room(name="Kitchen", seats=4))
    second = dict(garden.upsert_digital_twin("r1", room(name="Bath")))
    assert "seats" not in second
    assert first["$etag"] != second["$etag"]
    again = garden.upsert_digital_twin("r1", second)  # what was read can be written back, $dtId and $etag included
    assert again["name"] == "Bath"


def test_ids_differ_when_their_case_does(garden: DigitalTwinsClient) -> None:
    odd = ["Room-1", "room-1", "ROOM 1", "räum^1", "RÄUM^1", "a/b", "a%2Fb"]
    for name in odd:
        garden.upsert_digital_twin(name, room(name=name))
    assert [garden.get_digital_twin(name)["name"] for name in odd] == odd


def test_create_only(garden: DigitalTwinsClient) -> None:
    garden.upsert_digital_twin("r1", room(name="Kitchen"), match_condition=MatchConditions.IfMissing)
    with pytest.raises(ResourceExistsError, match="a twin with the id r1 was found") as exists:
        garden.upsert_digital_twin("r1", room(name="Bath"), match_condition=MatchConditions.IfMissing)
    assert code(exists) == "PreconditionFailed"
    assert garden.get_digital_twin("r1")["name"] == "Kitchen"


def test_versions(garden: DigitalTwinsClient) -> None:
    old = garden.upsert_digital_twin("r1", room(name="Kitchen"))["$etag"]
    garden.update_digital_twin(
        "r1", [patch("replace", "/name", "Bath")], etag=old, match_condition=MatchConditions.IfNotModified
    )
    new = garden.get_digital_twin("r1")["$etag"]
    assert new != old
    stale: Any = {"etag": old, "match_condition": MatchConditions.IfNotModified}
    changes: list[Callable[[], None]] = [
        lambda: garden.update_digital_twin("r1", [patch("replace", "/name", "x")], **stale),
        lambda: garden.update_component("r1", "lamp", [patch("add", "/brightness", 1)], **stale),
        lambda: garden.delete_digital_twin("r1", **stale),
    ]
    for change in changes:
        with pytest.raises(ResourceModifiedError, match="doesn't match the current etag"):
            change()
    unchanged = {"etag": new, "match_condition": MatchConditions.IfModified}
    with pytest.raises(ResourceNotModifiedError):
        garden.upsert_digital_twin("r1", room(), **unchanged)
    garden.delete_digital_twin("r1", match_condition=MatchConditions.IfPresent)
    with pytest.raises(ResourceNotFoundError):
        garden.get_digital_twin("r1")


def test_several_versions_may_be_named(garden: DigitalTwinsClient, place: Place) -> None:
    etag = garden.upsert_digital_twin("r1", room())["$etag"]
    answer = place.send("DELETE", f"/digitaltwins/r1?{VERSION}", headers={"If-Match": f'W/"other", {etag}'})
    assert answer.status_code == 204


def test_every_answer_names_the_version_in_its_header(garden: DigitalTwinsClient, place: Place) -> None:
    made = place.send("PUT", f"/digitaltwins/r1?{VERSION}", json=room())
    etag = made.json()["$etag"]
    assert made.headers["ETag"] == etag
    for path in ("", "/components/lamp"):
        assert place.send("GET", f"/digitaltwins/r1{path}?{VERSION}").headers["ETag"] == etag
    changed = place.send("PATCH", f"/digitaltwins/r1?{VERSION}", json=[patch("add", "/seats", 2)])
    assert changed.headers["ETag"] == garden.get_digital_twin("r1")["$etag"] != etag


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        (room("dtmi:com:contoso:A;1"), ["dtmi:com:contoso:A;1 or one of its dependencies does not exist."]),
        (room(temperatur=1), ["temperatur does not appear on the DTDL for Twin."]),
        (room(temperature="hot"), ["Expected value of type double for temperature on Twin."]),
        (room(lamp={"$metadata": {}, "brightness": 0.5}), ["Expected value of type integer for brightness on lamp."]),
        (room(lamp={"$metadata": {}, "colour": 1}), ["colour does not appear on the DTDL for lamp."]),
        (room(lamp={}), ["Component lamp is missing $metadata. It needs to be an object, and may be empty."]),
        (room(lamp=5), ["Expected value of type object for lamp on Twin."]),
        (room(adjacent="r2"), ["adjacent is not a property - it is a Relationship."]),
        (room(humidity=5), ["humidity is not a property - it is a Telemetry."]),
        (room(clean=True), ["clean is not a property - it is a Command."]),
        (room(name=None), ["Expected value of type string for name on Twin."]),
        ({**room(), "$relationships": []}, ["$relationships does not appear on the DTDL for Twin."]),
        (
            room(seats=1.5, open="no"),
            [
                "Expected value of type integer for seats on Twin.",
                "Expected value of type boolean for open on Twin.",
            ],
        ),
    ],
)
def test_what_the_model_does_not_allow(garden: DigitalTwinsClient, body: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(HttpResponseError) as refused:
        garden.upsert_digital_twin("r1", body)
    assert details(refused) == problems
    with pytest.raises(ResourceNotFoundError):
        garden.get_digital_twin("r1")


def test_a_component_must_be_there(garden: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError) as refused:
        garden.upsert_digital_twin("r1", {"$metadata": {"$model": ROOM}})
    assert details(refused) == ["Twin is missing component lamp. When not present, it needs to be an empty object."]
    garden.upsert_digital_twin("r1", room())
    with pytest.raises(HttpResponseError) as removed:
        garden.update_digital_twin("r1", [patch("remove", "/lamp")])
    assert len(details(removed)) == 1


@pytest.mark.parametrize("body", [{}, {"$metadata": {}}, {"$metadata": {"$model": 1}}, [], [{}], 7, "text"])
def test_a_body_that_names_no_model(garden: DigitalTwinsClient, place: Place, body: Any) -> None:
    answer = place.send("PUT", f"/digitaltwins/r1?{VERSION}", json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Payload is invalid.")


def test_a_body_that_has_another_id(garden: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError, match="Payload is invalid"):
        garden.upsert_digital_twin("r1", room(**{"$dtId": "r2"}))


def test_a_twin_has_32_kb_at_most(garden: DigitalTwinsClient) -> None:
    tags = {f"tag-{number:05d}": True for number in range(2000)}
    with pytest.raises(HttpResponseError) as refused:
        garden.upsert_digital_twin("r1", room(tags=tags))
    assert details(refused) == ["The size of the twin exceeds the supported size of 32 KB."]


def test_what_is_inherited_belongs_to_the_twin(garden: DigitalTwinsClient) -> None:
    made = garden.upsert_digital_twin("s1", room(SUITE, name="Royal", price=900.5))
    assert (made["name"], made["price"]) == ("Royal", 900.5)
    with pytest.raises(HttpResponseError) as refused:
        garden.upsert_digital_twin("r1", room(price=900.5))
    assert details(refused) == ["price does not appear on the DTDL for Twin."]


def test_a_decommissioned_model_takes_no_new_twins(garden: DigitalTwinsClient) -> None:
    garden.upsert_digital_twin("f1", floor(name="Ground"))
    garden.decommission_model(FLOOR)
    with pytest.raises(HttpResponseError, match="is decommissioned") as refused:
        garden.upsert_digital_twin("f2", floor())
    assert code(refused) == "ModelDecommissioned"
    garden.update_digital_twin("f1", [patch("replace", "/name", "First")])
    garden.upsert_digital_twin("f1", floor(name="Second"))


def test_a_model_is_decommissioned_after_those_that_need_it(garden: DigitalTwinsClient) -> None:
    with pytest.raises(ResourceExistsError, match=f"referenced by {ROOM}") as needed:
        garden.decommission_model(LAMP)
    assert code(needed) == "ModelReferencesNotDecommissioned"
    for identifier in (SUITE, ROOM, LAMP):
        garden.decommission_model(identifier)
    assert garden.get_model(LAMP).decommissioned


def test_twins_outlive_their_model(garden: DigitalTwinsClient, place: Place) -> None:
    garden.upsert_digital_twin("f1", floor(name="Ground"))
    garden.delete_model(FLOOR)
    assert garden.get_digital_twin("f1")["name"] == "Ground"
    with pytest.raises(HttpResponseError) as refused:
        garden.update_digital_twin("f1", [patch("replace", "/name", "First")])
    assert details(refused) == [f"{FLOOR} or one of its dependencies does not exist."]
    place.clock.advance(10)
    found = garden.query_twins(f"SELECT * FROM digitaltwins WHERE IS_OF_MODEL('{FLOOR}')")
    assert [twin["$dtId"] for twin in found] == ["f1"]
    garden.delete_digital_twin("f1")


def test_telemetry_is_taken(garden: DigitalTwinsClient, place: Place) -> None:
    garden.upsert_digital_twin("r1", room())
    garden.publish_telemetry("r1", {"humidity": 5})
    garden.publish_component_telemetry("r1", "lamp", {"power": 5.5})
    with pytest.raises(ResourceNotFoundError, match="r1 does not have component oven"):
        garden.publish_component_telemetry("r1", "oven", {})
    unnamed = place.send("POST", f"/digitaltwins/r1/telemetry?{VERSION}", json={"humidity": 5})
    assert (unnamed.status_code, unnamed.json()["error"]["code"]) == (400, "InvalidArgument")
    empty = place.send("POST", f"/digitaltwins/r1/telemetry?{VERSION}", headers={"Message-Id": "1"})
    assert empty.json()["error"]["message"] == "A non-empty request body is required."
    assert "humidity" not in garden.get_digital_twin("r1")


def test_the_first_api_version_knows_no_time_of_the_whole_twin(garden: DigitalTwinsClient, place: Place) -> None:
    garden.upsert_digital_twin("r1", room(name="Kitchen"))
    first = place.send("GET", "/digitaltwins/r1?api-version=2020-10-31").json()
    assert set(first["$metadata"]) == {"$model", "name"}
    assert first["lamp"]["$metadata"] == {}
    assert "$lastUpdateTime" in place.send("GET", f"/digitaltwins/r1?{VERSION}").json()["$metadata"]
