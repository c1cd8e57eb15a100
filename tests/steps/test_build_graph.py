"""The article's next step with data: models, twins and relationships, and a query that sees them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.pipeline import PipelineResponse

from runbook_lib.errors import InputError
from runbook_lib.record.journal import Journal
from runbook_lib.steps.data.example import MODELS, Factory
from tests import azure

from .data import HOST, build, models_file, statuses
from .world import Phases, World


def test_the_factory_is_planned_built_proved_and_taken_back(let_in: World) -> None:
    step, phases = build(let_in), Phases()
    plan = step.plan()
    assert [change.kind for change in plan.changes] == ["Model"] * 3 + ["Digital twin"] * 6 + ["Relationship"] * 7
    assert step.apply().made == plan.changes
    assert step.plan().changes == ()
    verification = step.verify(phases)
    assert statuses(verification) == ["passed"] * 4
    assert let_in.slept, "queries lag behind"
    tree = str(verification)
    assert "factory-mixer (Machine)" in tree
    assert "└─ feeds → factory-press (see there)" in tree
    undone = step.undo()
    assert [change.kind for change in undone.removed] == ["Relationship"] * 7 + ["Digital twin"] * 6 + ["Model"] * 3
    assert undone.kept == ()
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    assert list(client.list_models()) == []
    let_in.clock.advance(60)
    assert list(client.query_twins("SELECT * FROM DIGITALTWINS")) == []


def test_a_plan_looks_at_each_thing_once_and_a_removal_looks_again(
    let_in: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, asked = build(let_in), Counter[str]()
    step.apply()

    def note(_: Journal, exchange: PipelineResponse[Any, Any]) -> None:
        method, path = exchange.http_request.method, urlsplit(exchange.http_request.url).path
        asked.update([path.rpartition("/")[2]] if method == "GET" else [])

    monkeypatch.setattr(Journal, "note_answer", note)
    removed = len(step.undo().removed)
    assert removed == 16
    assert asked["my-first-twins"] == 1 + removed  # where to ask: once for the plan, and once for each removal
    assert asked["factory-press"] == 1 + 2  # once for the plan; then whether it's there, and whether it's ours


def test_a_second_run_changes_nothing(let_in: World) -> None:
    build(let_in).apply()
    again = build(let_in)
    assert again.plan().empty
    outcome = again.apply()
    assert outcome.made == ()
    assert outcome.title == "The factory already existed"


def test_what_is_missing_is_made_and_what_is_there_is_left(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.create_models(list(MODELS))
    whole = Factory("factory").twins[0]
    client.upsert_digital_twin("factory", {**whole.body(), "city": "Delft"})
    step = build(let_in)
    assert [change.kind for change in step.plan().changes] == ["Digital twin"] * 5 + ["Relationship"] * 7
    step.apply()
    assert client.get_digital_twin("factory")["city"] == "Delft"
    undone = step.undo()
    assert len(undone.removed) == 12
    assert client.get_digital_twin("factory")
    assert len(list(client.list_models())) == 3


def test_two_factories_live_side_by_side_and_share_models(let_in: World) -> None:
    build(let_in).apply()
    other = build(let_in, twin_prefix="plant-7")
    assert "Model" not in {change.kind for change in other.plan().changes}
    other.apply()
    assert other.verify().passed


def test_somebody_elses_twin_of_that_name_is_not_touched(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    model = {"@id": "dtmi:com:fabrikam:Thing;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2"}
    client.create_models([model])
    client.upsert_digital_twin("factory", {"$metadata": {"$model": model["@id"]}})
    with pytest.raises(InputError) as caught:
        build(let_in).apply()
    assert "'factory', of the model dtmi:com:fabrikam:Thing;1" in caught.value.problems["twin_prefix"]
    assert let_in.journal.made("build-graph") == ()
    assert build(let_in, twin_prefix="plant-7").apply().made


def test_another_model_of_that_id_stands_in_the_way(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.create_models([{**MODELS[0], "displayName": "Something else"}])
    plan = build(let_in).plan()
    assert plan.blocked
    assert MODELS[0]["@id"] in plan.problems[0].message


def test_a_decommissioned_model_stands_in_the_way(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.create_models(list(MODELS))
    client.decommission_model(MODELS[2]["@id"])
    plan = build(let_in).plan()
    assert plan.blocked
    assert "decommissioned" in plan.problems[0].message


def test_a_relationship_of_others_keeps_a_twin(let_in: World) -> None:
    step = build(let_in)
    step.apply()
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.upsert_digital_twin("mine", {"$metadata": {"$model": MODELS[2]["@id"]}, "status": "new"})
    body: dict[str, object] = {"$relationshipName": "feeds", "$targetId": "factory-oven"}
    client.upsert_relationship("mine", "their-line", body)
    let_in.clock.advance(60)
    undone = step.undo()
    kept = dict(undone.kept)
    assert "their-line" in kept["factory-oven"]
    assert "mine" in kept[MODELS[2]["@id"]]
    assert client.get_digital_twin("factory-oven")


def test_an_interrupted_run_is_finished_by_the_next(let_in: World) -> None:
    step = build(let_in)
    plan = step.plan()
    with pytest.raises(KeyboardInterrupt), let_in.journal.doing(step.id, plan.changes[0]):
        azure.data_plane(let_in.sandbox, "owner", HOST).create_models([MODELS[0]])
        raise KeyboardInterrupt
    step.apply()
    assert let_in.journal.unfinished() == {}
    assert len(step.undo().removed) == 16


def test_queries_that_never_see_the_twins_fail_the_proof(let_in: World) -> None:
    step = build(let_in)
    step.apply()
    let_in.stuck = True
    verification = step.verify()
    assert statuses(verification) == ["passed"] * 3 + ["failed"]
    assert "Queries lag behind" in verification.checks[-1].remedy


def test_a_relationship_drawn_in_explorer_counts_whatever_its_id_is(let_in: World) -> None:
    step, client = build(let_in), azure.data_plane(let_in.sandbox, "owner", HOST)
    step.apply()
    body: dict[str, object] = {"$relationshipName": "feeds", "$targetId": "factory-press"}
    client.delete_relationship("factory-mixer", "feeds-factory-press")
    client.upsert_relationship("factory-mixer", "1d0a9ee3-2f2a-4f43-8f39-0c7a9e8f2b11", body)
    assert step.plan().empty
    assert statuses(step.verify()) == ["passed"] * 4
    client.delete_relationship("factory-mixer", "1d0a9ee3-2f2a-4f43-8f39-0c7a9e8f2b11")
    client.upsert_relationship("factory-mixer", "elsewhere", {**body, "$targetId": "factory-oven"})
    assert [change.name for change in step.plan().changes] == ["feeds-factory-press"]


def test_the_file_of_models_holds_those_that_are_missing(let_in: World) -> None:
    azure.data_plane(let_in.sandbox, "owner", HOST).create_models([MODELS[2]])
    plan = build(let_in).plan()
    assert json.loads(models_file(plan)) == list(MODELS[:2])
    assert [change.kind for change in plan.changes].count("Model") == 2


def test_the_plan_says_where_it_is_done_in_the_portal(let_in: World) -> None:
    shown = str(build(let_in).plan())
    opened = "my-first-twins > Overview > Open Azure Digital Twins Explorer (preview) > "
    assert f"1. {opened}MODELS > Upload a Model > factory-models.json" in shown
    assert shown.count(opened) == 1, "the rest is done in the window that this opens"
    assert "2. MODELS > Factory > Create a Twin > New Twin name: factory > Save" in shown
    assert "8. TWIN GRAPH > factory, then with Ctrl factory-hall-1 > right-click > Add relationships" in shown
    assert "15. QUERY EXPLORER > SELECT * FROM DIGITALTWINS" in shown
    assert "16." not in shown
    build(let_in).apply()
    done = str(build(let_in).plan())
    assert f"1. {opened}QUERY EXPLORER > SELECT * FROM DIGITALTWINS" in done
    assert "2." not in done.partition("in the Azure portal")[2].partition("with the Azure CLI")[0]
    known_by_address = str(build(let_in, host_name=HOST, subscription="not looked at").plan())
    assert opened in known_by_address, "who sees the instance in the portal goes there"


def test_the_plan_shows_models_and_commands(let_in: World) -> None:
    plan = build(let_in).plan()
    assert json.loads(models_file(plan)) == list(MODELS)
    assert plan.commands[0].endswith("--models factory-models.json")
    assert sum("az dt twin create " in line for line in plan.commands) == 6
    assert (
        "az dt twin relationship create --dt-name my-first-twins --resource-group rg-digital-twins "
        "--relationship-id hasHall-factory-hall-1 --relationship hasHall --twin-id factory --target factory-hall-1 "
        "--if-none-match"
    ) in plan.commands
