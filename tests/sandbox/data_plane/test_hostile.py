"""Whatever is sent to the data plane, the answer is one of the service's own: never a fault of the sandbox."""

from __future__ import annotations

import json
from typing import Any

from azure.digitaltwins.core import DigitalTwinsClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.data_plane.service import ROUTES
from runbook_lib.sandbox.http import Request
from tests.azure import token
from tests.sandbox.finished_instance import AUDIENCE, VERSION, Place

from .sample_models import FLOOR, LAMP, MODELS, ROOM, SUITE, floor, plant, room, to

WORDS = st.sampled_from(
    [
        "r1",
        "f1",
        "c1",
        "lamp",
        "name",
        "seats",
        "size",
        "tags",
        "contains",
        "adjacent",
        "hub",
        "true",
        "$dtId",
        "$etag",
        "$metadata",
        "$model",
        "sourceTime",
        "lastUpdateTime",
        "$targetId",
        "$relationshipName",
        "op",
        "path",
        "value",
        "add",
        "remove",
        "replace",
        "/name",
        "/size/width",
        "/tags/a~1b",
        "/lamp/brightness",
        "/-",
        "/$metadata/name/sourceTime",
        "/$metadata/$model",
        "query",
        "continuationToken",
        "endpointName",
        "filter",
        "@id",
        "@type",
        "@context",
        "contents",
        "schema",
        "extends",
        "Interface",
        "Property",
        "dtmi:dtdl:context;2",
        "string",
        "2020-01-01T00:00:00Z",
        "",
        "*",
        'W/"1"',
        "SELECT * FROM digitaltwins",
        "SELECT T FROM digitaltwins T JOIN R RELATED T.contains WHERE T.$dtId = 'f1'",
        ROOM,
        SUITE,
        FLOOR,
        LAMP,
    ]
)
PLAIN = WORDS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=15
)
OPERATIONS = st.lists(
    st.fixed_dictionaries({"op": WORDS, "path": WORDS}, optional={"value": ANYTHING}), min_size=1, max_size=4
)
SENSIBLE = st.sampled_from([room(), room(name="Kitchen", size={"width": 1}), floor(), to("r1"), to("r2"), MODELS[:1]])
ROWS = [(row.method, row.pattern) for _, row in ROUTES._rows]


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    row=st.sampled_from(ROWS),
    ids=st.lists(WORDS.filter(bool), min_size=3, max_size=3),
    body=ANYTHING | OPERATIONS | SENSIBLE,
    conditions=st.dictionaries(
        st.sampled_from(["if-match", "if-none-match", "max-items-per-page", "message-id"]), WORDS, max_size=2
    ),
)
def test_nothing_that_is_sent_is_a_fault(
    twins: DigitalTwinsClient, place: Place, row: tuple[str, str], ids: list[str], body: Any, conditions: dict[str, str]
) -> None:
    make_anew(twins, place)
    path = row[1]
    for name, value in zip(("{id}", "{r}", "{path}"), ids, strict=True):
        path = path.replace(name, value.replace("%", "%25").replace("/", "%2F"))
    answer = place.sandbox.cloud.handle(request(place, row[0], path, body, conditions))
    place.clock.advance(1)
    assert answer.status < 500 or answer.status == 501, (row, path, body, answer.body)


def make_anew(twins: DigitalTwinsClient, place: Place) -> None:
    """Make what has been deleted, so that there is always something to hit."""
    if not list(twins.list_models()):
        plant(twins)
    for name, twin in (("r1", room(name="Kitchen")), ("r2", room()), ("f1", floor())):
        place.sandbox.cloud.handle(request(place, "PUT", f"/digitaltwins/{name}", twin, {"if-none-match": "*"}))


def request(place: Place, method: str, path: str, body: Any, more: dict[str, str]) -> Request:
    headers = {"authorization": f"Bearer {token(place.sandbox, 'owner', AUDIENCE)}", **more}
    return Request.build(method, place.host, path, VERSION, headers, json.dumps(body).encode())
