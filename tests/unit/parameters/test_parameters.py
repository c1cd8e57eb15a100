"""Every rule for a value is named, in words that help."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.errors import InputError
from runbook_lib.guide import NOTEBOOKS
from runbook_lib.parameters import (
    AssignAccessParameters,
    CommonParameters,
    CreateInstanceParameters,
    ManagedIdentityParameters,
    Parameters,
    naming_rules,
    problems,
    validate,
)

MODELS = [CommonParameters, *(notebook.parameters for notebook in NOTEBOOKS)]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "empty"),
        ("ab", "too short: 2 of at least 3 characters. Add 1 or more"),
        ("x" * 64, "too long: 64 of at most 63 characters. Remove 1 or more"),
        ("my twins", "contains a space"),
        ("my_twins", "contains '_'"),
        ("zwillinge-ü", "contains 'ü'"),
        ("-twins", "starts with a hyphen"),
        ("twins-", "ends with a hyphen"),
        ("azure", "reserved word"),
        ("my-microsoft-twins", "'microsoft'"),
        ("login-twins", "starts with 'login'"),
    ],
)
def test_each_rule_of_an_instance_name_is_named(name: str, says: str) -> None:
    assert says in problems(CreateInstanceParameters, {"instance_name": name})["instance_name"]


@pytest.mark.parametrize("name", ["abc", "x" * 63, "My-Twins-7", "my-azure-twins", "twins-login", "123"])
def test_good_instance_names_are_taken_as_they_are(name: str) -> None:
    assert validate(CreateInstanceParameters, {"instance_name": name}).instance_name == name


def test_all_broken_rules_of_one_name_are_told_at_once() -> None:
    text = problems(CreateInstanceParameters, {"instance_name": "-a"})["instance_name"]
    assert "too short" in text
    assert "starts with a hyphen" in text


@given(st.text(min_size=1, max_size=70))
def test_the_rules_agree_with_microsofts_pattern(name: str) -> None:
    import re

    reserved = [
        w for w in naming_rules.instance_name(name) if "reserved" in w or "allow in names" in w or "reserves" in w
    ]
    fits = re.fullmatch(r"(?!-)[A-Za-z0-9-]{3,63}(?<!-)", name) is not None
    assert fits == (not naming_rules.instance_name(name) or naming_rules.instance_name(name) == reserved)


@pytest.mark.parametrize(
    ("name", "says"), [("", "empty"), ("x" * 91, "too long"), ("rg.", "ends with a period"), ("a/b", "contains '/'")]
)
def test_each_rule_of_a_resource_group_name_is_named(name: str, says: str) -> None:
    assert says in problems(CommonParameters, {"resource_group": name})["resource_group"]


def test_a_resource_group_may_have_letters_of_any_language() -> None:
    assert problems(CommonParameters, {"resource_group": "Zwillinge_(büro).1-a"}) == {}


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        (
            {f"t{n}": "" for n in range(50)},
            "50 tags. Azure allows 50 on a resource, and one of them is adt-setup-runbook",
        ),
        ({"ADT-setup-runbook": "mine"}, "is the tag by which clean-up recognizes what a run made"),
        ({"n" * 513: ""}, "513 characters. Azure allows 512"),
        ({"name": "v" * 257}, "257 characters. Azure allows 256"),
        ({"a<b": ""}, "contains <"),
        ({"Microsoft-x": ""}, "starts with 'microsoft'"),
        ({"azure": ""}, "starts with 'azure'"),
        ({"windows10": ""}, "starts with 'windows'"),
        ({"Team": "a", "team": "b"}, "more than once"),
        ({"": "x"}, "no name"),
        ("team", "no equals sign"),
        ("a=1, a=2", "more than once"),
        (["a"], "name=value"),
    ],
)
def test_each_rule_of_tags_is_named(tags: Any, says: str) -> None:
    assert says in problems(CreateInstanceParameters, {"tags": tags})["tags"]


def test_tags_may_be_written_as_text() -> None:
    made = validate(CreateInstanceParameters, {"tags": " team = factory , cost center=42\nurl=a=b"})
    assert made.tags == {"team": "factory", "cost center": "42", "url": "a=b"}


@pytest.mark.parametrize(("given", "means"), [(True, "on"), (False, "off"), ("On", "on"), ("keep", "keep")])
def test_a_switch_is_taken_as_yaml_reads_it(given: Any, means: str) -> None:
    assert validate(ManagedIdentityParameters, {"system_assigned": given}).system_assigned == means


def test_values_are_taken_as_people_write_them() -> None:
    values = {"region": " West Europe ", "instance_name": " my-twins ", "mode": "Guided", "target": "Sandbox"}
    made = validate(CreateInstanceParameters, values)
    assert (made.region, made.instance_name, made.mode, made.target) == ("westeurope", "my-twins", "guided", "sandbox")


@pytest.mark.parametrize(
    "role", ["data owner", "Azure Digital Twins Data Owner", "bcd981a7-7f74-457b-83e1-cceb9e632ffe"]
)
def test_a_role_is_known_by_its_short_name_and_by_its_id_too(role: str) -> None:
    assert validate(AssignAccessParameters, {"role": role}).role == "Azure Digital Twins Data Owner"


def test_the_role_owner_is_refused_with_the_difference() -> None:
    assert "gives no access to the data" in problems(AssignAccessParameters, {"role": "Owner"})["role"]


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"target": "aws"}, "target", "sandbox, azure"),
        ({"sign_in": "nobody"}, "sign_in", "owner, contributor, reader"),
        ({"target": "azure", "sign_in": "owner"}, "sign_in", "default, browser"),
        ({"mode": "fast"}, "mode", "auto, guided, unattended"),
        ({"timeout_minutes": 0}, "timeout_minutes", "from 1 to 120"),
        ({"timeout_minutes": "soon"}, "timeout_minutes", "from 1 to 120"),
        ({"region": ""}, "region", "empty"),
        ({"grant_access": "perhaps"}, "grant_access", "true or false"),
        ({"subscription": 5}, "subscription", "Use text"),
        ({"instance_nam": "x"}, "instance_nam", "no parameter with that name"),
    ],
)
def test_other_wrong_values_name_what_is_allowed(values: dict[str, Any], field: str, says: str) -> None:
    found = problems(CreateInstanceParameters, values)
    assert list(found) == [field]
    assert says in found[field]


def test_an_input_error_lists_every_problem_with_the_fields_label() -> None:
    with pytest.raises(InputError) as caught:
        validate(CreateInstanceParameters, {"instance_name": "a", "region": "", "tags": "x"})
    assert set(caught.value.problems) == {"instance_name", "region", "tags"}
    assert "3 values need your attention" in str(caught.value)
    assert "Resource name (instance_name)" in str(caught.value)


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_explains_itself(model: type[Parameters]) -> None:
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        assert field.title, name
        assert field.description, name
        assert "\n" not in field.description, name
        assert {"tab", "widget", "source"} <= extra.keys(), name


@pytest.mark.parametrize("model", MODELS)
def test_the_defaults_are_valid(model: type[Parameters]) -> None:
    assert problems(model, {name: field.default for name, field in model.model_fields.items()}) == {}
