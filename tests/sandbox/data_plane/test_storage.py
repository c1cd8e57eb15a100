"""Twins outlive the process, leave with their instance, and are forgotten when another process resets the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.data_plane.keys import document_key
from runbook_lib.sandbox.data_plane.twin_graph import Change, Graphs
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.store import Store
from tests.azure import close_clients, management
from tests.sandbox.finished_instance import PROPAGATION, Place, build

from .sample_models import floor, plant, room, to

HOST = "a.api.weu.digitaltwins.azure.net"
ALL = "SELECT * FROM digitaltwins"


def grown(sandbox: Sandbox, clock: ManualClock) -> Place:
    """An instance with a floor and a room on it, which queries see already."""
    place = build(sandbox, clock, "factory-twins")
    place.give(DATA_OWNER, "owner")
    clock.advance(PROPAGATION)
    client = place.client()
    plant(client)
    client.upsert_digital_twin("f1", floor())
    client.upsert_digital_twin("r1", room(name="Kitchen"))
    client.upsert_relationship("f1", "c1", to("r1"))
    clock.advance(10)
    return place


def test_all_is_there_again_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    with Sandbox(clock=clock, pace=Pace.REAL, path=tmp_path / "state.sqlite") as first:
        host = grown(first, clock).host
        close_clients(first)
    with Sandbox(clock=clock, pace=Pace.REAL, path=tmp_path / "state.sqlite") as second:
        client = Place(second, clock, host, "").client()
        assert [twin["$dtId"] for twin in client.query_twins(ALL)] == ["f1", "r1"]
        assert [one.source_id for one in client.list_incoming_relationships("r1")] == ["f1"]
        close_clients(second)


def test_a_reset_by_another_process_reaches_what_is_in_memory(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "state.sqlite"
    with Sandbox(clock=clock, pace=Pace.REAL, path=path) as running:
        place = grown(running, clock)
        client = place.client()
        assert len(list(client.query_twins(ALL))) == 2
        other = Store(path)
        with other.transaction():
            for kind in ("model", "twin", "relationship"):
                other.delete_all(kind, "")
        other.close()
        assert list(client.query_twins(ALL)) == []
        assert list(client.list_models()) == []
        with pytest.raises(ResourceNotFoundError):
            client.get_digital_twin("r1")
        with pytest.raises(HttpResponseError, match="Invalid twin specified"):
            client.upsert_digital_twin("r1", room())
        close_clients(running)


def test_a_graph_goes_with_its_instance(sandbox: Sandbox, clock: ManualClock) -> None:
    place = grown(sandbox, clock)
    poller = management(sandbox).digital_twins.begin_delete("rg-twins", "factory-twins")
    clock.advance(120)
    poller.result()
    again = build(sandbox, clock, "factory-twins")
    assert again.host == place.host
    again.give(DATA_OWNER, "owner")
    clock.advance(PROPAGATION)
    assert list(again.client().query_twins(ALL)) == []
    assert list(again.client().list_event_routes()) == []
    with pytest.raises(ResourceNotFoundError):
        again.client().get_digital_twin("r1")


def test_instances_do_not_see_each_other(sandbox: Sandbox, clock: ManualClock) -> None:
    place = grown(sandbox, clock)
    neighbour = build(sandbox, clock, "factory-twins-2")
    neighbour.give(DATA_OWNER, "owner")
    clock.advance(PROPAGATION)
    assert list(neighbour.client().query_twins(ALL)) == []
    assert len(list(place.client().query_twins(ALL))) == 2


def twin(name: str) -> dict[str, object]:
    return {"$dtId": name, "$etag": name}


def test_a_write_that_is_taken_back_is_forgotten() -> None:
    store = Store()
    graphs = Graphs(store, ManualClock(), Pace.INSTANT)
    graphs.write(HOST, Change("a", None, twin("a")))
    with pytest.raises(RuntimeError), store.transaction():
        graphs.write(HOST, Change("b", None, twin("b")))
        assert set(graphs.current(HOST).twins) == {"a", "b"}
        raise RuntimeError
    assert set(graphs.current(HOST).twins) == set(graphs.queryable(HOST).twins) == {"a"}
    store.close()


def test_what_others_write_elsewhere_does_not_empty_the_memory() -> None:
    store = Store()
    graphs = Graphs(store, ManualClock(), Pace.INSTANT)
    graphs.write(HOST, Change("a", None, twin("a")))
    held = graphs.current(HOST)
    store.put("resource", "x", {})
    with pytest.raises(RuntimeError), store.transaction():
        store.put("operation", "x", {})
        raise RuntimeError
    assert graphs.current(HOST) is held
    store.delete_all("twin", f"{HOST}/")
    assert graphs.current(HOST).twins == {}
    store.close()


def test_the_lag_follows_the_pace() -> None:
    for pace, lag in ((Pace.REAL, 10), (Pace.BRISK, 1), (Pace.INSTANT, 0)):
        store, clock = Store(), ManualClock()
        graphs = Graphs(store, clock, pace)
        graphs.write(HOST, Change("a", None, twin("a")))
        for moment in (0, lag / 2, lag):
            clock.advance(moment - (lag / 2 if moment == lag else 0))
            assert ("a" in graphs.queryable(HOST).twins) == (moment >= lag)
        store.close()


@pytest.mark.parametrize("one", ["A", "a", "^a", "^^a", "a/b", "^0c4;", "Ä", "ä", "İ", "i̇", "ß", "ẞ", "a b"])
def test_keys_tell_ids_apart_although_the_store_ignores_case(one: str) -> None:
    others = {"A", "a", "^a", "^^a", "a/b", "^0c4;", "Ä", "ä", "İ", "i̇", "ß", "ẞ", "a b"} - {one}
    key = document_key(HOST, one).lower()
    assert key not in {document_key(HOST, other).lower() for other in others}
    assert key != document_key(HOST, "a", "b").lower()
    assert key.count("/") == 1
