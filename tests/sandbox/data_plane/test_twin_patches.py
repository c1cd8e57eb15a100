"""Patches of twins and components: what they change, what they cannot, and what is said then."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox.clock import stamp
from runbook_lib.sandbox.data_plane.patches import OPERATION
from tests.sandbox.finished_instance import VERSION, Place, code

from .sample_models import FLOOR, SUITE, details, patch, room


def test_patches_change_what_they_name_and_nothing_else(garden: DigitalTwinsClient, place: Place) -> None:
    garden.upsert_digital_twin("r1", room(name="Kitchen", seats=4, size={"width": 3, "note": "narrow"}))
    before = stamp(place.clock.now())
    place.clock.advance(60)
    garden.update_digital_twin(
        "r1",
        [
            patch("replace", "/name", "Bath"),
            patch("add", "/temperature", 20),
            patch("remove", "/seats"),
            patch("replace", "/size/width", 4.5),
            patch("add", "/lamp/brightness", 7),
            patch("add", "/tags", {"warm/red": True}),
            patch("replace", "/tags/warm~1red", False),
        ],
    )
    twin, now = garden.get_digital_twin("r1"), stamp(place.clock.now())
    assert "seats" not in twin
    assert "seats" not in twin["$metadata"]
    assert (twin["name"], twin["temperature"], twin["size"]) == ("Bath", 20, {"width": 4.5, "note": "narrow"})
    assert (twin["lamp"]["brightness"], twin["tags"]) == (7, {"warm/red": False})
    times = {name: twin["$metadata"][name]["lastUpdateTime"] for name in ("name", "temperature", "size")}
    assert times == dict.fromkeys(times, now)
    assert before < now == twin["$metadata"]["$lastUpdateTime"] == twin["lamp"]["$metadata"]["$lastUpdateTime"]
    place.clock.advance(60)
    garden.update_digital_twin("r1", [patch("replace", "/temperature", 21)])
    twin, later = garden.get_digital_twin("r1"), stamp(place.clock.now())
    assert twin["$metadata"]["temperature"]["lastUpdateTime"] == later
    assert twin["$metadata"]["name"]["lastUpdateTime"] == now
    assert twin["lamp"]["$metadata"]["$lastUpdateTime"] == now


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (patch("move", "/name", "x"), "Unsupported operation type move."),
        (patch("copy", "/name", "x"), "Unsupported operation type copy."),
        (patch("test", "/name", "x"), "Unsupported operation type test."),
        ({"path": "/name"}, "Parameter op must not be empty."),
        ({"op": "add", "value": 1}, "Parameter path must not be empty."),
        (patch("replace", "/seats", 1), "The target location specified by path segment 'seats' was not found."),
        (patch("remove", "/seats"), "The target location specified by path segment 'seats' was not found."),
        (patch("add", "/size/width", 1), "Could not resolve path /size/width."),
        (patch("add", "/name/first", 1), "Could not resolve path /name/first."),
        (patch("replace", "/$dtId", "r2"), "Could not resolve path /$dtId."),
        (patch("add", "/$metadata/name/lastUpdateTime", "now"), "Could not resolve path /$metadata/name"),
        (patch("replace", "/$metadata", {}), "Could not resolve path /$metadata."),
    ],
)
def test_a_patch_that_cannot_be(garden: DigitalTwinsClient, operation: dict[str, Any], problem: str) -> None:
    made = garden.upsert_digital_twin("r1", room(name="Kitchen"))
    with pytest.raises(HttpResponseError) as refused:
        garden.update_digital_twin("r1", [patch("add", "/temperature", 1), operation])
    assert code(refused) == "JsonPatchInvalid"
    assert problem in str(refused.value)
    assert garden.get_digital_twin("r1") == made


@pytest.mark.parametrize(
    ("body", "place_of_it", "complaint"),
    [
        ('["a"]', "[0]", f"Error converting value \"a\" to type '{OPERATION}'. Path '[0]', line 1, position 4."),
        ("[\n  {},\n  5 ]", "[1]", f"Error converting value 5 to type '{OPERATION}'. Path '[1]', line 3, position 3."),
        ('{"op": "add"}', "", "Cannot deserialize the current JSON value"),
    ],
)
def test_a_patch_that_is_no_list_of_operations(
    garden: DigitalTwinsClient, place: Place, body: str, place_of_it: str, complaint: str
) -> None:
    garden.upsert_digital_twin("r1", room())
    answer = place.send("PATCH", f"/digitaltwins/r1?{VERSION}", data=body)
    assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert answer.json()["title"] == "One or more validation errors occurred."
    assert answer.json()["errors"][place_of_it][0].startswith(complaint)


def test_a_patch_may_give_a_twin_another_model(garden: DigitalTwinsClient) -> None:
    garden.upsert_digital_twin("r1", room(name="Kitchen"))
    garden.update_digital_twin("r1", [patch("replace", "/$metadata/$model", SUITE), patch("add", "/price", 5)])
    assert garden.get_digital_twin("r1")["$metadata"]["$model"] == SUITE
    with pytest.raises(HttpResponseError) as refused:
        garden.update_digital_twin("r1", [patch("replace", "/$metadata/$model", FLOOR)])
    assert details(refused) == [f"{name} does not appear on the DTDL for Twin." for name in ("price", "lamp")]
    garden.update_digital_twin(
        "r1", [patch("remove", "/lamp"), patch("remove", "/price"), patch("replace", "/$metadata/$model", FLOOR)]
    )
    assert set(garden.get_digital_twin("r1")["$metadata"]) == {"$model", "$lastUpdateTime", "name"}


def test_source_times_are_kept_until_they_are_changed(garden: DigitalTwinsClient, place: Place) -> None:
    moment = "2022-05-31T12:00:01.000125009Z"
    body = room(name="Kitchen", seats=2)
    body["$metadata"]["name"] = {"sourceTime": moment, "lastUpdateTime": "1999-01-01T00:00:00Z"}
    made = garden.upsert_digital_twin("r1", body)
    assert made["$metadata"]["name"] == {"lastUpdateTime": stamp(place.clock.now()), "sourceTime": moment}
    garden.update_digital_twin("r1", [patch("replace", "/$metadata/seats/sourceTime", moment)])
    garden.update_component(
        "r1",
        "lamp",
        [
            patch("add", "/brightness", 1),
            patch("add", "/brightness", 2),
            patch("replace", "/brightness", 3),
        ],
    )
    garden.update_component("r1", "lamp", [patch("replace", "/$metadata/brightness/sourceTime", moment)])
    twin = garden.get_digital_twin("r1")
    assert twin["$metadata"]["seats"]["sourceTime"] == twin["lamp"]["$metadata"]["brightness"]["sourceTime"] == moment
    with pytest.raises(HttpResponseError) as refused:
        garden.update_digital_twin("r1", [patch("replace", "/$metadata/name/sourceTime", "yesterday")])
    assert details(refused) == ["Expected value of type dateTime for $metadata.name.sourceTime on Twin."]


def test_components_share_the_version_of_their_twin(garden: DigitalTwinsClient) -> None:
    made = garden.upsert_digital_twin("r1", room(lamp={"$metadata": {}, "brightness": 5}))
    assert garden.get_component("r1", "lamp") == made["lamp"]
    garden.update_component("r1", "lamp", [patch("replace", "/brightness", 6)])
    changed = garden.get_digital_twin("r1")
    assert changed["lamp"]["brightness"] == 6
    assert changed["$etag"] != made["$etag"]
    with pytest.raises(ResourceNotFoundError, match="r1 does not have component name") as absent:
        garden.get_component("r1", "name")
    assert code(absent) == "ComponentNotFound"
