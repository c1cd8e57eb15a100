"""Bodies that no well-meaning client sends, to whatever takes one."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from runbook_lib.sandbox import Sandbox, server
from runbook_lib.sandbox.http import JSON_DEPTH
from runbook_lib.sandbox.world import TENANT_ID
from tests import azure
from tests.sandbox.control_plane import GROUP, SUBSCRIPTION, TWINS
from tests.sandbox.finished_instance import Place
from tests.sandbox.hostile.wire import ARM, DEEP, GRAPH, LOGIN, TWINS_AUDIENCE

BODIES = {
    "nothing": b"",
    "a brace": b"{",
    "no UTF-8": b'{"location": "\xff\xfe"}',
    "UTF-16": '{"location": "westeurope"}'.encode("utf-16"),
    "not a number": b'{"location": NaN}',
    "infinite": b'{"tags": {"a": -Infinity}}',
    "half a pair": b'{"location": "\\ud800"}',
    "half a pair as a name": b'{"tags": {"\\udfff": "x"}, "location": "westeurope"}',
    "a long number": b'{"location": ' + b"9" * 10_000 + b"}",
    "a huge exponent": b'{"location": 1e400}',
    "deep lists": b"[" * DEEP,
    "deep lists, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "null": b"null",
    "a number": b"42",
    "a text": b'"text"',
    "a list": b"[]",
    "a list of null": b"[null]",
    "a list of lists": b"[[[]]]",
    "texts in place of objects": b'{"location": "westeurope", "properties": "x", "tags": "x", "identity": "x"}',
    "numbers in place of all": b'{"location": 1, "properties": 1, "tags": 1, "identity": 1, "query": 1, "name": 1}',
    "lists in place of all": b'{"location": [], "properties": [], "tags": [], "identity": [], "query": [], "ids": []}',
    "objects in place of texts": b'{"location": {"a": 1}, "query": {"a": 1}, "name": {}, "type": {}, "ids": {}}',
    "null in place of all": b'{"location": null, "properties": null, "query": null, "ids": null, "types": null}',
    "wrong insides": b'{"properties": {"roleDefinitionId": 1, "principalId": [], "principalType": {}}, "ids": [{}]}',
    "models that are none": b'[{"@id": 1, "@type": [], "@context": {}}, 7, {"@id": "\\ud800"}]',
    "a body of another kind": b"a=1&b=%zz&&&=",
    "control characters": b'{"location": "west\\u0000europe", "query": "\\u0000", "name": "a\\u0000"}',
}
UNREADABLE = frozenset(list(BODIES)[: list(BODIES).index("null")])
"""Those that are no JSON, or none that is safe."""


class TestBodies:
    """Each body is sent to whatever takes one."""

    def places(self, place: Place) -> list[tuple[str, str, str]]:
        role = "/providers/Microsoft.Authorization/roleAssignments/11111111-2222-3333-4444-555555555555"
        region = f"{SUBSCRIPTION}/providers/Microsoft.DigitalTwins/locations/westeurope"
        version = "?api-version="
        data = f"https://{place.host}"
        return [
            ("PUT", f"{ARM}{GROUP}-new{version}2022-09-01", ARM),
            ("PUT", f"{ARM}{TWINS}{version}2023-01-31", ARM),
            ("PATCH", f"{ARM}{place.id}{version}2023-01-31", ARM),
            ("PUT", f"{ARM}{GROUP}{role}{version}2022-04-01", ARM),
            ("POST", f"{ARM}{region}/checkNameAvailability{version}2023-01-31", ARM),
            ("POST", f"{GRAPH}/v1.0/directoryObjects/getByIds", GRAPH),
            ("POST", f"{GRAPH}/v1.0/me/getMemberGroups", GRAPH),
            ("POST", f"{data}/models{version}2023-10-31", TWINS_AUDIENCE),
            ("POST", f"{data}/query{version}2023-10-31", TWINS_AUDIENCE),
            ("PUT", f"{data}/digitaltwins/a{version}2023-10-31", TWINS_AUDIENCE),
            ("PATCH", f"{data}/digitaltwins/a{version}2023-10-31", TWINS_AUDIENCE),
            ("PUT", f"{data}/eventroutes/a{version}2023-10-31", TWINS_AUDIENCE),
            ("POST", f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/token", ""),
            ("POST", f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/devicecode", ""),
            ("POST", f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/authorize", ""),
            ("POST", f"{LOGIN}/{TENANT_ID}/login", ""),
            ("POST", f"{LOGIN}/device", ""),
        ]

    @pytest.mark.parametrize("name", BODIES)
    def test_refused_everywhere(self, place: Place, wire: requests.Session, name: str) -> None:
        answers: dict[str, int] = {}
        for method, address, audience in self.places(place):
            headers = {"Content-Type": "application/json"}
            if audience:
                headers["Authorization"] = f"Bearer {azure.token(place.sandbox, 'owner', audience)}"
            answer = wire.request(method, address, data=BODIES[name], headers=headers, allow_redirects=False)
            answers[f"{method} {address}"] = answer.status_code
        # What can be read may even be fine somewhere, as a change that changes nothing; what cannot never is.
        fine = range(400, 500) if name in UNREADABLE else range(200, 500)
        assert {where: status for where, status in answers.items() if status not in fine} == {}

    def test_too_long_a_body(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "BODY_LIMIT", 1_000_000)
        session = azure.http(sandbox, "owner")
        address = f"{ARM}{GROUP}?api-version=2022-09-01"
        assert session.put(address, data=b" " * 1_000_001).status_code == 413
        assert session.put(address, data=iter([b" " * 600_000] * 3)).status_code == 413, "in chunks too"

    def test_json_may_be_as_deep_as_dotnet_reads(self, sandbox: Sandbox) -> None:
        def put(depth: int) -> int:
            tags: Any = "x"
            for _ in range(depth - 1):
                tags = {"[a": tags}
            body = json.dumps({"location": "westeurope", "ignored": tags})
            session = azure.http(sandbox, "owner")
            return session.put(f"{ARM}{GROUP}?api-version=2022-09-01", data=body).status_code

        assert (put(JSON_DEPTH), put(JSON_DEPTH + 1)) == (200, 400)
