"""Many people at once: everybody gets what they asked for, and what can be had once is given once. Nothing is timed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import persona
from tests import azure
from tests.sandbox.control_plane import GROUP, INSTANCES, NEW, SUBSCRIPTION, call, prepare

PEOPLE = 12


@pytest.fixture
def ready(sandbox: Sandbox, clock: ManualClock) -> Sandbox:
    prepare(sandbox, clock)
    return sandbox


def test_everybody_signs_in_and_gets_a_group_of_their_own(ready: Sandbox) -> None:
    together = threading.Barrier(PEOPLE)

    def go(number: int) -> tuple[str, int, str]:
        name = ("owner", "operator", "contributor")[number % 3]
        credential = azure.signed_in(ready, name)
        together.wait(20)
        signed_in_as = peek(credential.get_token(azure.ARM_SCOPE).token)["oid"]
        answer = call(ready, "PUT", f"{SUBSCRIPTION}/resourceGroups/of-{number}", NEW, persona=name)
        return signed_in_as, answer.status_code, answer.json()["name"]

    with ThreadPoolExecutor(PEOPLE) as pool:
        found = list(pool.map(go, range(PEOPLE)))
    assert [who for who, _, _ in found] == [
        persona(("owner", "operator", "contributor")[number % 3]).id for number in range(PEOPLE)
    ]
    assert [(status, name) for _, status, name in found] == [(201, f"of-{number}") for number in range(PEOPLE)]
    groups = call(ready, "GET", f"{SUBSCRIPTION}/resourcegroups").json()["value"]
    assert len(groups) == PEOPLE + 1


def test_a_name_that_many_want_is_given_once(ready: Sandbox) -> None:
    for number in range(PEOPLE):
        call(ready, "PUT", f"{GROUP}-{number}", NEW)
    together = threading.Barrier(PEOPLE)

    def want(number: int) -> int:
        together.wait(20)
        return call(ready, "PUT", f"{GROUP}-{number}{INSTANCES}/wanted-by-all", NEW).status_code

    with ThreadPoolExecutor(PEOPLE) as pool:
        statuses = sorted(pool.map(want, range(PEOPLE)))
    assert statuses == [201] + [409] * (PEOPLE - 1)
    instances = call(ready, "GET", f"{SUBSCRIPTION}{INSTANCES}").json()["value"]
    assert [found["name"] for found in instances] == ["wanted-by-all"]
