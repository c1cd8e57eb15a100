"""How thousands of models are listed and used. Only ratios within one run are asserted, because machines differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runbook_lib.sandbox.data_plane.catalog import MODEL, Catalog, StoredModels
from runbook_lib.sandbox.data_plane.keys import document_key
from runbook_lib.sandbox.store import Store
from tests.sandbox.finished_instance import model

from .test_twin_graph import fastest

HOST = "big.api.weu.digitaltwins.azure.net"
MODELS = 5_000


def name(number: int) -> str:
    return f"dtmi:com:contoso:Part{number:05};1"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Models that each extend the one before, in chains of ten."""
    store = Store()  # in memory
    with store.transaction():
        for number in range(MODELS):
            base = {"extends": name(number - 1)} if number % 10 else {}
            content = [{"@type": "Property", "name": f"p{number}", "schema": "double"}]
            whole = dict(model(name(number), contents=content, **base))
            known = {"decommissioned": False, "dependencies": [*base.values()], "model": whole}
            store.put(MODEL, document_key(HOST, name(number)), {"id": name(number), **known})
    yield store
    store.close()


def test_a_page_costs_a_page_and_the_users_of_one_cost_no_reading_of_all(store: Store) -> None:
    after = document_key(HOST, name(4_000))
    page = store.list(MODEL, f"{HOST}/", after=after, most=100)
    assert [one["id"] for one in page] == [name(4_001 + number) for number in range(100)]
    assert len(store.list(MODEL, f"{HOST}/", naming=name(4_000))) == 2  # itself, and the one that extends it
    everything = fastest(lambda: store.list(MODEL, f"{HOST}/"))
    assert fastest(lambda: store.list(MODEL, f"{HOST}/", after=after, most=100)) < everything / 10
    assert fastest(lambda: store.list(MODEL, f"{HOST}/", naming=name(4_000))) < everything / 2
    assert fastest(lambda: store.count(MODEL, f"{HOST}/")) < everything / 10


def test_a_model_with_its_bases_costs_no_reading_of_all(store: Store) -> None:
    everything = fastest(lambda: store.list(MODEL, f"{HOST}/"))
    found = Catalog(StoredModels(store, HOST)).find(name(4_009))
    assert found
    assert len(found.properties) == 10
    assert fastest(lambda: Catalog(StoredModels(store, HOST)).find(name(4_009))) < everything / 2
