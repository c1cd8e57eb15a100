"""Values and calls as code: what a plan shows in Python is what the step would do, and it runs as it stands."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
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
from azure.mgmt.network.models import PrivateEndpoint, PrivateLinkServiceConnection, Subnet
from hypothesis import given
from hypothesis import strategies as st

import runbook_lib
from runbook_lib.display.plain import unsafe_characters
from runbook_lib.steps.core.codegen import WIDTH, Model, Source, literal, made, model, public_package
from runbook_lib.steps.core.recipes import Call
from tests.unit.steps.recorder import RecordingClients, evaluated, ran, recorded

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


TAGS = st.dictionaries(st.text(min_size=1), st.text(), max_size=4)


def models(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Model]:
    """Return descriptions of objects of a model class."""
    return st.builds(model, st.just(kind), **fields)


IDENTITIES = models(
    DigitalTwinsIdentity,
    type=st.sampled_from(["SystemAssigned", "SystemAssigned,UserAssigned", "None"]),
    user_assigned_identities=st.none()
    | st.dictionaries(st.text(), st.none() | models(UserAssignedIdentity), max_size=3),
)


ACCESS = models(DigitalTwinsPatchProperties, public_network_access=st.sampled_from(["Enabled", "Disabled"]))


LINKS = models(
    PrivateLinkServiceConnection,
    name=st.text(),
    private_link_service_id=st.text(),
    group_ids=st.none() | st.lists(st.text(), max_size=2),
)


EARLIER = st.one_of(
    models(DigitalTwinsDescription, location=st.text(), tags=st.none() | TAGS, identity=st.none() | IDENTITIES),
    models(
        DigitalTwinsPatchDescription,
        tags=st.none() | TAGS,
        identity=st.none() | IDENTITIES,
        properties=st.none() | ACCESS,
    ),
    models(
        RoleAssignmentCreateParameters,
        role_definition_id=st.text(),
        principal_id=st.text(),
        principal_type=st.sampled_from(["User", "Group", "ServicePrincipal"]),
    ),
    models(Identity, location=st.text(), tags=st.none() | TAGS),
)


"""Objects of the generation of SDKs whose models are plain objects."""


LATER = models(
    PrivateEndpoint,
    location=st.text(),
    tags=st.none() | TAGS,
    subnet=st.none() | models(Subnet, id=st.text()),
    private_link_service_connections=st.none() | st.lists(LINKS, max_size=2),
)


"""Objects of the generation of SDKs whose models are mappings."""


MODELS = EARLIER | LATER


@given(VALUES)
def test_the_code_of_a_value_is_that_value(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value
    assert {one for one in unsafe_characters(literal(value)) if one != "U+000A"} == set()


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.sampled_from(["top", "polling", "name"]), VALUES))
def test_a_program_sends_the_very_arguments(values: list[Any], options: dict[str, Any]) -> None:
    assert evaluated(*values, **options) == (tuple(values), options)


@given(st.lists(MODELS, min_size=1, max_size=3))
def test_models_arrive_whole_and_their_imports_are_there(given_models: list[Model]) -> None:
    arrived, _ = evaluated(*given_models)
    assert [type(one) for one in arrived] == [one.kind for one in given_models]
    assert arrived == tuple(one.value for one in given_models)


@given(EARLIER, LATER)
def test_both_generations_of_models_are_tried(earlier: Model, later: Model) -> None:
    assert (isinstance(earlier.value, Mapping), isinstance(later.value, Mapping)) == (False, True)


@given(st.lists(MODELS, max_size=2), VALUES)
def test_what_is_shown_is_what_is_sent(bodies: list[Model], value: Any) -> None:
    one = Call("identities", "s", "things.put", (*bodies, value), {"body": bodies, "extra": value})
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


def test_a_model_is_written_with_what_was_given_and_nothing_else() -> None:
    identity = model(DigitalTwinsIdentity, type="SystemAssigned", user_assigned_identities=None)
    whole = model(DigitalTwinsDescription, location="westeurope", tags=None, identity=identity)
    assert literal(whole) == (
        'DigitalTwinsDescription(location="westeurope", identity=DigitalTwinsIdentity(type="SystemAssigned"))'
    )
    assert literal(model(PrivateEndpoint, location="westeurope", subnet=model(Subnet, id="/s"), tags=None)) == (
        'PrivateEndpoint(location="westeurope", subnet=Subnet(id="/s"))'
    )


def test_what_stands_for_a_value_is_replaced_at_any_depth() -> None:
    read = Source("read()", [1])
    assert made({"a": [read, (read, model(UserAssignedIdentity))], "b": None}) == {
        "a": [[1], ([1], UserAssignedIdentity())],
        "b": None,
    }


@pytest.mark.parametrize(
    "value", [UserAssignedIdentity(), object(), {1, 2}, b"bytes"], ids=lambda one: type(one).__name__
)
def test_what_cannot_be_written_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=f"a value of type {type(value).__name__} as code"):
        literal({"body": [value]})


def test_a_class_is_imported_from_the_package_that_offers_it() -> None:
    class Hidden: ...

    assert public_package(PrivateEndpoint) == "azure.mgmt.network.models"
    assert public_package(DigitalTwinsDescription) == "azure.mgmt.digitaltwins.models"
    assert public_package(MatchConditions) == "azure.core"
    with pytest.raises(TypeError, match="doesn't export"):
        public_package(Hidden)


PRIVATE = {
    # The guide runs the client code that it shows, and the client in that code has no close() of its own.
    ("steps/data/connect_client.py", "_client"),
    # azure-identity keeps tokens but can't forget them, and a damaged cache of MSAL can't even be read to be emptied.
    ("azure/sign_in.py", "_persistence"),
    # os._exit, which is public in spite of its name: a worker that nobody waits for has to end at once.
    ("cli/fleet/worker.py", "_exit"),
}


"""Where the library reads a private attribute of something that is not its own."""


def test_no_private_attribute_of_an_sdk_is_read() -> None:
    root = Path(runbook_lib.__file__).parent
    found = {
        (path.relative_to(root).as_posix(), name)
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in private_names(node)
    }
    assert found == PRIVATE


def private_names(node: ast.AST) -> Iterator[str]:
    """List the private attributes that a node reads, by a dot or by `getattr` and its like."""
    match node:
        case ast.Attribute(value=ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super"))):
            return
        case ast.Attribute(attr=name):
            pass
        case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(value=str(name)), *_]):
            pass
        case _:
            return
    if name.startswith("_") and not name.startswith("__"):
        yield name


def test_a_member_of_an_enumeration_is_named_and_imported() -> None:
    _, options = evaluated(match_condition=MatchConditions.IfMissing)
    assert options == {"match_condition": MatchConditions.IfMissing}


def test_what_is_read_from_a_file_is_shown_as_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded = [{"@id": "dtmi:x;1"}]
    (tmp_path / "models.json").write_text(json.dumps(uploaded), "utf-8")
    monkeypatch.chdir(tmp_path)
    read = Source('json.loads(pathlib.Path("models.json").read_text("utf-8"))', uploaded)
    assert evaluated(read, again=read) == ((uploaded,), {"again": uploaded})
    with recorded() as log:
        Call("data_plane", "h", "create_models", (read,), {"again": read}).run(RecordingClients(log))
    assert log.sent == [(0, "create_models", (uploaded,), {"again": uploaded})]


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
        "digital_twins", "s", "digital_twins.begin_update", ("g", model(DigitalTwinsPatchDescription, tags=tags))
    ).code("i")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert '        "tag-7": "value value value ",' in text.splitlines()


SHORT = st.text("ab", max_size=9)


@given(st.recursive(SHORT, lambda inner: st.lists(inner) | st.dictionaries(SHORT, inner)))
def test_no_line_runs_far_over_the_margin(value: Any) -> None:
    for line in Call("resources", "s", "put", (value,)).code("client").splitlines():
        # A part is measured where it begins; what stands around it is its indentation, a comma, and perhaps a key.
        assert len(line.lstrip()) <= WIDTH + len('"aaaaaaaaa": ,'), line
