"""What the sandbox's answers cost as it fills up: in one run, beside the same with little in it.

Run: `python -m tests.benchmarks.growth`. Each line is the median of a request over TLS. The world is written into the
store as the services write it. Target: a page costs a page, whatever else there is.
"""

from __future__ import annotations

import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.data_plane.keys import document_key
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.store import Document
from runbook_lib.sandbox.world import persona
from tests.azure import close_clients
from tests.sandbox.control_plane import INSTANCES, SUBSCRIPTION, call
from tests.sandbox.finished_instance import PROPAGATION, VERSION, Place, build, model

MODELS = (100, 1_000, 9_000)
"""The service takes up to 10,000 in an instance."""
INSTANCE_COUNTS = (10, 100, 1_000)
ASSIGNMENTS = (10, 400, 3_900)
"""Azure takes up to 4,000 in a subscription."""
SUBSCRIPTIONS = (2, 20, 100)
_TIMES = 7

Work = Callable[[], object]


def main() -> None:
    """Measure, and print the table."""
    clock = ManualClock()
    with Sandbox(clock=clock, pace=Pace.INSTANT) as sandbox:
        place = build(sandbox, clock, "factory-twins")
        place.give(DATA_OWNER, "owner")
        clock.advance(PROPAGATION)
        for name, sizes, fill, measured in (
            ("models", MODELS, _models, _of_models),
            ("instances", INSTANCE_COUNTS, _instances, _of_instances),
            ("role assignments", ASSIGNMENTS, _assignments, _of_assignments),
            ("subscriptions", SUBSCRIPTIONS, _subscriptions, _of_subscriptions),
        ):
            found: dict[str, list[float]] = {}
            for size in sizes:
                fill(place, size)
                for label, work in measured(place):
                    found.setdefault(label, []).append(_milliseconds(work))
            print(f"{name:<24}" + "".join(f"{size:>10,}" for size in sizes) + "    last : first")
            for label, times in found.items():
                print(f"  {label:<22}" + "".join(f"{one:8.1f}ms" for one in times) + f"{times[-1] / times[0]:12.1f}")
        close_clients(sandbox)
    print(f"load of the machine {os.getloadavg()[0]:.2f}")


def _milliseconds(work: Work) -> float:
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def _put(place: Place, kind: str, documents: Iterator[tuple[str, Document]]) -> None:
    store = place.sandbox.cloud.store
    with store.transaction():
        for key, document in documents:
            store.put(kind, key, document)


def _models(place: Place, size: int) -> None:
    def made() -> Iterator[tuple[str, Document]]:
        for number in range(size):
            name = f"dtmi:com:contoso:Part{number:05};1"
            known = {"id": name, "description": {}, "displayName": {}, "decommissioned": False, "dependencies": []}
            content = model(
                name, contents=[{"@type": "Property", "name": f"p{n}", "schema": "double"} for n in range(9)]
            )
            yield (
                document_key(place.host, name),
                {**known, "uploadTime": "2026-11-27T10:00:00.0000000+00:00", "model": dict(content)},
            )

    _put(place, "model", made())


def _of_models(place: Place) -> Iterator[tuple[str, Work]]:
    token = place.send("GET", f"/models?{VERSION}").json().get("nextLink")
    last = "dtmi:com:contoso:Part00099;1"

    def upload() -> None:
        name = f"dtmi:com:contoso:New{uuid.uuid4().hex};1"
        assert place.send("POST", f"/models?{VERSION}", json=[model(name, extends=last)]).status_code == 201
        assert place.send("DELETE", f"/models/{name}?{VERSION}").status_code == 204

    yield "first page", lambda: place.send("GET", f"/models?{VERSION}").raise_for_status()
    yield (
        "next page",
        lambda: place.send("GET", (token or f"https://x/models?{VERSION}").partition(place.host)[2] or "/"),
    )
    yield (
        "one with what it needs",
        lambda: place.send("GET", f"/models?dependenciesFor={last}&{VERSION}").raise_for_status(),
    )
    yield "upload and delete one", upload


def _instances(place: Place, size: int) -> None:
    document = place.sandbox.cloud.store.get("resource", place.id)
    assert document
    base = place.id.rpartition("/")[0]
    ids = (f"{base}/made-{number:04}" for number in range(size))
    _put(place, "resource", ((one, {**document, "id": one, "name": one.rpartition("/")[2]}) for one in ids))


def _of_instances(place: Place) -> Iterator[tuple[str, Work]]:
    yield "one", lambda: call(place.sandbox, "GET", place.id).raise_for_status()
    yield "all of a subscription", lambda: call(place.sandbox, "GET", SUBSCRIPTION + INSTANCES).raise_for_status()


def _assignments(place: Place, size: int) -> None:
    at, who = f"{SUBSCRIPTION}/resourceGroups/rg-others", persona("reader").id
    times = dict.fromkeys(("createdOn", "updatedOn", "effectiveOn"), "2026-11-27T10:00:00.0000000Z")
    common = {"scope": at, "role": DATA_OWNER, "principalType": "User", **times, "createdBy": who, "updatedBy": who}
    names = [str(uuid.UUID(int=number + 1)) for number in range(size)]
    made = ((f"{at}/providers/Microsoft.Authorization/roleAssignments/{one}", one) for one in names)
    _put(place, "role-assignment", ((key, {**common, "name": one, "principalId": one}) for key, one in made))


def _of_assignments(place: Place) -> Iterator[tuple[str, Work]]:
    listed, mine = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments", persona("owner").id
    yield "a check of access", lambda: call(place.sandbox, "GET", place.id).raise_for_status()
    yield (
        "those of one",
        lambda: call(place.sandbox, "GET", listed, **{"$filter": f"assignedTo('{mine}')"}).raise_for_status(),
    )
    yield "all", lambda: call(place.sandbox, "GET", listed).raise_for_status()


def _subscriptions(place: Place, size: int) -> None:
    names = [str(uuid.UUID(int=number + 1)) for number in range(size)]
    listed = ((one, {"subscriptionId": one, "displayName": f"Number {one[-4:]}", "order": 9}) for one in names)
    _put(place, "subscription", listed)
    document = next(iter(place.sandbox.cloud.store.list("role-assignment", f"{SUBSCRIPTION}/providers/")))
    owner = {**document, "principalId": persona("owner").id, "principalType": "User"}
    keys = ((f"/subscriptions/{one}/providers/Microsoft.Authorization/roleAssignments/{one}", one) for one in names)
    _put(
        place,
        "role-assignment",
        ((key, {**owner, "name": one, "scope": f"/subscriptions/{one}"}) for key, one in keys),
    )


def _of_subscriptions(place: Place) -> Iterator[tuple[str, Work]]:
    yield "list", lambda: call(place.sandbox, "GET", "/subscriptions").raise_for_status()
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions"
    yield "permissions in one", lambda: call(place.sandbox, "GET", path, api_version="2022-04-01").raise_for_status()


if __name__ == "__main__":
    main()
