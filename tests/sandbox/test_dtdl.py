"""Models are read as the Digital Twins Definition Language says, and refused in the service's words."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.data_plane.dtdl import read_interface, read_interfaces
from runbook_lib.sandbox.data_plane.dtdl_references import Interface
from runbook_lib.sandbox.data_plane.errors import DataPlaneError, DTDLParserError, ModelVersionNotSupported

ROOM = "dtmi:com:contoso:Room;1"


def model(identifier: str = ROOM, *contents: Any, version: int = 2, **more: Any) -> dict[str, Any]:
    made = {
        "@id": identifier,
        "@type": "Interface",
        "@context": f"dtmi:dtdl:context;{version}",
        "contents": [*contents],
    }
    return made | more


def property_of(schema: Any, name: str = "value", **more: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema, **more}


def nothing_stored(_identifier: str) -> Interface | None:
    return None


def read(*models: dict[str, Any]) -> list[Interface]:
    return read_interfaces(models, nothing_stored)


def refusal(*models: dict[str, Any]) -> str:
    with pytest.raises(DTDLParserError) as caught:
        read(*models)
    return caught.value.message


def test_a_model_with_everything_is_read() -> None:
    room = model(
        ROOM,
        property_of("double", "temperature", writable=True, displayName={"en": "Temperature", "de": "Temperatur"}),
        {"@type": ["Telemetry", "Humidity"], "name": "humidity", "schema": "double", "unit": "percent"},
        {"@type": "Relationship", "name": "contains", "target": "dtmi:com:contoso:Unknown;1", "maxMultiplicity": 500},
        {"@type": "Component", "name": "lamp", "schema": "dtmi:com:contoso:Lamp;1"},
        {"@type": "Command", "name": "reboot"},
        property_of("dtmi:com:contoso:Mood;1", "mood"),
        extends="dtmi:com:contoso:Space;1",
        schemas=[{
            "@id": "dtmi:com:contoso:Mood;1", "@type": "Enum", "valueSchema": "integer",
            "enumValues": [{"name": "calm", "enumValue": 0}, {"name": "busy", "enumValue": 1}],
        }],
    )  # fmt: skip
    read_room, *_ = read(room, model("dtmi:com:contoso:Lamp;1"), model("dtmi:com:contoso:Space;1"))
    assert read_room.names == ("temperature", "humidity", "contains", "lamp", "reboot", "mood")
    assert read_room.dependencies == ("dtmi:com:contoso:Space;1", "dtmi:com:contoso:Lamp;1")


@pytest.mark.parametrize(
    "schema",
    [
        "string",
        "point",
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
        (None, "requires property 'schema' but none provided"),
        (7, "neither a string nor an object"),
        ({"@type": "Set"}, "none of Array, Enum, Map, Object"),
        ({"@type": "Enum", "valueSchema": "double", "enumValues": []}, "neither integer nor string"),
        ({"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": "A"}]}, "no integer"),
        ({"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": True}]}, "no integer"),
        (
            {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": n, "enumValue": 1} for n in "ab"]},
            "more than one element whose property 'enumValue' has value '1'",
        ),
        ({"@type": "Map", "mapKey": {"name": "k", "schema": "integer"}, "mapValue": {}}, "key's schema is not string"),
        (
            {"@type": "Object", "fields": [{"name": "a", "schema": "int"}]},
            "field 'a' property 'schema' has value 'int'",
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


@pytest.mark.parametrize(("version", "deepest"), [(2, 5), (3, 8)])
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
        "dtmi:com:contoso:Room", "com:contoso:Room;1", "dtmi:com:contoso:Room;0", "dtmi:com:contoso:_Room;1",
        "dtmi:com:contoso:Room_;1", "dtmi:com:1contoso:Room;1", "dtmi:com::Room;1", "dtmi:dtdl:Room;1",
        "dtmi:com:contoso:Room;1234567890", "dtmi:com:contoso:Röom;1", f"dtmi:com:{'a' * 120};1", 7, ["a"],
    ],
)  # fmt: skip
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
    assert "at most 512" in refusal(model(ROOM, property_of("string", "a" * 513), version=3))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text", "not exactly one of"),
        ({"name": "a", "schema": "string"}, "not exactly one of"),
        ({"@type": ["Property", "Telemetry"], "name": "a", "schema": "string"}, "not exactly one of"),
        ({"@type": "Component", "name": "a"}, "requires property 'schema'"),
        ({"@type": "Component", "name": "a", "schema": "string"}, "not the DTMI of an interface"),
        ({"@type": "Relationship", "name": "a", "target": "Room"}, "property 'target'"),
        ({"@type": "Relationship", "name": "a", "minMultiplicity": 1}, "'minMultiplicity' is not 0"),
        ({"@type": "Relationship", "name": "a", "maxMultiplicity": 501}, "'maxMultiplicity' is not from 1 to 500"),
        ({"@type": "Relationship", "name": "a", "properties": [{"@type": "Telemetry"}]}, "that is no Property"),
        (property_of("string", writable="yes"), "neither true nor false"),
        (property_of("string", displayName="x" * 65), "longer than 64"),
        (property_of("string", displayName={"en": 1}), "no map of languages"),
        (property_of("string", comment=1), "'comment' is no string"),
        (property_of("string", **{"@id": "nonsense"}), "not a valid DTMI"),
    ],
)
def test_a_content_that_is_wrong(content: Any, complaint: str) -> None:
    assert complaint in refusal(model(ROOM, content))


def test_types_of_other_vocabularies_need_their_context_in_version_3() -> None:
    content = {"@type": ["Property", "Temperature"], "name": "a", "schema": "double"}
    read(model(ROOM, content))
    assert "uses type 'Temperature', which no context defines" in refusal(model(ROOM, content, version=3))
    read(model(ROOM, content) | {"@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]})


def test_two_contents_of_one_name_are_taken_in_version_2_only() -> None:
    twice = (property_of("string", "a"), {"@type": "Telemetry", "name": "a", "schema": "string"})
    read(model(ROOM, *twice))
    assert "more than one element whose property 'name' has value 'a'" in refusal(model(ROOM, *twice, version=3))


@pytest.mark.parametrize("context", ["dtmi:dtdl:context;1", "dtmi:dtdl:context;4", "dtmi:dtdl:context;two"])
def test_a_version_that_is_not_supported(context: str) -> None:
    with pytest.raises(ModelVersionNotSupported, match="context;"):
        read(model() | {"@context": context})


def test_a_context_of_something_else() -> None:
    assert "is not a DTDL context" in refusal(model() | {"@context": "https://schema.org"})


def test_a_model_that_is_no_interface() -> None:
    assert "is not of type Interface" in refusal(model() | {"@type": "Property"})


def test_an_interface_that_is_there_twice() -> None:
    assert f"{ROOM} is defined more than once" in refusal(model(), model())


def test_references_go_to_the_batch_and_to_what_is_stored() -> None:
    floor = model("dtmi:com:contoso:Floor;1", extends=[ROOM])
    assert f"requisite references to element(s): {ROOM}." in refusal(floor)
    stored = read_interface(model())
    assert read_interfaces([floor], lambda identifier: stored if identifier == ROOM else None)
    assert len(read(floor, model())) == 2


def test_a_named_schema_must_be_defined() -> None:
    assert "element(s): dtmi:com:contoso:Mood;1." in refusal(model(ROOM, property_of("dtmi:com:contoso:Mood;1")))
    assert f"element(s): {ROOM}." in refusal(model(ROOM, property_of(ROOM)))  # an interface is no schema


def chain(length: int, version: int = 2) -> list[dict[str, Any]]:
    """Interfaces that extend one another: the first is the deepest."""
    ids = [f"dtmi:com:contoso:Level{number};1" for number in range(length + 1)]
    return [model(i, version=version, extends=base) for i, base in pairwise(ids)] + [model(ids[-1], version=version)]


@pytest.mark.parametrize("version", [2, 3])
def test_inheritance_is_ten_levels_deep_at_most(version: int) -> None:
    read(*chain(10, version))
    assert "extends more than 10 levels" in refusal(*chain(11, version))


def test_a_short_cut_does_not_hide_a_deep_hierarchy() -> None:
    deep = chain(11)
    deep[0]["extends"] = [deep[1]["@id"], deep[-1]["@id"]]
    assert "extends more than 10 levels" in refusal(*deep)


def test_inheritance_has_an_end() -> None:
    circle = chain(3)
    circle[-1]["extends"] = circle[1]["@id"]
    assert "leads back to itself through 'extends'" in refusal(*circle)
    assert "leads back to itself" in refusal(model(extends=ROOM))


def test_two_interfaces_at_most_are_extended_in_version_2() -> None:
    bases = [model(f"dtmi:com:contoso:Base{number};1") for number in range(3)]
    assert "extends more than 2" in refusal(model(extends=[base["@id"] for base in bases]), *bases)
    bases = [base | {"@context": "dtmi:dtdl:context;3"} for base in bases]
    read(model(version=3, extends=[base["@id"] for base in bases]), *bases)


def test_an_inherited_name_is_not_given_again() -> None:
    space = model("dtmi:com:contoso:Space;1", property_of("string", "label"))
    between = model("dtmi:com:contoso:Indoor;1", extends=space["@id"])
    room = model(ROOM, property_of("string", "label"), extends=between["@id"])
    assert "content named 'label', and so has dtmi:com:contoso:Space;1" in refusal(room, between, space)


def test_components_do_not_nest_in_version_2() -> None:
    def component(schema: str) -> dict[str, Any]:
        return {"@type": "Component", "name": "part", "schema": schema}

    lamp, bulb = "dtmi:com:contoso:Lamp;1", "dtmi:com:contoso:Bulb;1"

    def batch(version: int) -> list[dict[str, Any]]:
        outer, inner = model(ROOM, component(lamp), version=version), model(lamp, component(bulb), version=version)
        return [outer, inner, model(bulb, version=version)]

    assert f"{ROOM} has component {lamp}, which has components itself" in refusal(*batch(2))
    assert len(read(*batch(3))) == 3
    assert "leads back to itself through 'components'" in refusal(model(ROOM, component(ROOM), version=3))


def test_every_fault_of_a_model_is_named_at_once() -> None:
    message = refusal(model(ROOM, property_of("text"), property_of("string", "1st")))
    assert "'text'" in message
    assert "'1st'" in message


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.sampled_from([
        "Interface", "Property", "Enum", "Map", "Object", "Array", "Component", "string", "integer", ROOM,
    ]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            "@id", "@type", "name", "schema", "fields", "enumValues", "enumValue", "valueSchema", "mapKey", "mapValue",
            "elementSchema", "contents", "target", "properties", "displayName", "maxMultiplicity",
        ]),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(contents=anything, extends=anything, schemas=anything, version=st.sampled_from([2, 3]), kind=anything)
def test_nonsense_is_refused_and_never_crashes(
    contents: Any, extends: Any, schemas: Any, version: int, kind: Any
) -> None:
    nonsense = model(version=version, extends=extends, schemas=schemas) | {"contents": contents}
    try:
        read(nonsense, {"@context": kind, "@id": kind, "@type": kind})
    except DataPlaneError as error:
        assert error.status == 400
