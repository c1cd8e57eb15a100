"""Queries through Azure's own client: what the graph holds, page by page, some seconds after it was written."""

from __future__ import annotations

import json

import pytest
from azure.core.exceptions import HttpResponseError
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox.data_plane.call import encode_token
from runbook_lib.sandbox.data_plane.keys import document_key
from tests.sandbox.finished_instance import VERSION, Place, code

from .sample_models import floor, patch, room, to

ALL = "SELECT * FROM digitaltwins"
FIRST = {"query": ALL, "after": "", "skip": 0, "left": -1, "size": 1}
"""What a continuation token says."""
LAG = 10.0
"""Seconds after which a write is seen by queries."""


def ids(client: DigitalTwinsClient, text: str = ALL) -> list[str]:
    return [item["$dtId"] for item in client.query_twins(text)]


def test_an_empty_graph(twins: DigitalTwinsClient, place: Place) -> None:
    assert list(twins.query_twins("SELECT * FROM relationships")) == []
    assert list(twins.query_twins("SELECT COUNT() FROM digitaltwins")) == [{"COUNT": 0}]
    answer = place.send("POST", f"/query?{VERSION}", json={"query": "SELECT TOP(5) * FROM digitaltwins"})
    assert answer.json() == {"value": [], "continuationToken": None}
    assert float(answer.headers["query-charge"]) > 0


def test_reads_are_immediate_and_queries_lag(garden: DigitalTwinsClient, place: Place) -> None:
    garden.upsert_digital_twin("r1", room(name="Kitchen"))
    assert garden.get_digital_twin("r1")["name"] == "Kitchen"
    assert ids(garden) == []
    place.clock.advance(LAG / 2)
    garden.update_digital_twin("r1", [patch("replace", "/name", "Bath")])
    place.clock.advance(LAG / 2)
    assert [twin["name"] for twin in garden.query_twins(ALL)] == ["Kitchen"]
    place.clock.advance(LAG / 2)
    (twin,) = garden.query_twins(ALL)
    assert twin == garden.get_digital_twin("r1")
    garden.delete_digital_twin("r1")
    assert ids(garden) == ["r1"]
    place.clock.advance(LAG)
    assert ids(garden) == []


def test_relationships_lag_too(garden: DigitalTwinsClient, place: Place) -> None:
    joined = "SELECT R FROM digitaltwins F JOIN R RELATED F.contains WHERE F.$dtId = 'f1'"
    garden.upsert_digital_twin("f1", floor())
    garden.upsert_digital_twin("r1", room())
    place.clock.advance(LAG)
    garden.upsert_relationship("f1", "c1", to("r1"))
    assert len(list(garden.list_relationships("f1"))) == 1
    assert list(garden.query_twins(joined)) == []
    place.clock.advance(LAG)
    assert [row["R"]["$dtId"] for row in garden.query_twins(joined)] == ["r1"]


def test_all_come_in_pages(garden: DigitalTwinsClient, place: Place) -> None:
    names = [f"r{number:03d}" for number in range(105)]
    for name in names:
        garden.upsert_digital_twin(name, room())
    place.clock.advance(LAG)
    pages = [[twin["$dtId"] for twin in page] for page in garden.query_twins(ALL).by_page()]
    assert [len(page) for page in pages] == [100, 5]
    assert [name for page in pages for name in page] == names
    assert ids(garden, "SELECT TOP(102) FROM digitaltwins") == names[:102]
    assert list(garden.query_twins("SELECT COUNT() FROM digitaltwins")) == [{"COUNT": 105}]


def test_a_page_begins_where_the_last_one_ended_although_twins_have_gone(
    garden: DigitalTwinsClient, place: Place
) -> None:
    names = [f"r{number}" for number in range(9)]
    for name in names:
        garden.upsert_digital_twin(name, room())
    place.clock.advance(LAG)
    seen: list[str] = []
    body: dict[str, str | None] = {"query": ALL}
    while True:
        answer = place.send("POST", f"/query?{VERSION}", json=body, headers={"max-items-per-page": "2"}).json()
        for twin in answer["value"]:
            seen.append(twin["$dtId"])
            garden.delete_digital_twin(twin["$dtId"])
        place.clock.advance(LAG)
        if answer["continuationToken"] is None:
            break
        body = {"continuationToken": answer["continuationToken"]}
    assert seen == names


