"""Values are held against the schemas of the language."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox.data_plane.catalog import Catalog
from runbook_lib.sandbox.data_plane.graph_errors import ValidationFailed
from runbook_lib.sandbox.data_plane.validation import checked_twin

MODEL = "dtmi:com:contoso:Thing;1"
FIELDS = [{"name": "a", "schema": "integer"}, {"name": "b", "schema": "string"}]
MAP = {"@type": "Map", "mapKey": {"name": "k", "schema": "string"}, "mapValue": FIELDS[0]}
ENUM = {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "one", "enumValue": 1}]}


def holds_arrays(schema: Any) -> bool:
    """Whether only a property of version 3 can hold it: geospatial schemas have arrays in them."""
    return "Array" in str(schema) or "oint" in str(schema) or "lineString" in str(schema)


def problems(schema: Any, value: Any, **more: Any) -> list[str]:
    """What is wrong with a value for a property of that schema."""
    context = f"dtmi:dtdl:context;{3 if holds_arrays(schema) else 2}"
    contents = {"@type": "Property", "name": "value", "schema": schema}
    model = {"@id": MODEL, "@type": "Interface", "@context": context, "contents": contents, **more}
    catalog = Catalog({MODEL: {"id": MODEL, "decommissioned": False, "model": model}})
    try:
        checked_twin({"$metadata": {"$model": MODEL}, "value": value}, catalog)
    except ValidationFailed as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ("boolean", [True, False], [0, 1, "true", None, []]),
        ("integer", [0, -(2**31), 2**31 - 1], [2**31, -(2**31) - 1, 1.0, 1.5, "1", True, None]),
        ("long", [2**31, -(2**63), 2**63 - 1], [2**63, 1.5, "1", True]),
        ("float", [1, 1.5, 3.4e38], [3.5e38, "1.5", True, 10**40]),
        ("double", [1, 1.5, 3.5e38, -1.7e308, 10**40], ["1.5", False, None, {}]),
        ("string", ["", "x", "x" * 4096], [5, True, None, ["x"]]),
        ("date", ["2020-02-29"], ["2021-02-29", "2020-2-9", "20200229", "2020-02-29T00:00:00Z", 20200229, "today"]),
        ("time", ["12:30:00", "23:59:59.123Z", "12:30:00+02:00"], ["24:00:00", "12:30", "noon", 12]),
        (
            "dateTime",
            ["2022-05-31T12:00:01.000125009Z", "2022-05-31T12:00:01", "2022-05-31T12:00:01+02:00"],
            ["2022-05-31", "2022-13-31T12:00:01Z", "2022-05-31T25:00:01Z", "soon", 0],
        ),
        ("duration", ["P3Y6M4DT12H30M5S", "PT0.5S", "P2W", "-P1D"], ["P", "PT", "3 days", "P1S", 5]),
        ("point", [{"type": "Point", "coordinates": [1, 2]}], [{"type": "Polygon", "coordinates": []}, [1, 2], "x"]),
        ("dtmi:dtdl:instance:Schema:integer;2", [5], ["5"]),
        ("dtmi:standard:schema:geospatial:lineString;3", [{"type": "LineString", "coordinates": []}], [5]),
        (ENUM, [1], [2, "one", True, 1.5, None]),
        ({**ENUM, "valueSchema": "string", "enumValues": [{"name": "one", "enumValue": "1"}]}, ["1"], [1, "one"]),
        (
            MAP,
            [{}, {"a": 1, "b c": 2}],
            [{"a": "1"}, {"": 1}, {"$a": 1}, {"x" * 1025: 1}, [1], 5],
        ),
        ({"@type": "Object", "fields": FIELDS}, [{}, {"a": 1}, {"a": 1, "b": ""}], [{"c": 1}, {"a": "1"}, [], 5]),
        ({"@type": "Array", "elementSchema": "integer"}, [[], [1, 2]], [["1"], 1, {"0": 1}, [None]]),
        (
            {"@type": "Array", "elementSchema": {"@type": "Object", "fields": FIELDS}},
            [[{"a": 1}, {"b": "x"}]],
            [[{"a": 1}, {"a": "x"}], [[]]],
        ),
    ],
)
def test_schemas(schema: Any, right: list[Any], wrong: list[Any]) -> None:
    assert {repr(value): problems(schema, value) for value in right if problems(schema, value)} == {}
    assert [value for value in wrong if not problems(schema, value)] == []


def test_problems_say_where_they_are() -> None:
    nested = {"@type": "Object", "fields": [{"name": "inner", "schema": {"@type": "Object", "fields": FIELDS}}]}
    assert problems(nested, {"inner": {"a": "x"}}) == ["Expected value of type integer for value.inner.a on Twin."]
    assert problems(nested, {"inner": {"c": 1}}) == ["value.inner.c does not appear on the DTDL for Twin."]
    assert problems({"@type": "Array", "elementSchema": "integer"}, [1, "x"]) == [
        "Expected value of type integer for value.1 on Twin."
    ]
    assert problems(ENUM, 5) == ["Expected value of type enum for value on Twin. The values are 1."]


def test_a_string_has_4_kb_at_most() -> None:
    assert problems("string", "é" * 2048) == []
    assert problems("string", "é" * 2049) == ["The value of value on Twin exceeds the supported size of 4 KB."]


def test_schemas_may_have_a_name_and_a_place_of_their_own() -> None:
    named = {**ENUM, "@id": "dtmi:com:contoso:Number;1"}
    assert problems("dtmi:com:contoso:Number;1", 1, schemas=[named]) == []
    assert len(problems("dtmi:com:contoso:Number;1", 2, schemas=named)) == 1
