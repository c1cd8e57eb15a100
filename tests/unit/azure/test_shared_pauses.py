"""What Azure asks one process of a fleet to wait, the others wait too, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.azure.clients import Clients
from runbook_lib.azure.shared_pauses import VARIABLE, share_pause, shared_pause
from runbook_lib.azure.target import Target
from runbook_lib.azure.waiting import Waiting, patiently
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.sandbox.world import TRAINING_ID
from tests import azure

HERE = f"https://management.azure.com/subscriptions/{TRAINING_ID}/resourcegroups?api-version=2021-04-01"


@pytest.fixture
def clients(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = Clients(Target("sandbox", azure.credential(sandbox, "owner"), sandbox.client_settings))
    yield found
    found.close()


def pauses(clients: Clients) -> list[float]:
    """Return how long a process waits before and between the requests of one question."""
    waited: list[float] = []
    with patiently(Waiting(sleep=waited.append), 600, lambda *_: None):
        list(clients.resources(TRAINING_ID).resource_groups.list())
    return waited


def test_a_pause_of_one_process_is_that_of_all_in_the_subscription(sandbox: Sandbox, clients: Clients) -> None:
    assert pauses(clients) == []
    sandbox.cloud.faults.add(Fault(Effect.THROTTLED, service="arm", times=1, seconds=30))
    waited = pauses(clients)
    assert waited[0] == 30  # what Azure asked for
    assert 25 < shared_pause(HERE) <= 30
    assert all(25 < one <= 30 for one in waited[1:])
    assert 25 < pauses(clients)[0] <= 30  # the next process, before its first request
    assert shared_pause(HERE.replace(TRAINING_ID, "00000000-0000-0000-0000-000000000001")) == 0
    assert shared_pause("https://press.api.weu.digitaltwins.azure.net/models") == 0


def test_outside_of_a_fleet_nothing_is_shared(
    clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    share_pause(HERE, 30)
    assert (shared_pause(HERE), list(tmp_path.iterdir()), pauses(clients)) == (0, [], [])


def test_a_folder_that_is_gone_stops_nobody(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/at/all")
    share_pause(HERE, 30)
    assert pauses(clients) == []