def test_many_rows_of_one_twin_come_in_pages(garden: DigitalTwinsClient, place: Place) -> None:
    garden.upsert_digital_twin("f1", floor())
    for number in range(7):
        garden.upsert_digital_twin(f"r{number}", room())
        garden.upsert_relationship("f1", f"c{number}", to(f"r{number}"))
    place.clock.advance(LAG)
    text = "SELECT R.$dtId FROM digitaltwins F JOIN R RELATED F.contains WHERE F.$dtId = 'f1'"
    found: list[str] = []
    body: dict[str, str | None] = {"query": text, "continuationToken": None}
    for expected in (3, 3, 1):
        answer = place.send("POST", f"/query?{VERSION}", json=body, headers={"max-items-per-page": "3"}).json()
        assert len(answer["value"]) == expected
        found += [row["$dtId"] for row in answer["value"]]
        body = {"query": "ignored", "continuationToken": answer["continuationToken"]}
    assert sorted(found) == [f"r{number}" for number in range(7)]
    assert answer["continuationToken"] is None


@pytest.mark.parametrize(("asked", "got"), [("1000", 1000), ("5000", 1000), ("250", 250), (None, 100)])
def test_a_page_has_up_to_a_thousand_rows(
    garden: DigitalTwinsClient, place: Place, asked: str | None, got: int
) -> None:
    garden.upsert_digital_twin("r0", room())
    store = place.sandbox.cloud.store
    document = store.get("twin", document_key(place.host, "r0"))
    assert document is not None
    with store.transaction():
        for number in range(1, 1050):
            name = f"r{number}"
            store.put(
                "twin", document_key(place.host, name), json.loads(json.dumps(document).replace('"r0"', f'"{name}"'))
            )
    headers = {"max-items-per-page": asked} if asked else {}
    first = place.send("POST", f"/query?{VERSION}", json={"query": ALL}, headers=headers).json()
    assert len(first["value"]) == got
    body = {"continuationToken": first["continuationToken"]}
    rest = place.send("POST", f"/query?{VERSION}", json=body, headers=headers).json()["value"]
    assert len(rest) == min(got, 1050 - got)


def test_more_work_costs_more(garden: DigitalTwinsClient, place: Place) -> None:
    def charge(text: str) -> float:
        return float(place.send("POST", f"/query?{VERSION}", json={"query": text}).headers["query-charge"])

    for number in range(45):
        garden.upsert_digital_twin(f"r{number}", room())
    place.clock.advance(LAG)
    nobody = "SELECT * FROM digitaltwins WHERE name = 'x'"
    assert charge(ALL) == 8.93  # recorded for 45 twins
    assert charge(f"{nobody} AND $dtId = 'r1'") < charge(nobody) < charge("SELECT TOP(9) * FROM digitaltwins")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"query": "foo"}, "SqlQueryError"),
        ({"query": None}, "SqlQueryError"),
        ({}, "SqlQueryError"),
        ({"query": 7}, "BadRequest"),
        ([], "BadRequest"),
        ({"continuationToken": "abc"}, "BadRequest"),
        ({"continuationToken": "e30"}, "BadRequest"),
        ({"continuationToken": 7}, "BadRequest"),
        ({"continuationToken": encode_token({**FIRST, "query": "foo"})}, "SqlQueryError"),
        ({"continuationToken": encode_token({**FIRST, "size": 1001})}, "BadRequest"),
        ({"continuationToken": encode_token({**FIRST, "skip": True})}, "BadRequest"),
    ],
)
def test_what_is_no_query(place: Place, body: object, expected: str) -> None:
    answer = place.send("POST", f"/query?{VERSION}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, expected)


def test_a_refused_query_says_where_it_goes_wrong(twins: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError, match="Line=1, Position=33, Message=no viable alternative") as refused:
        list(twins.query_twins("SELECT * FROM digitaltwins WHERE LOWER(name)"))
    assert code(refused) == "SqlQueryError"
