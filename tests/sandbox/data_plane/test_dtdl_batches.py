"""Interfaces that are uploaded together: what they refer to, extend and consist of."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from runbook_lib.sandbox.data_plane.dtdl.parser import read_interface, read_interfaces

from .dtdl_models import ROOM, chain, model, property_of, read, refusal


def test_elements_may_be_named_within_their_interface_only() -> None:
    mood = {
        "@id": "dtmi:com:contoso:Mood;1",
        "@type": "Enum",
        "valueSchema": "string",
        "enumValues": [{"name": "calm", "enumValue": "Calm"}],
    }
    uses = property_of(mood["@id"], "mood")
    (owner,) = read(model(ROOM, uses, schemas=mood))
    assert owner.element["contents"][0]["schema"]["enumValues"][0]["enumValue"] == "Calm"
    read(model(ROOM, property_of(mood, "first"), uses))
    other = model("dtmi:com:contoso:Other;1", uses, extends=ROOM)
    assert "element(s): dtmi:com:contoso:Mood;1." in refusal(model(ROOM, schemas=mood), other)
    wrong = {"@type": "Telemetry", "name": "t", "schema": "string", "@id": "dtmi:com:contoso:T;1"}
    assert "which is another kind of element" in refusal(model(ROOM, wrong, property_of("dtmi:com:contoso:T;1")))
    assert "defined more than once" in refusal(model(ROOM, property_of(mood, "first"), property_of(mood, "second")))


def test_a_schema_that_holds_itself_is_nested_too_deeply() -> None:
    circle = {
        "@id": "dtmi:com:contoso:Ring;1",
        "@type": "Object",
        "fields": [{"name": "next", "schema": "dtmi:com:contoso:Ring;1"}],
    }
    assert "nested deeper than 5" in refusal(model(ROOM, schemas=circle))


def test_many_schemas_in_one_another_do_not_take_long() -> None:
    levels = [f"dtmi:com:contoso:Level{number};1" for number in range(5)]
    schemas = [
        {"@id": one, "@type": "Object", "fields": [{"name": f"f{n}", "schema": other} for n in range(30)]}
        for one, other in pairwise([*levels, "string"])
    ]
    assert read(model(ROOM, property_of(levels[0]), schemas=schemas))


def test_interfaces_are_defined_at_top_level_only() -> None:
    inner = model("dtmi:com:contoso:Space;1")
    assert f"{ROOM} defines an interface inside itself" in refusal(model(extends=inner))


def test_version_3_leans_on_version_2_and_not_the_other_way_round() -> None:
    old, new = model("dtmi:com:contoso:Old;1"), model("dtmi:com:contoso:New;1", version=3)
    read(model(version=3, extends=old["@id"]), old)
    assert "which is of version 3. Use one version." in refusal(model(extends=new["@id"]), new)


def test_a_long_chain_of_references_is_no_trouble() -> None:
    assert "extends more than 10 levels" in refusal(*chain(249, version=3))


def test_a_refusal_names_every_model_and_problem() -> None:
    first = model(ROOM, property_of("strng", "one"), property_of("dat", "two"))
    second = model("dtmi:com:contoso:Hall;1", property_of("bool", "three"))
    found = refusal(first, model("dtmi:com:contoso:Good;1"), second)
    for part in (ROOM, "'one'", "'strng'", "'two'", "'dat'", "Hall;1", "'three'", "'bool'"):
        assert part in found
    assert "Good" not in found


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
    assert f"refers to {ROOM}, which is an interface" in refusal(model(ROOM, property_of(ROOM)))


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
    assert "'extends' has more than 2 values" in refusal(model(extends=[base["@id"] for base in bases]), *bases)
    bases = [base | {"@context": "dtmi:dtdl:context;3"} for base in bases]
    read(model(version=3, extends=[base["@id"] for base in bases]), *bases)


def test_an_inherited_name_is_not_given_again() -> None:
    space = model("dtmi:com:contoso:Space;1", property_of("string", "label"))
    between = model("dtmi:com:contoso:Indoor;1", extends=space["@id"])
    room = model(ROOM, property_of("string", "label"), extends=between["@id"])
    assert "content named 'label', and so has dtmi:com:contoso:Space;1" in refusal(room, between, space)


@pytest.mark.parametrize("version", [2, 3])
def test_components_do_not_nest(version: int) -> None:
    def component(schema: str) -> dict[str, Any]:
        return {"@type": "Component", "name": "part", "schema": schema}

    lamp, bulb = "dtmi:com:contoso:Lamp;1", "dtmi:com:contoso:Bulb;1"
    outer, inner = model(ROOM, component(lamp), version=version), model(lamp, component(bulb), version=version)
    bulbs = model(bulb, version=version)
    assert f"{ROOM} has component {lamp}, which has components itself" in refusal(outer, inner, bulbs)
    heir = model("dtmi:com:contoso:Heir;1", version=version, extends=lamp)
    outer = model(ROOM, component(heir["@id"]), version=version)
    assert f"{ROOM} has component {heir['@id']}, which has components" in refusal(outer, heir, inner, bulbs)
    assert "leads back to itself through 'components'" in refusal(model(ROOM, component(ROOM), version=version))
