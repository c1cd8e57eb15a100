"""Relationships through Azure's own client: create, replace, read, patch, delete, and lists in pages."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.digitaltwins.core import DigitalTwinsClient

from tests.azure import http
from tests.sandbox.finished_instance import AUDIENCE, VERSION, Place, code

from .sample_models import FLOOR, SUITE, floor, patch, plant, room, to


@pytest.fixture
def house(twins: DigitalTwinsClient) -> DigitalTwinsClient:
    """A floor, two rooms and a suite that are not related yet."""
    plant(twins)
    for name in ("r1", "r2"):
        twins.upsert_digital_twin(name, room())
    twins.upsert_digital_twin("s1", room(SUITE))
    twins.upsert_digital_twin("f1", floor())
    return twins


def test_a_relationship_from_its_making_to_its_end(house: DigitalTwinsClient) -> None:
    made = house.upsert_relationship("f1", "c1", to("r1", since="2020-02-29", **{"$sourceId": "somebody-else"}))
    assert made == {
        "$relationshipId": "c1",
        "$etag": made["$etag"],
        "$sourceId": "f1",
        "$relationshipName": "contains",
        "$targetId": "r1",
        "since": "2020-02-29",
    }
    assert house.get_relationship("f1", "c1") == made
    house.update_relationship("f1", "c1", [patch("replace", "/since", "2021-01-01")])
    changed = house.get_relationship("f1", "c1")
    assert (changed["since"], changed["$etag"] != made["$etag"]) == ("2021-01-01", True)
    house.update_relationship("f1", "c1", [patch("remove", "/since")])
    assert "since" not in house.get_relationship("f1", "c1")
    house.delete_relationship("f1", "c1")
    with pytest.raises(ResourceNotFoundError, match="Relationship c1 not found on twin f1") as absent:
        house.get_relationship("f1", "c1")
    assert code(absent) == "RelationshipNotFound"


def test_a_target_may_be_of_a_model_that_extends_the_wanted_one(house: DigitalTwinsClient) -> None:
    assert house.upsert_relationship("f1", "c1", to("s1"))["$targetId"] == "s1"
    assert house.upsert_relationship("f1", "c2", to("r1", "above"))["$targetId"] == "r1"  # wants no model at all


@pytest.mark.parametrize(
    ("body", "status", "expected", "text"),
    [
        (to("nobody"), 404, "TargetDigitalTwinNotFound", "The target digital twin is invalid"),
        (to("r1", "holds"), 400, "InvalidRelationship", "Twin relationship does not align with the model."),
        (to("f2"), 400, "InvalidRelationship", "Twin relationship does not align with the model."),
        (to("f1"), 400, "OperationNotAllowed", "cannot connect to the same digital twin"),
        (to("r1", since="yesterday"), 400, "ValidationFailed", "Expected value of type date for since on contains."),
        (to("r1", until=1), 400, "ValidationFailed", "until does not appear on the DTDL for contains."),
        ({"$targetId": "r1"}, 400, "InvalidArgument", "Could not deserialize relationship create body."),
        ({"$relationshipName": "contains"}, 400, "InvalidArgument", "Could not deserialize"),
        ([], 400, "InvalidArgument", "Could not deserialize"),
    ],
)
def test_a_relationship_that_cannot_be(
    house: DigitalTwinsClient, place: Place, body: Any, status: int, expected: str, text: str
) -> None:
    house.upsert_digital_twin("f2", floor())
    answer = place.send("PUT", f"/digitaltwins/f1/relationships/c1?{VERSION}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, expected)
    assert text in answer.text
    assert list(house.list_relationships("f1")) == []


def test_the_source_must_be_there(house: DigitalTwinsClient) -> None:
    with pytest.raises(ResourceNotFoundError) as absent:
        house.upsert_relationship("nobody", "c1", to("r1"))
    assert code(absent) == "DigitalTwinNotFound"


def test_versions(house: DigitalTwinsClient) -> None:
    old = house.upsert_relationship("f1", "c1", to("r1"), match_condition=MatchConditions.IfMissing)["$etag"]
    with pytest.raises(ResourceExistsError, match="a relationship with the id c1 was found"):
        house.upsert_relationship("f1", "c1", to("r2"), match_condition=MatchConditions.IfMissing)
    house.upsert_relationship("f1", "c1", to("r2"))
    assert house.get_relationship("f1", "c1")["$targetId"] == "r2"
    stale = {"etag": old, "match_condition": MatchConditions.IfNotModified}
    with pytest.raises(ResourceModifiedError):
        house.update_relationship("f1", "c1", [patch("add", "/since", "2020-01-01")], **stale)
    with pytest.raises(ResourceModifiedError):
        house.delete_relationship("f1", "c1", **stale)
    house.delete_relationship("f1", "c1", match_condition=MatchConditions.IfPresent)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (patch("replace", "/$targetId", "r2"), "JsonPatchInvalid"),
        (patch("replace", "/$relationshipName", "above"), "JsonPatchInvalid"),
        (patch("add", "/until", 1), "ValidationFailed"),
        (patch("add", "/since", 5), "ValidationFailed"),
    ],
)
def test_a_patch_that_cannot_be(house: DigitalTwinsClient, operation: Any, expected: str) -> None:
    made = house.upsert_relationship("f1", "c1", to("r1"))
    with pytest.raises(HttpResponseError) as refused:
        house.update_relationship("f1", "c1", [operation])
    assert code(refused) == expected
    assert house.get_relationship("f1", "c1") == made


def test_lists_in_both_directions(house: DigitalTwinsClient) -> None:
    house.upsert_relationship("f1", "c1", to("r1"))
    house.upsert_relationship("f1", "c2", to("r2"))
    house.upsert_relationship("f1", "a1", to("r1", "above"))
    house.upsert_relationship("r2", "c1", to("r1", "adjacent", doors=2))
    assert [one["$relationshipId"] for one in house.list_relationships("f1")] == ["a1", "c1", "c2"]
    assert [one["$relationshipId"] for one in house.list_relationships("f1", "contains")] == ["c1", "c2"]
    assert list(house.list_relationships("f1", "c1")) == []  # the SDK calls it an id, but it is a name
    found = [
        (one.source_id, one.relationship_id, one.relationship_name) for one in house.list_incoming_relationships("r1")
    ]
    assert found == [("f1", "a1", "above"), ("f1", "c1", "contains"), ("r2", "c1", "adjacent")]
    house.upsert_relationship("f1", "c1", to("r2"))
    house.delete_relationship("f1", "a1")
    assert [one.source_id for one in house.list_incoming_relationships("r1")] == ["r2"]


def test_a_link_leads_to_the_relationship(house: DigitalTwinsClient, place: Place) -> None:
    house.upsert_relationship("f1", "c 1/ä", to("r1"))
    (incoming,) = house.list_incoming_relationships("r1")
    assert place.send("DELETE", f"{incoming.relationship_link}?{VERSION}").status_code == 204
    assert list(house.list_incoming_relationships("r1")) == []


def test_lists_come_in_pages(house: DigitalTwinsClient, place: Place) -> None:
    ids = [f"c{number:03d}" for number in range(105)]
    for identifier in ids:
        house.upsert_relationship("f1", identifier, to("r1"))
    pages = [[one["$relationshipId"] for one in page] for page in house.list_relationships("f1", "contains").by_page()]
    assert [len(page) for page in pages] == [100, 5]
    assert [identifier for page in pages for identifier in page] == ids
    assert len(list(house.list_incoming_relationships("r1"))) == 105
    first = place.send("GET", f"/digitaltwins/f1/relationships?{VERSION}", headers={"max-items-per-page": "3"}).json()
    assert [one["$relationshipId"] for one in first["value"]] == ids[:3]
    place.send("DELETE", f"/digitaltwins/f1/relationships/{ids[2]}?{VERSION}")  # the next page does not mind
    second = http(place.sandbox, "owner", AUDIENCE).get(first["nextLink"]).json()
    assert [one["$relationshipId"] for one in second["value"]] == ids[3:6]


def test_a_twin_stays_while_it_is_related(house: DigitalTwinsClient) -> None:
    house.upsert_relationship("f1", "c1", to("r1"))
    for name in ("f1", "r1"):
        with pytest.raises(HttpResponseError, match=f"Twin {name} has active relationships") as related:
            house.delete_digital_twin(name)
        assert code(related) == "RelationshipsNotDeleted"
    house.delete_relationship("f1", "c1")
    house.delete_digital_twin("f1")
    house.delete_digital_twin("r1")


def test_without_its_model_a_source_cannot_be_edited(house: DigitalTwinsClient) -> None:
    house.upsert_relationship("f1", "c1", to("r1"))
    house.delete_model(FLOOR)
    for refused in (
        lambda: house.upsert_relationship("f1", "c2", to("r2")),
        lambda: house.update_relationship("f1", "c1", [patch("add", "/since", "2020-01-01")]),
    ):
        with pytest.raises(HttpResponseError, match="Invalid twin specified"):
            refused()
    assert len(list(house.list_relationships("f1"))) == 1
    house.delete_relationship("f1", "c1")
