"""Semantic types, contexts and extensions of the definition language."""

from __future__ import annotations

from typing import Any

import pytest

from .dtdl_models import ROOM, model, read, refusal

QUANTITIES = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]


def sensor(**more: Any) -> dict[str, Any]:
    return {"@type": ["Property", "Temperature"], "name": "a", "schema": "double", "unit": "degreeCelsius"} | more


def test_semantic_types_are_part_of_version_2_and_an_extension_of_version_3() -> None:
    read(model(ROOM, sensor()))
    read(model(ROOM, sensor()) | {"@context": QUANTITIES})
    assert "uses type 'Temperature', which no context defines" in refusal(model(ROOM, sensor(), version=3))
    later = sensor(**{"@type": ["Property", "Concentration"]}, unit="partsPerMillion")
    read(model(ROOM, later) | {"@context": QUANTITIES})
    full = sensor(**{"@type": ["Property", "dtmi:standard:class:Temperature;2"]}, unit="dtmi:standard:unit:kelvin;2")
    read(model(ROOM, full))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (sensor(unit="celsius"), "'unit' has value 'celsius'. Use one of degreeCelsius, degreeFahrenheit, kelvin."),
        (sensor(unit=None), "'unit' has value 'None'"),
        (sensor(schema="string"), "its schema must be numeric"),
        (sensor(schema={"@type": "Array", "elementSchema": "double"}), "its schema must be numeric"),
        ({"@type": ["Component", "Temperature"], "name": "a", "schema": ROOM}, "cannot be of type Temperature"),
        ({"@type": ["Property", "Field"], "name": "a", "schema": "double"}, "not exactly one of"),
    ],
)
def test_semantic_types_need_a_number_and_one_of_their_units(content: Any, complaint: str) -> None:
    assert complaint in refusal(model(ROOM, content))


def test_types_that_nobody_knows_are_passed_over_in_version_2_only() -> None:
    content = {"@type": ["Property", "Fancy"], "name": "a", "schema": "double", "colour": "red"}
    read(model(ROOM, content))
    assert "uses type 'Fancy', which no context defines" in refusal(model(ROOM, content, version=3))


@pytest.mark.parametrize("context", ["dtmi:com:contoso:context;1", "dtmi:iotcentral:context;2"])
def test_contexts_that_nobody_knows_are_taken_in_version_2_only(context: str) -> None:
    read(model() | {"@context": ["dtmi:dtdl:context;2", context]})
    assert "is not a known context" in refusal(model() | {"@context": ["dtmi:dtdl:context;3", context]})


def test_extensions_bring_their_types() -> None:
    noted = {"@type": ["Property", "ValueAnnotation"], "name": "note", "annotates": "a", "schema": "string"}
    extended = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:annotation;1", "dtmi:dtdl:extension:historization;1"]
    kept = {"@type": ["Telemetry", "Historized"], "name": "a", "schema": "double"}
    read(model(ROOM, noted, kept) | {"@context": extended})
    assert "requires property 'annotates'" in refusal(
        model(ROOM, {key: value for key, value in noted.items() if key != "annotates"}) | {"@context": extended}
    )
    link = {"@type": ["Relationship", "Historized"], "name": "a"}
    assert "cannot be of type Historized" in refusal(model(ROOM, link) | {"@context": extended})
