"""What queries answer, over a graph made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox.data_plane.graph_errors import QueryTimeout
from runbook_lib.sandbox.data_plane.query.evaluation import Evaluation
from runbook_lib.sandbox.data_plane.query.parsing import parse

from .sample_graphs import BUILDING, FLOOR, ROOM, SUITE, ask, catalog, graph

HOUSE = graph(
    {
        "b1": (BUILDING, {"name": "Tower", "area": 5000}),
        "f1": (FLOOR, {"name": "Ground", "level": 0}),
        "f2": (FLOOR, {"name": "First", "level": 1}),
        "r1": (
            ROOM,
            {"name": "Kitchen", "temperature": 80, "tags": {"red": True, "size": "small"}, "codes": [1, [2], "a"]},
        ),
        "r2": (ROOM, {"name": "Hall", "temperature": 60.5, "open": False, "note": None}),
        "s1": (SUITE, {"name": "Royal-small", "temperature": "warm", "lamp": {"brightness": 5}}),
    },
    ("b1", "contains", "f1", {"since": "2020-01-01"}),
    ("b1", "contains", "f2", {"since": "2021-01-01"}),
    ("f1", "contains", "r1", {"length": 10}),
    ("f1", "contains", "r2", {"length": 20}),
    ("f2", "contains", "s1", {}),
    ("f2", "above", "f1", {}),
    ("r1", "adjacent", "r2", {"doors": 1}),
    ("r2", "adjacent", "r1", {"doors": 1}),
)


def house(text: str) -> list[Any]:
    return ask(text, HOUSE)


def ids(text: str) -> list[str]:
    return [item["$dtId"] for item in house(text)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("T.$dtId = 'r1'", ["r1"]),
        ("$dtId IN ['r2', 'r1', 'nobody']", ["r1", "r2"]),
        ("T.$dtId NIN ['b1', 'f1', 'f2', 's1']", ["r1", "r2"]),
        ("T.temperature = 80", ["r1"]),
        ("T.temperature = 80.0", ["r1"]),
        ("60 < temperature", ["r1", "r2"]),
        ("T.temperature >= 60.5 AND T.temperature <= 80", ["r1", "r2"]),
        ("NOT T.temperature <= 70", ["r1"]),
        ("T.temperature != 80", ["r2", "s1"]),
        ("T.temperature < 70 OR T.level = 1", ["f2", "r2"]),
        ("T.Temperature = 80", []),
        ("NOT T.Temperature = 80", []),
        ("T.name = 'kitchen'", []),
        ("T.name > 'H' AND T.name < 'L'", ["r1", "r2"]),
        ("T.temperature = '80'", []),
        ("T.open = false", ["r2"]),
        ("T.open = 0", []),
        ("T.note = null", ["r2"]),
        ("IS_NULL(T.note)", ["r2"]),
        ("NOT IS_NULL(T.note)", ["b1", "f1", "f2", "r1", "s1"]),
        ("IS_DEFINED(open)", ["r2"]),
        ("is_defined(tags.red)", ["r1"]),
        ("NOT is_defined(tags.red) AND is_defined(temperature)", ["r2", "s1"]),
        ("tags.size = 'small'", ["r1"]),
        ("IS_DEFINED(T.tags)", ["r1"]),
        ("IS_OBJECT(tags) AND NOT IS_DEFINED(tags.blue)", ["r1"]),
        ("IS_NUMBER(temperature)", ["r1", "r2"]),
        ("IS_STRING(temperature)", ["s1"]),
        ("IS_STRING(temperature) AND temperature != 'cold'", ["s1"]),
        ("IS_BOOL(open) AND open != true", ["r2"]),
        ("IS_PRIMITIVE(temperature)", ["r1", "r2", "s1"]),
        ("IS_PRIMITIVE(tags)", []),
        ("STARTSWITH(T.$dtId, 'r')", ["r1", "r2"]),
        ("ENDSWITH(name, '-small')", ["s1"]),
        ("CONTAINS(T.name, 'o')", ["b1", "f1", "s1"]),
        ("CONTAINS(T.temperature, 'a')", ["s1"]),
        ("NOT CONTAINS(T.temperature, 'x')", ["s1"]),
        ("ARRAY_CONTAINS(codes, 1)", ["r1"]),
        ("ARRAY_CONTAINS(codes, 'a')", ["r1"]),
        ("ARRAY_CONTAINS(codes, 2)", []),
        ("ARRAY_CONTAINS(codes, true)", []),
        ("T.lamp.brightness = 5", ["s1"]),
        ("$metadata.$model = 'dtmi:example:Floor;1'", ["f1", "f2"]),
        ("IS_OF_MODEL('dtmi:example:Room;1')", ["r1", "r2", "s1"]),
        ("IS_OF_MODEL('dtmi:example:Room;1', exact)", ["r1", "r2"]),
        ("IS_OF_MODEL(T, 'dtmi:example:Suite;1')", ["s1"]),
        ("IS_OF_MODEL(T, 'dtmi:example:Room;1', exact) AND T.temperature > 70", ["r1"]),
        ("IS_OF_MODEL('dtmi:example:Nothing;1')", []),
        ("NOT IS_OF_MODEL('dtmi:example:Room;1')", ["b1", "f1", "f2"]),
        ("(T.level = 0 OR T.level = 1) AND NOT T.name = 'First'", ["f1"]),
        ("T.$dtId = 'r1' AND T.$dtId = 'r2'", []),
        ("T.$dtId = 'r1' OR T.$dtId IN ['f1', 'r2'] OR T.name = 'Tower'", ["b1", "f1", "r1", "r2"]),
        ("T.name = T.name AND T.level = 0", ["f1"]),
        ("[[name]] = 'Hall'", ["r2"]),
    ],
)
def test_where(condition: str, expected: list[str]) -> None:
    assert ids(f"SELECT * FROM digitaltwins T WHERE {condition}") == expected


def test_columns() -> None:
    assert house("SELECT name, level FROM digitaltwins WHERE STARTSWITH($dtId, 'f') OR $dtId = 'b1'") == [
        {"name": "Tower"},
        {"name": "Ground", "level": 0},
        {"name": "First", "level": 1},
    ]
    assert house("SELECT T FROM digitaltwins T WHERE T.$dtId = 'b1'") == [{"T": HOUSE.twins["b1"]}]
    parts = "SELECT T.$dtId AS id, T.tags, T.lamp.brightness FROM digitaltwins T WHERE T.$dtId IN ['r1', 's1']"
    assert house(parts) == [
        {"id": "r1", "tags": {"red": True, "size": "small"}},
        {"id": "s1", "brightness": 5},
    ]
    assert house("SELECT nothing FROM digitaltwins WHERE $dtId = 'b1'") == [{}]


def test_relationships() -> None:
    assert len(house("SELECT * FROM relationships")) == 8
    found = house("SELECT * FROM RELATIONSHIPS WHERE $sourceId IN ['r1', 'r2', 'nobody'] AND doors = 1")
    assert [one["$relationshipId"] for one in found] == ["e6", "e7"]
    assert house("SELECT R.$targetId AS target FROM relationships R WHERE R.$relationshipName = 'above'") == [
        {"target": "f1"}
    ]
    assert house("SELECT * FROM relationships WHERE IS_OF_MODEL('dtmi:example:Room;1')") == []


def test_counts() -> None:
    def count(text: str) -> int:
        return Evaluation(parse(text), HOUSE, catalog()).count()

    assert count("SELECT COUNT() FROM digitaltwins") == 6
    assert count("SELECT COUNT() FROM relationships") == 8
    assert (
        count("SELECT COUNT() FROM digitaltwins c WHERE IS_OF_MODEL('dtmi:example:Room;1') AND c.temperature > 70") == 1
    )
    joined = "FROM digitaltwins B JOIN F RELATED B.contains JOIN R RELATED F.contains WHERE B.$dtId IN ['b1', 'b2']"
    assert count(f"SELECT COUNT() {joined}") == 3
    assert count(f"SELECT COUNT() {joined} AND IS_OF_MODEL(R, 'dtmi:example:Suite;1')") == 1


def test_joins() -> None:
    def rows(text: str) -> list[tuple[str, ...]]:
        return [tuple(value["$dtId"] for value in row.values() if "$dtId" in value) for row in house(text)]

    assert rows("SELECT T, CT FROM digitaltwins T JOIN CT RELATED T.contains WHERE T.$dtId = 'b1'") == [
        ("b1", "f1"),
        ("b1", "f2"),
    ]
    assert rows("SELECT F FROM digitaltwins F JOIN R RELATED F.contains WHERE R.$dtId = 's1'") == [("f2",)]
    assert rows(
        "SELECT B, R FROM digitaltwins B JOIN F RELATED B.contains JOIN R RELATED F.contains"
        " WHERE B.$dtId = 'b1' AND F.level = 0 AND R.temperature > 70"
    ) == [("b1", "r1")]
    there_and_back = "digitaltwins A JOIN B RELATED A.adjacent JOIN C RELATED B.adjacent"
    assert rows(f"SELECT A, C FROM {there_and_back} WHERE A.$dtId = 'r1'") == [("r1", "r1")]
    assert rows("SELECT R, X FROM digitaltwins R JOIN X RELATED R.contains WHERE R.$dtId = 'r1'") == []
    assert rows("SELECT F FROM digitaltwins F JOIN R RELATED F.Contains WHERE F.$dtId = 'f1'") == []


def test_relationships_of_joins() -> None:
    text = "SELECT {} FROM digitaltwins B JOIN F RELATED B.contains R WHERE B.$dtId = 'b1' AND R.since = '2021-01-01'"
    assert house(text.format("F.name, R.since AS start")) == [{"name": "First", "start": "2021-01-01"}]
    (row,) = house(text.format("B, F, R"))
    assert (row["B"]["$dtId"], row["F"]["$dtId"], row["R"]["$relationshipId"]) == ("b1", "f2", "e1")
    # Microsoft's examples speak of a relationship by its own name when it was given no other.
    named = (
        "SELECT F FROM digitaltwins B JOIN F RELATED B.contains WHERE B.$dtId = 'b1' AND contains.since = '2020-01-01'"
    )
    assert [row["F"]["$dtId"] for row in house(named)] == ["f1"]


@pytest.mark.parametrize(
    ("pattern", "condition", "expected"),
    [
        ("(A)", "A.$dtId = 'f1'", ["f1"]),
        ("(A)-[]->(B)", "A.$dtId = 'f1'", ["f1 r1", "f1 r2"]),
        ("(A)<-[]-(B)", "A.$dtId = 'f1'", ["b1 f1", "f1 f2"]),
        ("(A)-[]-(B)", "A.$dtId = 'f1'", ["b1 f1", "f1 f2", "f1 r1", "f1 r2"]),
        ("(A)-[:above]-(B)", "A.$dtId = 'f1'", ["f1 f2"]),
        ("(A)-[:above|contains]->(B)", "A.$dtId = 'f2'", ["f1 f2", "f2 s1"]),
        ("(A)-[:above|contains]->(B)", "A.$dtId = 'f2' AND B.level = 0", ["f1 f2"]),
        ("(A)-[r]->(B)", "A.$dtId = 'f1' AND r.length = 20", ["f1 r2"]),
        ("(A)-[r:contains]->(B)", "A.$dtId = 'f1' AND r.length = 10", ["f1 r1"]),
        ("(A)-[*2]->(B)", "A.$dtId = 'b1'", ["b1 f1", "b1 r1", "b1 r2", "b1 s1"]),
        ("(A)-[:contains*2]->(B)", "A.$dtId = 'b1'", ["b1 r1", "b1 r2", "b1 s1"]),
        ("(A)-[:contains*..2]->(B)", "A.$dtId = 'b1'", ["b1 f1", "b1 f2", "b1 r1", "b1 r2", "b1 s1"]),
        ("(A)-[:contains*1..3]->(B)", "A.$dtId = 'b1'", ["b1 r1", "b1 r2", "b1 s1"]),
        ("(A)-[:adjacent*2]->(B)", "A.$dtId = 'r1'", ["r1 r1"]),
        ("(A)-[:adjacent*3]->(B)", "A.$dtId = 'r1'", []),
        ("(A)-[]->(B)", "B.$dtId = 'r1'", ["f1 r1", "r1 r2"]),
        ("(A)-[:contains]->(B)-[:contains]->(C)", "B.$dtId = 'f1'", ["b1 f1 r1", "b1 f1 r2"]),
        ("(A)-[:contains]->(B)-[:contains]->(C)", "C.$dtId = 's1'", ["b1 f2 s1"]),
        ("(A)-[:contains]->()-[:contains]->(C)", "A.$dtId = 'b1'", ["b1 r1", "b1 r2", "b1 s1"]),
        ("(A)-[:contains]->(B)<-[:above]-(C)", "A.$dtId = 'b1'", ["b1 f1 f2"]),
        ("(A)-[:contains]->(B)<-[contains|above*..2]-(C)", "A.$dtId = 'f1' AND B.name = 'Hall'", []),
        ("(A)-[:adjacent]->(B)-[:adjacent]->(A)", "A.$dtId = 'r1'", ["r1 r2"]),
        ("(A)-[]->(B)", "A.$dtId = 'nobody'", []),
        ("(A)-[]->(B)", "(A.$dtId = 'f2' OR B.$dtId = 's1') AND B.name = 'Ground'", ["f1 f2"]),
    ],
)
def test_patterns(pattern: str, condition: str, expected: list[str]) -> None:
    found = house(f"SELECT * FROM digitaltwins MATCH {pattern} WHERE {condition}")
    twins = [" ".join(sorted(value["$dtId"] for value in row.values() if "$dtId" in value)) for row in found]
    assert sorted(twins) == expected


def test_relationships_of_patterns() -> None:
    (row,) = house("SELECT A, r, B.name FROM digitaltwins MATCH (A)-[r:above]->(B) WHERE A.$dtId = 'f2'")
    assert (row["A"]["$dtId"], row["r"]["$relationshipId"], row["name"]) == ("f2", "e5", "Ground")


def test_a_query_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runbook_lib.sandbox.data_plane.query.evaluation.STEPS", 10_000)
    names = [f"t{number}" for number in range(40)]
    dense = graph({name: (ROOM, {}) for name in names}, *((a, "knows", b, {}) for a in names for b in names if a != b))
    text = "SELECT B FROM digitaltwins MATCH (A)-[*10]->(B) WHERE A.$dtId = 't1' AND B.name = 'nobody'"
    evaluation = Evaluation(parse(text), dense, catalog())
    with pytest.raises(QueryTimeout):
        list(evaluation.rows())
    assert evaluation.examined == 10_001


def test_rows_begin_where_they_are_told_to() -> None:
    evaluation = Evaluation(parse("SELECT * FROM digitaltwins"), HOUSE, catalog())
    assert [key for key, _ in evaluation.rows("f15")] == ["f2", "r1", "r2", "s1"]
    evaluation = Evaluation(parse("SELECT * FROM relationships"), HOUSE, catalog())
    assert [key for key, _ in evaluation.rows("f2\ne5")] == ["f2\ne5", "r1\ne6", "r2\ne7"]


def test_only_what_may_fit_is_looked_at() -> None:
    evaluation = Evaluation(
        parse("SELECT * FROM digitaltwins T WHERE T.$dtId = 'r1' AND T.name = 'x'"), HOUSE, catalog()
    )
    assert list(evaluation.rows()) == []
    assert evaluation.examined == 1
