"""What the plans about an instance's data tell people to do by hand, done: the programs run, and so do the commands."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from runbook_lib.display.cards import Listing
from runbook_lib.sandbox.roles import DATA_READER
from runbook_lib.sandbox.world import persona
from runbook_lib.steps.core.results import Outcome
from runbook_lib.steps.data.calls import MODELS_FILE
from tests import azure
from tests.sandbox.command_line import CommandLine, Refused, with_az
from tests.steps import az_dt
from tests.steps.by_hand import run_commands, run_program
from tests.steps.data import HOST, build, call, connect, models_file
from tests.steps.plant import SCOPE, owner_gets_the_data
from tests.steps.world import World


def graph(world: World) -> dict[str, Any]:
    """Return what an instance holds, without what differs in every run."""
    client = azure.data_plane(world.sandbox, "owner", HOST)
    world.clock.advance(60)
    listed = client.list_models(include_model_definition=True)
    models = {model.id: model.model for model in listed}
    twins = {
        row.pop("$dtId"): {name: value for name, value in row.items() if not name.startswith("$")}
        for row in client.query_twins("SELECT * FROM DIGITALTWINS")
    }
    links = sorted(
        (row["$sourceId"], row["$relationshipId"], row["$relationshipName"], row["$targetId"])
        for row in client.query_twins("SELECT * FROM RELATIONSHIPS")
    )
    return {"models": models, "twins": twins, "relationships": links}


def test_the_program_builds_the_very_graph(let_in: World, tmp_path: Path) -> None:
    step = build(let_in)
    plan = step.plan()
    (tmp_path / MODELS_FILE).write_text(models_file(plan), "utf-8")
    run_program(let_in, plan, tmp_path)
    assert step.plan().empty
    assert step.verify().passed


def test_the_program_makes_what_the_step_makes(let_in: World, tmp_path: Path) -> None:
    step = build(let_in)
    plan = step.plan()
    step.apply()
    by_step = graph(let_in)
    assert (len(by_step["models"]), len(by_step["twins"]), len(by_step["relationships"])) == (3, 6, 7)
    step.undo()
    assert graph(let_in) == {"models": {}, "twins": {}, "relationships": []}
    (tmp_path / MODELS_FILE).write_text(models_file(plan), "utf-8")
    run_program(let_in, plan, tmp_path)
    assert graph(let_in) == by_step


def test_the_program_overwrites_nothing_that_came_in_between(let_in: World, tmp_path: Path) -> None:
    plan, client = build(let_in).plan(), azure.data_plane(let_in.sandbox, "owner", HOST)
    build(let_in).apply()
    client.update_digital_twin("factory", [{"op": "replace", "path": "/city", "value": "Delft"}])
    way = next(way for way in plan.recipes if "az dt twin create" in way.command)
    with pytest.raises(HttpResponseError, match="PreconditionFailed"):
        run_program(let_in, replace(plan, recipes=(way,)), tmp_path)
    assert client.get_digital_twin("factory")["city"] == "Delft"


def answers(outcome: Outcome) -> list[Any]:
    """Return the bodies that the step's calls were answered with."""
    found = []
    for block in outcome.blocks[1:]:
        lines = block.text().splitlines()
        status = next(number for number, line in enumerate(lines) if line.strip()[:4] in ("200 ", "401 "))
        found.append(json.loads("\n".join(lines[status + 1 :])))
    return found


def test_the_programs_answers_are_those_of_the_calls(let_in: World, tmp_path: Path) -> None:
    build(let_in).apply()
    let_in.clock.advance(60)
    step = call(let_in)
    told = run_program(let_in, step.plan(), tmp_path)
    instance, models, count, refused = answers(step.apply())
    assert (told["instance"].id, told["instance"].host_name) == (instance["id"], instance["properties"]["hostName"])
    assert [model.id for model in told["models"]] == [model["id"] for model in models["value"]]
    assert told["rows"] == count["value"] == [{"COUNT": 6}]
    assert refused["message"].startswith("Unauthorized"), "no SDK would send this one"


def test_the_program_of_somebody_who_knows_the_host_name_only_reads_the_data(let_in: World, tmp_path: Path) -> None:
    let_in.take_roles_from("reader")
    let_in.somebody_assigns(DATA_READER, persona("reader").id, SCOPE)
    plan = call(let_in, "reader", host_name=HOST).plan()
    told = run_program(let_in, plan, tmp_path, "reader")
    assert (told["models"], told["rows"]) == ([], [{"COUNT": 0}])
    assert "instance" not in told


def test_the_program_of_a_client_lists_what_the_client_code_prints(let_in: World, tmp_path: Path) -> None:
    build(let_in).apply()
    step = connect(let_in)
    plan = step.plan()
    told = run_program(let_in, plan, tmp_path)
    printed = next(b for b in step.apply().blocks if isinstance(b, Listing) and b.title == "It printed")
    assert [model.id for model in told["models"]] == printed.content.splitlines()
    (command,) = plan.commands
    az_dt.check(shlex.split(command)[1:])
    assert "1. my-first-twins > Overview > Open Azure Digital Twins Explorer (preview) > MODELS" in str(plan)


@with_az
def test_the_commands_ask_and_build(
    quick: World, az: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.start_here().apply()
    quick.create().apply()
    owner_gets_the_data(quick)
    clients, step = quick.context().clients, build(quick)
    (tmp_path / MODELS_FILE).write_text(models_file(step.plan()), "utf-8")
    monkeypatch.chdir(tmp_path)
    run_commands(az, step.plan(), clients)
    assert step.plan().empty
    assert step.verify().passed
    asking = call(quick)
    plan = asking.plan()
    *allowed, wrong = [line for line in plan.commands if line.startswith("az rest ")]
    told = [az(*shlex.split(line)[1:]) for line in allowed]
    instance, models, count, _ = answers(asking.apply())
    assert told[0]["id"] == instance["id"]
    assert [model["id"] for model in told[1]["value"]] == [model["id"] for model in models["value"]]
    assert told[2]["value"] == count["value"] == [{"COUNT": 6}]
    with pytest.raises(Refused, match="Unauthorized"):
        az(*shlex.split(wrong)[1:])
    ran = run_commands(az, replace(plan, recipes=plan.recipes[:-1]), clients)
    assert ran == allowed


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("dt twin drop --dt-name x", "has no command `az dt twin drop`"),
        ("dt model list --name x", "has no option"),
        ("dt twin query --dt-name x", "needs .'query-command'"),
        ("dt model delete --dt-name --dtmi y", "--dt-name .* does not take 0 values"),
        ("dt show --dt-name x y", "--dt-name .* does not take 2 values"),
        ("dt show --dt-name x --dt-name y", "--dt-name is given twice"),
    ],
)
def test_a_wrong_command_of_the_extension_is_found(command: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        az_dt.check(command.split())


@pytest.mark.parametrize(
    "command",
    [
        "dt delete --dt-name x --yes",
        "dt create --dt-name x --resource-group y --tags a=b c=d --mi-system-assigned",
        "dt identity assign --dt-name x --mi-system-assigned false",
    ],
)
def test_a_right_command_of_the_extension_passes(command: str) -> None:
    az_dt.check(command.split())
