"""Values as code: what a plan shows in Python is what the step would send."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.digitaltwins.models import (
    DigitalTwinsDescription,
    DigitalTwinsIdentity,
    DigitalTwinsPatchDescription,
    DigitalTwinsPatchProperties,
    UserAssignedIdentity,
)
from azure.mgmt.msi.models import Identity
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.steps.core.codegen import WIDTH, Source, literal
from runbook_lib.steps.core.recipes import Call
from tests.unit.steps.recorder import RecordingClients, evaluated, ran, recorded

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
TAGS = st.dictionaries(st.text(min_size=1), st.text(), max_size=4)
IDENTITIES = st.builds(
    DigitalTwinsIdentity,
    type=st.sampled_from(["SystemAssigned", "SystemAssigned,UserAssigned", "None"]),
    user_assigned_identities=st.none() | st.dictionaries(st.text(), st.builds(UserAssignedIdentity), max_size=3),
)
MODELS = st.one_of(
    st.builds(DigitalTwinsDescription, location=st.text(), tags=st.none() | TAGS, identity=st.none() | IDENTITIES),
    st.builds(
        DigitalTwinsPatchDescription,
        tags=st.none() | TAGS,
        identity=st.none() | IDENTITIES,
        properties=st.none()
        | st.builds(DigitalTwinsPatchProperties, public_network_access=st.sampled_from(["Enabled", "Disabled"])),
    ),
    st.builds(
        RoleAssignmentCreateParameters,
        role_definition_id=st.text(),
        principal_id=st.text(),
        principal_type=st.sampled_from(["User", "Group", "ServicePrincipal"]),
    ),
    st.builds(Identity, location=st.text(), tags=st.none() | TAGS),
)


@given(VALUES)
def test_the_code_of_a_value_is_that_value(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.sampled_from(["top", "polling", "name"]), VALUES))
def test_a_program_sends_the_very_arguments(values: list[Any], options: dict[str, Any]) -> None:
    assert evaluated(*values, **options) == (tuple(values), options)


@given(st.lists(MODELS, min_size=1, max_size=3))
def test_models_arrive_whole_and_their_imports_are_there(models: list[Any]) -> None:
    assert evaluated(*models)[0] == tuple(models)


@given(st.lists(MODELS, max_size=2), VALUES)
def test_what_is_shown_is_what_is_sent(models: list[Any], value: Any) -> None:
    one = Call("identities", "s", "things.put", (*models, value), {"body": models, "extra": value})
    log, _ = ran(one)
    with recorded() as direct:
        one.run(RecordingClients(direct))
    assert [sent[1:] for sent in log.sent] == [sent[1:] for sent in direct.sent]


@pytest.mark.parametrize(
    "value",
    [
        'say "hello"',
        "it's",
        "back\\slash",
        "two\nlines",
        "tab\tand\rreturn",
        "\x00\x1f\x7f\x85\u2028",
        "Größe 日本 🏭",
        "{braces} {}",
        "%s $x `y`",
        "import json; json.loads",
        None,
        True,
        False,
        0,
        -1,
        19.5,
        1e300,
        [],
        {},
        [[]],
        {"": {}},
        {"a": [None, True, {"b": "c"}]},
    ],
    ids=repr,
)
def test_awkward_values_survive(value: Any) -> None:
    arguments, _ = evaluated(value)
    assert arguments == (value,)
    assert type(arguments[0]) is type(value)


def test_what_only_the_service_sets_is_left_out() -> None:
    whole = DigitalTwinsDescription(location="westeurope", identity=DigitalTwinsIdentity(type="SystemAssigned"))
    for name, value in (("provisioning_state", "Succeeded"), ("host_name", "x.api.weu.digitaltwins.azure.net")):
        setattr(whole, name, value)
    assert literal(whole) == (
        'DigitalTwinsDescription(location="westeurope", identity=DigitalTwinsIdentity(type="SystemAssigned"))'
    )


def test_a_member_of_an_enumeration_is_named_and_imported() -> None:
    _, options = evaluated(match_condition=MatchConditions.IfMissing)
    assert options == {"match_condition": MatchConditions.IfMissing}


def test_what_is_read_from_a_file_is_shown_as_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = [{"@id": "dtmi:x;1"}]
    (tmp_path / "models.json").write_text(json.dumps(models), "utf-8")
    monkeypatch.chdir(tmp_path)
    read = Source('json.loads(pathlib.Path("models.json").read_text("utf-8"))', models)
    assert evaluated(read, again=read) == ((models,), {"again": models})
    with recorded() as log:
        Call("data_plane", "h", "create_models", (read,), {"again": read}).run(RecordingClients(log))
    assert log.sent == [(0, "create_models", (models,), {"again": models})]


def test_a_short_call_is_one_line_and_a_long_one_has_a_line_for_each_argument() -> None:
    short = Call("digital_twins", "s", "digital_twins.get", ("group", "name"))
    assert short.code("instances") == 'instances.digital_twins.get("group", "name")'
    long = Call("digital_twins", "s", "digital_twins.get", ("g" * 60, "n" * 60), {"top": 3})
    assert long.code("instances").splitlines() == [
        "instances.digital_twins.get(",
        f'    "{"g" * 60}",',
        f'    "{"n" * 60}",',
        "    top=3,",
        ")",
    ]


def test_the_parts_of_a_long_argument_are_broken_too() -> None:
    tags = {f"tag-{number}": "value " * 3 for number in range(8)}
    text = Call(
        "digital_twins", "s", "digital_twins.begin_update", ("g", DigitalTwinsPatchDescription(tags=tags))
    ).code("i")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert '        "tag-7": "value value value ",' in text.splitlines()


SHORT = st.text("ab", max_size=9)


@given(st.recursive(SHORT, lambda inner: st.lists(inner) | st.dictionaries(SHORT, inner)))
def test_no_line_runs_far_over_the_margin(value: Any) -> None:
    for line in Call("resources", "s", "put", (value,)).code("client").splitlines():
        # A part is measured where it begins; what stands around it is its indentation, a comma, and perhaps a key.
        assert len(line.lstrip()) <= WIDTH + len('"aaaaaaaaa": ,'), line
