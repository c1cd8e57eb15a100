"""What no well-meaning client sends: every piece of it gets a proper refusal, and the sandbox goes on."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from runbook_lib.sandbox import ManualClock, Sandbox, server
from runbook_lib.sandbox.http import JSON_DEPTH, Answer
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import TENANT_ID
from tests import azure
from tests.sandbox.control_plane import GROUP, SUBSCRIPTION, TWINS
from tests.sandbox.place import PROPAGATION, Place, build

ARM = "https://management.azure.com"
GRAPH = "https://graph.microsoft.com"
TWINS_AUDIENCE = "https://digitaltwins.azure.net"
LOGIN = "https://login.microsoftonline.com"
GROUPS = f"{SUBSCRIPTION}/resourcegroups"
DATA_OWNER = "bcd981a7-7f74-457b-83e1-cceb9e632ffe"


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One sandbox with an instance for all; nothing of what is sent here should change it."""
    clock = ManualClock()
    with Sandbox(clock=clock) as sandbox:
        built = build(sandbox, clock, "factory-twins")
        built.give(DATA_OWNER, "owner")
        clock.advance(PROPAGATION)
        yield built
        azure.close_clients(sandbox)


@pytest.fixture(scope="module")
def sandbox(place: Place) -> Sandbox:
    return place.sandbox


@pytest.fixture(scope="module")
def wire(sandbox: Sandbox) -> requests.Session:
    """A client that keeps its connections, for many requests."""
    return azure.http(sandbox)


