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


CENTRAL = ["dtmi:iotcentral:context;2", "dtmi:dtdl:context;2"]


def test_another_context_can_come_first_in_version_2_only() -> None:
    read(model() | {"@context": CENTRAL})
    read(model() | {"@context": ["dtmi:com:contoso:context;1", "dtmi:dtdl:context;2"]})
    for named in (["dtmi:com:contoso:context;1", "dtmi:dtdl:context;3"], ["dtmi:iotcentral:context;2"]):
        assert "is not a DTDL context" in refusal(model() | {"@context": named})


@pytest.mark.parametrize("kind", ["Property", "Telemetry"])
@pytest.mark.parametrize(
    ("schema", "names"), [("vector", ["x", "y", "z"]), ("geopoint", ["lat", "lon", "alt"])], ids=["vector", "geopoint"]
)
def test_schemas_of_iot_central_are_objects(kind: str, schema: str, names: list[str]) -> None:
    content = {"@type": kind, "name": "a", "schema": schema}
    [found] = read(model(ROOM, content) | {"@context": CENTRAL})
    read_schema = found.element["contents"][0]["schema"]
    assert [(field["name"], field["schema"]) for field in read_schema["fields"]] == [(n, "double") for n in names]
    read(model(ROOM, content | {"schema": f"dtmi:iotcentral:schema:{schema};2"}))
    read(model(ROOM, content | {"schema": f"dtmi:iotcentral:schema:{schema};2"}, version=3))
    assert "neither a standard schema" in refusal(model(ROOM, content))


@pytest.mark.parametrize(
    ("name", "schema", "more"),
    [
        ("State", {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": 1}]}, {}),
        ("Event", "string", {}),
        ("Location", "geopoint", {}),
        ("VelocityVector", "vector", {"unit": "metrePerSecond", "displayUnit": "m/s"}),
        ("AccelerationVector", "vector", {}),
    ],
)
def test_types_of_iot_central(name: str, schema: Any, more: dict[str, Any]) -> None:
    content = {"@type": ["Telemetry", name], "name": "a", "schema": schema, **more}
    read(model(ROOM, content) | {"@context": CENTRAL})
    assert f"is of type {name}" in refusal(model(ROOM, content | {"schema": "boolean"}) | {"@context": CENTRAL})
    command = {"@type": ["Command", name], "name": "a"}
    assert f"cannot be of type {name}" in refusal(model(ROOM, command) | {"@context": CENTRAL})


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        ({"@type": ["Command", "Idempotent"], "name": "a"}, ""),
        ({"@type": ["Command", "Cacheable"], "name": "a", "ttl": "PT5S"}, "ttl"),
        ({"@type": ["Telemetry", "Indexed"], "name": "a", "schema": "double", "index": 1}, "index"),
    ],
)
def test_the_extension_for_mqtt(content: dict[str, Any], needed: str) -> None:
    context = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:mqtt;1"]
    format_, topics = "Avro/1.11.0", {"commandTopic": "a/{name}", "telemetryTopic": "b/{name}"}
    whole = {"@type": ["Interface", "Mqtt"], "payloadFormat": format_, **topics, "@context": context}
    read(model(ROOM, content) | whole)
    less = {key: value for key, value in content.items() if key != needed}
    if needed:
        assert f"requires property '{needed}'" in refusal(model(ROOM, less) | whole)
    assert "requires property 'payloadFormat'" in refusal(
        model() | {"@type": ["Interface", "Mqtt"], "@context": context}
    )
    assert "which no context defines" in refusal(model(ROOM, content, version=3))


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
