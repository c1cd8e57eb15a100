"""Plans are exact: planning writes nothing, apply writes what the plan has listed, and a second plan is empty.

What is written is read off the wire: the requests that reach the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runbook_lib.record.change import Change
from runbook_lib.sandbox.roles import DATA_READER
from runbook_lib.sandbox.world import persona
from runbook_lib.steps.clean_up.step import CleanUp
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.data.call_rest import CallRest
from runbook_lib.steps.data.connect_client import ConnectClient
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests.steps.cleaning import after_all_parts
from tests.steps.plant import SCOPE, owner_gets_the_data
from tests.steps.world import World

HOST = "my-first-twins.api.weu.digitaltwins.azure.net"
LOOKS = re.compile(r"/(query|checknameavailability|getbyids)$", re.IGNORECASE)
"""POSTs that only ask."""


def created(world: World) -> None:
    world.start_here().apply()
    world.create().apply()


def let_in(world: World) -> None:
    created(world)
    owner_gets_the_data(world)


def finished(world: World) -> None:
    world.start_here().apply()
    after_all_parts(world)


Make = Callable[[World, str], Step[Any, Any]]
STEPS: dict[str, tuple[Callable[[World], None], Make]] = {
    "start-here": (lambda world: None, lambda world, who: world.start_here(who)),
    "create": (
        lambda world: None,
        lambda world, who: world.create(who, grant_access=True, system_identity=True, tags={"env": "test"}),
    ),
    "create-private": (lambda world: None, lambda world, who: world.create(who, connectivity="private")),
    "update": (
        created,
        lambda world, who: world.create(who, system_identity=True, tags={"env": "test"}),
    ),
    "assign": (
        created,
        lambda world, who: world.assign(who, principal="Carlos Contributor"),
    ),
    "identities": (
        created,
        lambda world, who: ManagedIdentity(
            world.context(who), {"system_assigned": "on", "associate_identity": "id-mine", "create_identity": True}
        ),
    ),
    "private-access": (
        created,
        lambda world, who: PrivateAccess(world.context(who), {"public_network_access": "disabled", "confirm": True}),
    ),
    "graph": (let_in, lambda world, who: BuildGraph(world.context(who), {})),
    "clean-up": (
        finished,
        lambda world, who: CleanUp(world.context(who), {"confirm_clean_up": True}),
    ),
}
READING: dict[str, Make] = {
    "rest": lambda world, who: CallRest(world.context(who), {}),
    "client": lambda world, who: ConnectClient(world.context(who), {}),
}


@contextmanager
def written(world: World) -> Iterator[set[str]]:
    """Collect the ids of what is written meanwhile, in lower case."""
    ids: set[str] = set()

    def note(request: object, _: object) -> None:
        method, host, path = (str(getattr(request, name)) for name in ("method", "host", "path"))
        if method in ("GET", "HEAD") or (method == "POST" and LOOKS.search(path)):
            return
        if host != HOST:
            ids.add(path.lower().removesuffix("/register"))
        elif method == "POST" and path == "/models":
            ids.update(f"{SCOPE}/models/{model['@id']}".lower() for model in request.json())  # type: ignore[attr-defined]
        else:
            ids.add(f"{SCOPE}{path}".lower())

    observers = world.sandbox.cloud.observers
    observers.append(note)
    try:
        yield ids
    finally:
        observers.remove(note)


def wire_id(change: Change) -> str:
    """Return the id under which a change goes over the wire: a part of the instance is written with the instance."""
    own = change.resource_id.partition("#")[0].lower()
    return re.sub(r"/(publicnetworkaccess|providers/microsoft\.managedidentity/identities/default)$", "", own)


@pytest.mark.parametrize("name", STEPS)
def test_apply_writes_what_the_plan_has_listed_and_a_second_plan_is_empty(world: World, name: str) -> None:
    prepare, make = STEPS[name]
    prepare(world)
    step = make(world, "owner")
    with written(world) as while_planning:
        plan = step.plan()
    assert while_planning == set()
    assert not plan.empty
    with written(world) as ids:
        outcome = step.apply()
    assert ids == {wire_id(change) for change in plan.changes}
    assert set(outcome.made) == set(plan.changes)
    with written(world) as ids_of_a_rerun:
        assert make(world, "owner").plan().empty
        assert make(world, "owner").apply().made == ()
    assert ids_of_a_rerun == set()


@pytest.mark.parametrize("name", [*STEPS, *READING])
def test_who_may_only_read_sees_the_plan(world: World, name: str) -> None:
    prepare, make = STEPS.get(name) or (let_in, READING[name])
    prepare(world)
    if name in ("graph", *READING):
        world.somebody_assigns(DATA_READER, persona("reader").id, SCOPE)
    with written(world) as ids:
        plan = make(world, "reader").plan()
    assert ids == set()
    assert plan.choices or plan.changes or plan.problems


@pytest.mark.parametrize("name", READING)
def test_what_only_reads_writes_nothing(world: World, name: str) -> None:
    let_in(world)
    with written(world) as ids:
        step = READING[name](world, "owner")
        assert step.plan().changes == ()
        step.apply()
        step.verify()
    assert ids == set()