@pytest.fixture(autouse=True)
def _it_goes_on(sandbox: Sandbox, wire: requests.Session, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each test the sandbox answers as before, and nothing of ours has failed."""
    yield
    headers = {"Authorization": f"Bearer {azure.token(sandbox, 'owner', ARM)}"}
    assert wire.get(f"{ARM}{GROUPS}?api-version=2022-09-01", headers=headers).status_code == 200
    assert "the sandbox failed" not in caplog.text
    assert "Exception in ASGI application" not in caplog.text


def raw(sandbox: Sandbox, request: bytes, host: str = "management.azure.com") -> bytes:
    """Send bytes through a tunnel and return all that comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
        connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        context = ssl.create_default_context(cafile=str(sandbox.settings.ca_file))
        with context.wrap_socket(connection, server_hostname=host) as wrapped:
            wrapped.sendall(request)
            return b"".join(iter(lambda: wrapped.recv(65536), b""))


def get(sandbox: Sandbox, address: str, token: str) -> requests.Response:
    return azure.http(sandbox).get(address, headers={"Authorization": f"Bearer {token}"}, timeout=5)


class TestHeads:
    HOST = b"Host: management.azure.com\r\nConnection: close\r\n"

    @pytest.mark.parametrize(
        "framing",
        [
            b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            b"Content-Length: -4\r\n\r\nabcd",
            b"Content-Length: +4\r\n\r\nabcd",
            b"Content-Length: 4 4\r\n\r\nabcd",
            b"Content-Length: 99999999999999999999999\r\n\r\nabcd",
            b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabcd\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcdefgh\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabcd\r\n0\r\n\r\n",
        ],
    )
    def test_where_a_body_ends_is_never_guessed(self, sandbox: Sandbox, framing: bytes) -> None:
        hidden = b"DELETE /subscriptions HTTP/1.1\r\n" + self.HOST + b"\r\n"
        answer = raw(sandbox, b"POST /subscriptions HTTP/1.1\r\n" + self.HOST + framing + hidden)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1 ") == 1, "what follows is not taken for a request"

    @pytest.mark.parametrize(
        "header",
        [
            b"X-Folded: one\r\n two\r\n",
            b"X-Space : 1\r\n",
            b"X-Bare: a\rb\r\n",
            b"X-Nul: a\x00b\r\n",
            b"X-Control: a\x01b\r\n",
            b": nameless\r\n",
            b"no colon\r\n",
            b"Host: evil.example\r\n",
        ],
    )
    def test_malformed_headers(self, sandbox: Sandbox, header: bytes) -> None:
        answer = raw(sandbox, b"GET /subscriptions HTTP/1.1\r\n" + self.HOST + header + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")

    @pytest.mark.parametrize(
        "request_line",
        [
            b"GET /sub scriptions HTTP/1.1",
            b"GET /subscr\xffiptions HTTP/1.1",
            b"OPTIONS * HTTP/1.1",
            b"CONNECT evil.example:443 HTTP/1.1",
            b"STEAL /subscriptions HTTP/1.1",
            b"PRI * HTTP/2.0",
            b"GET /subscriptions HTTP/9.9",
        ],
    )
    def test_malformed_request_lines(self, sandbox: Sandbox, request_line: bytes) -> None:
        assert raw(sandbox, request_line + b"\r\n" + self.HOST + b"\r\n").startswith(b"HTTP/1.1 400 ")

    def test_one_host_is_needed(self, sandbox: Sandbox) -> None:
        answer = raw(sandbox, b"GET /subscriptions HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ") and b"one Host header" in answer

    @pytest.mark.parametrize("header", [b"X-Long: " + b"a" * 200_000, b"X-Many: y\r\n" * 10_000 + b"X-Last: y"])
    def test_headers_without_end(self, sandbox: Sandbox, header: bytes) -> None:
        answer = raw(sandbox, b"GET /subscriptions HTTP/1.1\r\n" + self.HOST + header + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431 ")

    def test_bytes_that_are_no_http(self, sandbox: Sandbox) -> None:
        assert raw(sandbox, bytes(range(256))).startswith(b"HTTP/1.1 400 ")

    def test_what_a_header_of_an_answer_cannot_hold_is_encoded(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = Answer(200, "ok", {"Location": "/a\r\nSet-Cookie: b=c", "X-Name": "Łódź é"})
        monkeypatch.setattr(sandbox.cloud, "handle", lambda _: answer)
        received = azure.http(sandbox).get(f"{ARM}/x", allow_redirects=False)
        assert received.headers["Location"] == "/a%0D%0ASet-Cookie: b=c"
        assert received.headers["X-Name"] == "%C5%81ód%C5%BA é"
        monkeypatch.undo()


class TestPaths:
    HOSTS = ("management.azure.com", "graph.microsoft.com", "login.microsoftonline.com")

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/subscriptions/../tenants", 400),
            ("/subscriptions/%2e%2E/tenants", 400),
            ("/subscriptions/.", 400),
            ("/subscriptions/a%00b", 400),
            ("/subscriptions/a%0d%0aX: y", 400),
            ("/subscriptions/%zz", 400),
            ("/subscriptions/%", 400),
            ("/" + "a" * 20_000, 414),
            ("/a?" + "b" * 20_000, 414),
        ],
    )
    def test_addresses_that_http_sys_refuses(self, place: Place, path: str, status: int) -> None:
        for host in (*self.HOSTS, place.host):
            line = f"GET {path.replace(' ', '%20')} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            assert raw(place.sandbox, line.encode(), host).startswith(f"HTTP/1.1 {status} ".encode())

    @pytest.mark.parametrize(
        "path",
        [
            "/subscriptions%2f{subscription}%2fresourcegroups",
            "/subscriptions/{subscription}%2fresourcegroups/rg-twins",
            "/subscriptions/{subscription}/resourcegroups/rg-twins%2f..%2f..",
            "/subscriptions/{subscription}/resourcegroups/%252e%252e/resources",
            "/subscriptions/{subscription}/resourcegroups/rg%255c/resources",
            "/subscriptions/{subscription}/resourcegroups/a%5cb",
            "/subscriptions/{subscription}/resourcegroups/" + "a" * 5000,
            "/subscriptions/{subscription}/resourcegroups/rg/providers/" + "x/" * 3000,
            "/subscriptions/{subscription}/providers/Microsoft.DigitalTwins/locations/%2F/operationResults/%F0%28",
            "/" + "providers/" * 1000,
            "/%C0%AE%C0%AE/",
            "/;jsessionid=1",
            "/\\..\\windows",
        ],
    )
    def test_tricks_lead_nowhere(self, place: Place, path: str) -> None:
        path = path.replace("{subscription}", SUBSCRIPTION.rpartition("/")[2])
        for method in ("GET", "PUT"):
            for host, audience in ((ARM, ARM), (GRAPH, GRAPH), (f"https://{place.host}", TWINS_AUDIENCE), (LOGIN, "")):
                line = (
                    f"{method} {path}?api-version=2022-09-01 HTTP/1.1\r\nHost: {host[8:]}\r\nConnection: close\r\n"
                    f"Authorization: Bearer {azure.token(place.sandbox, 'owner', audience)}\r\n"
                    "Content-Length: 2\r\n\r\n{}"
                )
                answer = raw(place.sandbox, line.encode("latin-1"), host[8:])
                assert 400 <= int(answer[9:12]) < 500, answer

    def test_an_encoded_slash_does_not_reach_into_another_group(self, sandbox: Sandbox) -> None:
        inner = TWINS.removeprefix(f"{SUBSCRIPTION}/resourceGroups/").replace("/", "%2f")
        session = azure.http(sandbox, "owner")
        for name in (inner, inner.replace("my-twins", "factory-twins")):
            answer = session.get(f"{ARM}{SUBSCRIPTION}/resourceGroups/{name}?api-version=2022-09-01")
            assert answer.status_code in (400, 404)


DEEP = 20_000
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


def _encoded(part: dict[str, Any] | bytes) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class TestTokens:
    """Whoever made a token: if it is not this sandbox's, in every bit, nothing is answered but 401."""

    def forged(self, sandbox: Sandbox, audience: str) -> dict[str, str]:
        good = azure.token(sandbox, "owner", audience)
        header, claims, signature = good.split(".")
        body, kid = peek(good), jwt.get_unverified_header(good)["kid"]
        foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = sandbox.cloud.tokens._public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with_secret = _encoded({"alg": "HS256", "typ": "JWT", "kid": kid})
        by_hand = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        signed = by_hand.sign(f"{with_secret}.{claims}".encode(), public)
        sign = sandbox.cloud.tokens.sign
        return {
            "alg none": f"{_encoded({'alg': 'none', 'kid': kid})}.{claims}.",
            "alg None": f"{_encoded({'alg': 'None', 'kid': kid})}.{claims}.{signature}",
            "HS256 with the public key": f"{with_secret}.{claims}.{_encoded(signed)}",
            "another key": jwt.encode(body, foreign, "RS256", headers={"kid": kid}),
            "another key id": jwt.encode(body, sandbox.cloud.tokens._key, "RS256", headers={"kid": "0" * 32}),
            "no key id": jwt.encode(body, sandbox.cloud.tokens._key, "RS256"),
            "key id of a file": jwt.encode(body, foreign, "RS256", headers={"kid": "../../dev/null"}),
            "key in the header": jwt.encode(body, foreign, "RS256", headers={"kid": kid, "jwk": {"kty": "RSA"}}),
            "other claims": f"{header}.{_encoded({**body, 'oid': 'x'})}.{signature}",
            "no signature": f"{header}.{claims}.",
            "two parts": f"{header}.{claims}",
            "five parts": f"{header}.{claims}.{signature}.{claims}.{signature}",
            "no JSON": f"{_encoded(b'{')}.{claims}.{signature}",
            "a list": f"{_encoded(b'[]')}.{claims}.{signature}",
            "claims that are a list": f"{header}.{_encoded(b'[1]')}.{signature}",
            "deep": f"{_encoded(b'[' * DEEP)[:20000]}.{claims}.{signature}",
            "rubbish": "rubbish",
            "dots": "..",
            "an expiry that is a text": sign({**body, "exp": "tomorrow"}),
            "no expiry": sign({name: value for name, value in body.items() if name != "exp"}),
            "several audiences": sign({**body, "aud": [audience, "https://vault.azure.net"]}),
            "another tenant": sign({**body, "tid": "11111111-2222-3333-4444-555555555555"}),
            "an id token": sign({**body, "aud": body["appid"], "ver": "2.0"}),
        }

    @pytest.mark.parametrize(
        ("address", "audience"),
        [
            (f"{ARM}{GROUPS}?api-version=2022-09-01", ARM),
            (f"{GRAPH}/v1.0/me", GRAPH),
            ("https://factory-twins.api.weu.digitaltwins.azure.net/models?api-version=2023-10-31", TWINS_AUDIENCE),
        ],
        ids=["arm", "graph", "data"],
    )
    def test_none_is_accepted(self, place: Place, address: str, audience: str) -> None:
        assert get(place.sandbox, address, azure.token(place.sandbox, "owner", audience)).status_code == 200
        answers = {
            name: get(place.sandbox, address, token).status_code
            for name, token in self.forged(place.sandbox, audience).items()
        }
        # The data plane hides from other tenants that there is such an instance (documented).
        expected = dict.fromkeys(answers, 401) | ({"another tenant": 404} if audience == TWINS_AUDIENCE else {})
        assert answers == expected

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Basic b3duZXI6", "bearer\t", "Bearer a b c", "Négociate x", "Bearer ü"]
    )
    def test_headers_that_hold_no_token(self, sandbox: Sandbox, header: str) -> None:
        session = azure.http(sandbox)
        answer = session.get(f"{ARM}{GROUPS}?api-version=2022-09-01", headers={"Authorization": header.encode()})
        assert answer.status_code == 401

    def test_a_token_that_was_good_grows_old_all_the_same(self) -> None:
        """What is remembered of a token is its signature, not that it was accepted."""
        clock = ManualClock()
        with Sandbox(clock=clock) as sandbox:
            token = azure.token(sandbox, "owner", GRAPH)
            assert get(sandbox, f"{GRAPH}/v1.0/me", token).status_code == 200
            clock.advance(5400)
            assert get(sandbox, f"{GRAPH}/v1.0/me", token).status_code == 401
            azure.close_clients(sandbox)


class TestProxy:
    @pytest.mark.parametrize(
        ("target", "status"),
        [
            ("MANAGEMENT.Azure.COM:443", 200),
            ("management.azure.com.evil:443", 403),
            ("management.azure.com.:443", 403),
            ("evil-management.azure.com:443", 403),
            ("management.azure.com:80", 403),
            ("management.azure.com:65536", 403),
            ("management.azure.com:0443", 200),
            ("owner@management.azure.com:443", 400),
            ("management.azure.com:443@evil.example:443", 400),
            ("127.0.0.1:443", 403),
            ("0x7f000001:443", 403),
            ("[::ffff:127.0.0.1]:443", 403),
            ("localhost:443", 403),
            ("evil.example/management.azure.com:443", 400),
            ("management.azure.com%00.evil:443", 400),
            ("management。azure。com:443", 400),
            ("a.api.weu.digitaltwins.azure.net.evil:443", 403),
            ("a/b.api.weu.digitaltwins.azure.net:443", 400),
            ("-_-.api.weu.digitaltwins.azure.net:443", 403),
        ],
    )
    def test_it_leads_to_the_sandbox_or_nowhere(self, sandbox: Sandbox, target: str, status: int) -> None:
        with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
            connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: management.azure.com\r\n\r\n".encode())
            assert connection.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())

    def test_a_body_of_a_connect_is_not_a_second_request(self, sandbox: Sandbox) -> None:
        with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
            smuggled = b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n"
            head = b"CONNECT management.azure.com:443 HTTP/1.1\r\nContent-Length: 40\r\n\r\n"
            connection.sendall(head + smuggled)
            received = b"".join(iter(lambda: connection.recv(4096), b""))
        assert received.count(b"HTTP/1.1 ") == 1
