"""Models are read as the Digital Twins Definition Language says, and refused in the service's words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.data_plane.errors import DataPlaneError, ModelVersionNotSupported

from .dtdl_models import ROOM, model, property_of, read, refusal


def test_a_model_with_everything_is_read() -> None:
    room = model(
        ROOM,
        property_of("double", "temperature", writable=True, displayName={"en": "Temperature", "de": "Temperatur"}),
        {"@type": ["Telemetry", "Humidity"], "name": "humidity", "schema": "double", "unit": "gramPerCubicMetre"},
        {"@type": "Relationship", "name": "contains", "target": "dtmi:com:contoso:Unknown;1", "maxMultiplicity": 500},
        {"@type": "Component", "name": "lamp", "schema": "dtmi:com:contoso:Lamp;1"},
        {"@type": "Command", "name": "reboot"},
        property_of("dtmi:com:contoso:Mood;1", "mood"),
        extends="dtmi:com:contoso:Space;1",
        schemas=[
            {
                "@id": "dtmi:com:contoso:Mood;1",
                "@type": "Enum",
                "valueSchema": "integer",
                "enumValues": [{"name": "calm", "enumValue": 0}, {"name": "busy", "enumValue": 1}],
            }
        ],
    )
    read_room, *_ = read(room, model("dtmi:com:contoso:Lamp;1"), model("dtmi:com:contoso:Space;1"))
    assert read_room.names == ("temperature", "humidity", "contains", "lamp", "reboot", "mood")
    assert read_room.dependencies == ("dtmi:com:contoso:Space;1", "dtmi:com:contoso:Lamp;1")


@pytest.mark.parametrize(
    "schema",
    [
        "string",
        "dtmi:dtdl:instance:Schema:string;2",
        {"@type": "Map", "mapKey": {"name": "k", "schema": "string"}, "mapValue": {"name": "v", "schema": "long"}},
        {"@type": "Object", "fields": [{"name": "a", "schema": "date"}, {"name": "b", "schema": "time"}]},
        {"@type": "Enum", "valueSchema": "string", "enumValues": [{"name": "a", "enumValue": "A"}]},
    ],
)
@pytest.mark.parametrize("version", [2, 3])
def test_a_property_may_hold(schema: Any, version: int) -> None:
    assert read(model(ROOM, property_of(schema), version=version))[0].version == version


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ("text", "has value 'text', which is neither"),
        ("point", "has value 'point', which is neither"),
        ([], "requires property 'schema' but none provided"),
        (None, "property 'schema' is not an object"),
        (7, "property 'schema' is not an object"),
        (["string", "string"], "has more than 1 values"),
        ({"@type": "Set"}, "not exactly one of Array, Enum, Map, Object"),
        ({"@type": "Enum", "valueSchema": "integer", "enumValues": []}, "'enumValues' has fewer than 1 values"),
        ({"@type": "Enum", "valueSchema": "integer"}, "requires property 'enumValues' but none provided"),
        (
            {"@type": "Enum", "valueSchema": "double", "enumValues": []},
            "has value 'double', which is none of integer, string",
        ),
        (
            {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": "A"}]},
            "'A', which is not of type integer",
        ),
        (
            {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": True}]},
            "not a number or a string",
        ),
        (
            {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": n, "enumValue": 1} for n in "ab"]},
            "more than one element whose property 'enumValue' has value '1'",
        ),
        (
            {"@type": "Map", "mapKey": {"name": "k", "schema": "integer"}, "mapValue": {}},
            "'integer', which is none of string",
        ),
        (
            {"@type": "Object", "fields": [{"name": "a", "schema": "int"}]},
            "property 'fields' 'a' property 'schema' has value 'int'",
        ),
        ({"@type": "Object", "fields": [{"name": "a", "schema": "date"}] * 2}, "property 'name' has value 'a'"),
    ],
)
def test_a_property_may_not_hold(schema: Any, complaint: str) -> None:
    assert complaint in refusal(model(ROOM, property_of(schema)))


def test_arrays_are_for_telemetry_and_from_version_3_on_for_properties() -> None:
    array = {"@type": "Array", "elementSchema": "double"}
    nested = {"@type": "Object", "fields": [{"name": "values", "schema": array}]}
    read(model(ROOM, {"@type": "Telemetry", "name": "t", "schema": array}))
    read(model(ROOM, property_of(array), property_of(nested, "nested"), version=3))
    for schema in (array, nested):
        assert "type Array, which a property may not have" in refusal(model(ROOM, property_of(schema)))


@pytest.mark.parametrize(("version", "deepest"), [(2, 5), (3, 5)])
def test_schemas_nest_only_so_deep(version: int, deepest: int) -> None:
    schema: Any = "string"
    for _ in range(deepest):
        schema = {"@type": "Object", "fields": [{"name": "inner", "schema": schema}]}
    read(model(ROOM, property_of(schema), version=version))
    deeper = {"@type": "Object", "fields": [{"name": "inner", "schema": schema}]}
    assert f"nested deeper than {deepest}" in refusal(model(ROOM, property_of(deeper), version=version))


@pytest.mark.parametrize(
    "identifier",
    [
        "dtmi:com:contoso:Room",
        "com:contoso:Room;1",
        "dtmi:com:contoso:Room;0",
        "dtmi:com:contoso:_Room;1",
        "dtmi:com:contoso:Room_;1",
        "dtmi:com:1contoso:Room;1",
        "dtmi:com::Room;1",
        "dtmi:dtdl:Room;1",
        "dtmi:com:contoso:Room;1234567890",
        "dtmi:com:contoso:Röom;1",
        f"dtmi:com:{'a' * 120};1",
        7,
        ["a"],
    ],
)
def test_an_identifier_that_is_none(identifier: Any) -> None:
    assert "is invalid" in refusal(model(identifier))


@pytest.mark.parametrize("identifier", ["dtmi:a;1", "dtmi:com:Con_to__so:r2;999999999", f"dtmi:com:{'a' * 117};1"])
def test_an_identifier_that_is_one(identifier: str) -> None:
    assert read(model(identifier))[0].id == identifier


@pytest.mark.parametrize("name", ["1st", "a-b", "a_", "_a", "", "a" * 65, "ä", 7, None])
def test_a_name_that_is_none(name: Any) -> None:
    assert "property 'name'" in refusal(model(ROOM, {"@type": "Property", "name": name, "schema": "string"}))


def test_names_may_be_longer_in_version_3() -> None:
    assert read(model(ROOM, property_of("string", "a" * 512), version=3))
    assert "longer than 512" in refusal(model(ROOM, property_of("string", "a" * 513), version=3))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text", "neither a standard schema nor a valid DTMI"),
        (7, "is not an object"),
        ({"name": "a", "schema": "string"}, "has no '@type'"),
        ({"@type": [], "name": "a", "schema": "string"}, "neither a string nor an array of strings"),
        ({"@type": {}, "name": "a", "schema": "string"}, "neither a string nor an array of strings"),
        ({"@type": ["Property", "Telemetry"], "name": "a", "schema": "string"}, "not exactly one of"),
        ({"@type": "Component", "name": "a"}, "requires property 'schema'"),
        ({"@type": "Component", "name": "a", "schema": "string"}, "neither a standard schema nor a valid DTMI"),
        ({"@type": "Relationship", "name": "a", "target": "Room"}, "property 'target'"),
        ({"@type": "Relationship", "name": "a", "target": {"@value": ROOM}}, "isn't a plain value"),
        ({"@type": "Command", "name": "a", "request": {"name": "b"}}, "requires property 'schema'"),
        ({"@type": "Command", "name": "a", "response": {"schema": "string"}}, "requires property 'name'"),
        ({"@type": "Command", "name": "a", "request": "string"}, "neither a standard schema"),
        ({"@type": "Command", "name": "a", "commandType": "slow"}, "none of asynchronous, synchronous"),
        (property_of("string", colour="red"), "has property 'colour', which Property does not have"),
        (property_of("string", **{"dtmi:dtdl:property:name;2": "b"}), "has property 'name' twice"),
        (property_of("string", displayName={"english": "x"}), "nor a map of languages"),
        (property_of("string", displayName=[{"en": "x"}]), "nor a map of languages"),
        (property_of("string", comment="x" * 513), "longer than 512"),
        ({**property_of("string"), "@context": 7}, "neither a string nor an array of strings"),
        (property_of("string", **{"@context": "dtmi:dtdl:context;3"}), "which cannot be used here"),
        ({"@type": "Relationship", "name": "a", "minMultiplicity": 1}, "'1', which is not a whole number from 0 to 0"),
        (
            {"@type": "Relationship", "name": "a", "maxMultiplicity": 501},
            "'501', which is not a whole number from 1 to 500",
        ),
        ({"@type": "Relationship", "name": "a", "properties": [{"@type": "Telemetry"}]}, "not exactly one of Property"),
        (property_of("string", writable="yes"), "which is not true or false"),
        (property_of("string", displayName="x" * 65), "longer than 64"),
        (property_of("string", displayName={"en": 1}), "nor a map of languages"),
        (property_of("string", comment=1), "property 'comment' has value '1', which is not a string"),
        (property_of("string", **{"@id": "nonsense"}), "'@id' value 'nonsense', which is not valid"),
    ],
)
def test_a_content_that_is_wrong(content: Any, complaint: str) -> None:
    assert complaint in refusal(model(ROOM, content))


def test_values_may_be_written_in_several_ways() -> None:
    plain = property_of("string", writable=True, displayName={"en": "A", "de-DE": "B"}, comment="x")
    odd = {
        "@type": ["dtmi:dtdl:class:Property;2"],
        "dtmi:dtdl:property:name;2": ["value"],
        "comment": {"@value": "x"},
        "schema": ["dtmi:dtdl:instance:Schema:string;2"],
        "writable": [{"@value": True, "@type": "xsd:boolean"}],
        "displayName": [{"@value": "A", "@language": "en"}, {"@value": "B", "@language": "de-DE"}],
    }
    one, other = read(model(ROOM, plain), model("dtmi:com:contoso:Other;1", odd))
    assert one.element["contents"] == other.element["contents"]


def test_commands_are_read_to_the_end() -> None:
    command = {
        "@type": "Command",
        "name": "reboot",
        "commandType": "synchronous",
        "request": {"name": "delay", "schema": "integer"},
        "response": {"name": "done", "schema": "boolean"},
    }
    assert read(model(ROOM, command))[0].names == read(model(ROOM, command, version=3))[0].names == ("reboot",)


def test_two_contents_of_one_name_are_taken_in_version_2_only() -> None:
    twice = (property_of("string", "a"), {"@type": "Telemetry", "name": "a", "schema": "string"})
    assert f"{ROOM} property 'contents' contains more than one element whose property 'name' has value 'a'" in refusal(
        model(ROOM, *twice)
    )
    assert "value 'a'" in refusal(model(ROOM, property_of("double", "a"), property_of("string", "a")))
    read(model(ROOM, twice[1], dict(twice[1])))
    assert "more than one element whose property 'name' has value 'a'" in refusal(model(ROOM, *twice, version=3))


@pytest.mark.parametrize("context", ["dtmi:dtdl:context;1", "dtmi:dtdl:context;4", "dtmi:dtdl:context;two"])
def test_a_version_that_is_not_supported(context: str) -> None:
    with pytest.raises(ModelVersionNotSupported, match="context;"):
        read(model() | {"@context": context})


def test_a_context_of_something_else() -> None:
    assert "is not a DTDL context" in refusal(model() | {"@context": "https://schema.org"})


def test_a_model_that_is_no_interface() -> None:
    assert "not exactly one of Interface" in refusal(model() | {"@type": "Property"})


def test_every_fault_of_a_model_is_named_at_once() -> None:
    message = refusal(model(ROOM, property_of("text"), property_of("string", "1st")))
    assert "'text'" in message
    assert "'1st'" in message


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "Interface",
            "Property",
            "Enum",
            "Map",
            "Object",
            "Array",
            "Component",
            "string",
            "integer",
            ROOM,
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@id",
                    "@type",
                    "name",
                    "schema",
                    "fields",
                    "enumValues",
                    "enumValue",
                    "valueSchema",
                    "mapKey",
                    "mapValue",
                    "elementSchema",
                    "contents",
                    "target",
                    "properties",
                    "displayName",
                    "maxMultiplicity",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(contents=anything, extends=anything, schemas=anything, version=st.sampled_from([2, 3]), kind=anything)
def test_nonsense_is_refused_and_never_crashes(
    contents: Any, extends: Any, schemas: Any, version: int, kind: Any
) -> None:
    nonsense = model(version=version, extends=extends, schemas=schemas) | {"contents": contents}
    try:
        read(nonsense, {"@context": kind, "@id": kind, "@type": kind})
    except DataPlaneError as error:
        assert error.status == 400
