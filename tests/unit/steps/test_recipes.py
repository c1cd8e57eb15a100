"""The recipes of a plan: programs in Python, commands of az, pages of the portal."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.display.plain import unsafe_characters
from runbook_lib.steps.core.codegen import Source
from runbook_lib.steps.core.recipes import Call, ClientName, Recipe, az, listings, program, script
from tests.unit.steps.recorder import ran


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
        [Recipe(page, az("dt show", dt_name="n"), (get,)), Recipe(page, "az rest", ()), Recipe("", "az version", ())]
    )
    assert [(one.title, one.folded) for one in shown] == [
        ("The same in the Azure portal", True),
        ("The same with the Azure CLI", True),
        ("The same with the Python SDK", True),
    ]
    assert [one.content for one in shown] == [
        "1. n > Overview",
        "az extension add --name azure-iot\naz account set --subscription s\n"
        "az dt show --dt-name n\naz rest\naz version",
        program([get]),
    ]
    assert [one.title for one in listings([Recipe(page, "", ())])] == ["The same in the Azure portal"]
    assert listings([]) == ()


def test_the_extension_is_told_the_subscription_that_it_works_in() -> None:
    group = Recipe("", az("group create", name="rg", subscription="one"), (Call("resources", "one", "x.y"),))
    first = Recipe("", az("dt create", dt_name="a"), (Call("digital_twins", "one", "x.y"),))
    second = Recipe("", az("dt delete", dt_name="b"), (Call("digital_twins", "two", "x.y"),))
    data = Recipe("", az("dt twin query", dt_name="c"), (Call("data_plane", "c.api.weu.digitaltwins.azure.net", "x"),))
    assert script([group, first, first, second, data]).splitlines() == [
        "az extension add --name azure-iot",
        "az group create --name rg --subscription one",
        "az account set --subscription one",
        "az dt create --dt-name a",
        "az dt create --dt-name a",
        "az account set --subscription two",
        "az dt delete --dt-name b",
        "az dt twin query --dt-name c",
    ]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs Bash, to read what people copy")
@pytest.mark.parametrize(
    "value", ["it's", "a\nb", "\x1b[2J'\\", "safe\u202etxt.exe", "\u200b\x9b\U000e0041", "$(x) `y` !"]
)
def test_a_command_to_copy_spells_out_what_would_steer_a_terminal(value: str) -> None:
    command = az("group create", name=value)
    assert unsafe_characters(command) == []
    shell = subprocess.run(
        ["bash", "-c", command.replace("az group create --name", "printf %s")],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    assert shell.stdout.decode() == value
