"""Values and calls as code: what a plan shows in Python is what the step would do, and it runs as it stands."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

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

from runbook_lib.azure.clients import Clients
from runbook_lib.steps.core.codegen import WIDTH, Source, literal
from runbook_lib.steps.core.recipes import Call, ClientName, Way, az, listings, program, script

CLASSES = {
    "AzureDigitalTwinsManagementClient": "azure.mgmt.digitaltwins",
    "AuthorizationManagementClient": "azure.mgmt.authorization.v2022_04_01",
    "ResourceManagementClient": "azure.mgmt.resource.resources",
    "ManagedServiceIdentityClient": "azure.mgmt.msi",
    "DigitalTwinsClient": "azure.digitaltwins.core",
}
"""The clients that programs make: the package of each."""


@dataclass
class Log:
    """What a program did: which clients it made, and which calls it sent through them."""

    made: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    sent: list[tuple[int, str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    """Which client it was, by number, then operation, arguments, options."""


class Recorder:
    """Stands for a client, and for any of its operations."""

    def __init__(self, log: Log, client: int, path: str = "") -> None:
        self._log, self._client, self._path = log, client, path

    def __getattr__(self, name: str) -> Recorder:
        return Recorder(self._log, self._client, f"{self._path}.{name}".lstrip("."))

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self._log.sent.append((self._client, self._path, arguments, options))
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(["a row"])


@contextmanager
def recorded() -> Iterator[Log]:
    """Put recorders in the place of Azure's clients."""
    log = Log()

    def maker(name: str) -> Any:
        def make(*arguments: Any) -> Recorder:
            log.made.append((name, arguments))
            return Recorder(log, len(log.made) - 1)

        return make

    with ExitStack() as stack:
        for name, package in CLASSES.items():
            stack.enter_context(patch(f"{package}.{name}", maker(name)))
        stack.enter_context(patch("azure.identity.DefaultAzureCredential", lambda: "the credential"))
        yield log


def ran(*calls: Call) -> tuple[Log, dict[str, Any]]:
    """Run the program of calls, with nothing but what it imports; return what it did, and its variables."""
    names: dict[str, Any] = {}
    with recorded() as log:
        exec(compile(program(calls), "<program>", "exec"), names)  # that is the test
    return log, names


def evaluated(*values: Any, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments and options as a program's call sends them."""
    log, _ = ran(Call("resources", "s", "things.put", values, options))
    ((_, operation, arguments, given_options),) = log.sent
    assert operation == "things.put"
    return arguments, given_options


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
        one.run(_Clients(direct))
    assert [sent[1:] for sent in log.sent] == [sent[1:] for sent in direct.sent]


class _Clients(Clients):
    """Clients that record."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def identities(self, subscription: str) -> Any:
        return Recorder(self._log, 0)

    def data_plane(self, host_name: str, credential: Any = None) -> Any:
        return Recorder(self._log, 0)


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
        Call("data_plane", "h", "create_models", (read,), {"again": read}).run(_Clients(log))
    assert log.sent == [(0, "create_models", (models,), {"again": models})]


def test_nothing_is_imported_that_is_not_used() -> None:
    text = program([Call("data_plane", "h", "get_model", ("json.time.pathlib.",))])
    assert "import json" not in text
    assert "import time" not in text
    assert "import pathlib" not in text


def test_an_answer_is_kept_under_the_name_that_the_statement_gives_it() -> None:
    log, names = ran(Call("data_plane", "h", "query_twins", ("SELECT",), statement="rows = list({})"))
    assert names["rows"] == ["a row"]
    assert [sent[1] for sent in log.sent] == ["query_twins"]


def test_a_long_running_operation_is_waited_for() -> None:
    log, _ = ran(Call("digital_twins", "s", "digital_twins.begin_delete", ("group", "name")))
    assert [sent[1] for sent in log.sent] == ["digital_twins.begin_delete", "digital_twins.begin_delete.result"]


def test_what_azure_goes_on_with_is_looked_at_again_and_again() -> None:
    text = program([Call("resources", "s", "providers.register", ("x",), pending="{}.providers.get('x').busy")])
    *_, loop, pause = text.splitlines()
    assert (loop, pause) == ("while resources.providers.get('x').busy:", "    time.sleep(5)")
    assert "import time" in text.splitlines()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["digital_twins", "authorization", "resources", "identities", "data_plane"]),
            st.sampled_from(["one", "two", "three"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_subscription_and_instance_gets_a_client_of_its_own(places: list[tuple[ClientName, str]]) -> None:
    log, _ = ran(*(Call(client, place, f"say_{number}") for number, (client, place) in enumerate(places)))
    made = [(name, next(str(one) for one in given if one != "the credential")) for name, given in log.made]
    assert len(set(made)) == len(made) == len(set(places)), "each is made once"
    for (client, place), (number, _, _, _) in zip(places, log.sent, strict=True):
        name, where = made[number]
        assert where.removeprefix("https://") == place
        assert (name == "DigitalTwinsClient") == (client == "data_plane")
    assert [operation for _, operation, _, _ in log.sent] == [f"say_{number}" for number in range(len(places))]


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


def test_a_programs_parts_stand_in_the_order_in_which_they_are_read() -> None:
    text = program([Call("data_plane", "h", "create_models", (Source("json.loads('[]')", []),), statement="made = {}")])
    assert text.splitlines() == [
        "import json",
        "",
        "from azure.digitaltwins.core import DigitalTwinsClient",
        "from azure.identity import DefaultAzureCredential",
        "",
        "credential = DefaultAzureCredential()",
        'client = DigitalTwinsClient("https://h", credential)',
        "",
        "made = client.create_models(json.loads('[]'))",
    ]
    assert program([]) == ""


def test_ways_are_listed_thrice_and_what_is_the_same_once() -> None:
    get = Call("digital_twins", "s", "digital_twins.get", ("g", "n"))
    page = "n > Overview"
    shown = listings(
        [Way(page, az("dt show", dt_name="n"), (get,)), Way(page, "az rest", ()), Way("", "az version", ())]
    )
    assert [(one.title, one.folded) for one in shown] == [
        ("The same in the Azure portal", True),
        ("The same with the Azure CLI", True),
        ("The same with the Python SDK", True),
    ]
    assert [one.content for one in shown] == [
        "1. n > Overview",
        "az account set --subscription s\naz dt show --dt-name n\naz rest\naz version",
        program([get]),
    ]
    assert [one.title for one in listings([Way(page, "", ())])] == ["The same in the Azure portal"]
    assert listings([]) == ()


def test_the_extension_is_told_the_subscription_that_it_shall_work_in() -> None:
    group = Way("", az("group create", name="rg", subscription="one"), (Call("resources", "one", "x.y"),))
    first = Way("", az("dt create", dt_name="a"), (Call("digital_twins", "one", "x.y"),))
    second = Way("", az("dt delete", dt_name="b"), (Call("digital_twins", "two", "x.y"),))
    data = Way("", az("dt twin query", dt_name="c"), (Call("data_plane", "c.api.weu.digitaltwins.azure.net", "x"),))
    assert script([group, first, first, second, data]).splitlines() == [
        "az group create --name rg --subscription one",
        "az account set --subscription one",
        "az dt create --dt-name a",
        "az dt create --dt-name a",
        "az account set --subscription two",
        "az dt delete --dt-name b",
        "az dt twin query --dt-name c",
    ]
