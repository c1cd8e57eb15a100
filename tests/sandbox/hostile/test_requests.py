"""Requests that no well-meaning client sends: each gets a proper refusal, and the sandbox goes on."""

from __future__ import annotations

import socket

import pytest

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.http import Answer
from tests import azure
from tests.sandbox.control_plane import SUBSCRIPTION, TWINS
from tests.sandbox.finished_instance import Place
from tests.sandbox.hostile.wire import ARM, GRAPH, LOGIN, TWINS_AUDIENCE, connect, raw


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
            connection.sendall(connect(sandbox, target))
            assert connection.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())

    def test_a_body_of_a_connect_is_not_a_second_request(self, sandbox: Sandbox) -> None:
        with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
            smuggled = b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n"
            head = connect(sandbox, "management.azure.com:443", "Content-Length: 40\r\n")
            connection.sendall(head + smuggled)
            received = b"".join(iter(lambda: connection.recv(4096), b""))
        assert received.count(b"HTTP/1.1 ") == 1
