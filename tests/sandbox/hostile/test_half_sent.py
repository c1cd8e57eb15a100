"""Clients that stop in the middle: of the handshake, of a request's head, of its body. None is waited for long."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from runbook_lib.sandbox import Sandbox, tunnels
from runbook_lib.sandbox.http import Answer, Request
from tests import azure
from tests.sandbox.hostile.wire import connect

HOST = "management.azure.com"
HEAD = b"PUT /subscriptions HTTP/1.1\r\nHost: management.azure.com\r\n"
GET = b"GET /subscriptions HTTP/1.1\r\nHost: management.azure.com\r\n\r\n"
LIMIT = 0.4


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnels, "REQUEST_TIMEOUT", LIMIT)
    monkeypatch.setattr(tunnels, "HANDSHAKE_TIMEOUT", LIMIT)


@pytest.fixture
def served(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests that the cloud was asked; each is answered with 200."""
    found: list[Request] = []

    def handle(request: Request) -> Answer:
        found.append(request)
        return Answer(200, "ok")

    monkeypatch.setattr(sandbox.cloud, "handle", handle)
    return found


@pytest.fixture(autouse=True)
def _it_goes_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    keys = "https://login.microsoftonline.com/common/discovery/v2.0/keys"
    assert azure.http(sandbox).get(keys, timeout=5).status_code == 200


@contextmanager
def tunnel(sandbox: Sandbox) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=10) as connection:
        connection.sendall(connect(sandbox, f"{HOST}:443"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        yield connection


@contextmanager
def secured(sandbox: Sandbox) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(sandbox.settings.ca_file))
    with tunnel(sandbox) as connection, context.wrap_socket(connection, server_hostname=HOST) as wrapped:
        yield wrapped


def rest(connection: socket.socket) -> bytes:
    """What comes until the server hangs up."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"P",
        b"\r\n",
        HEAD,
        HEAD + b"X-Unfinished: ",
        HEAD + b"Content-Length: 10\r\n\r\n",
        HEAD + b"Content-Length: 10\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        HEAD + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n",
    ],
)
def test_half_a_request_is_dropped_and_not_carried_out(sandbox: Sandbox, served: list[Request], sent: bytes) -> None:
    with secured(sandbox) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        answer = rest(connection)
        took = time.monotonic() - began
    assert answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 408 ")
    assert LIMIT * 0.8 <= took < LIMIT + 5
    assert served == []


@pytest.mark.parametrize("drop", [b"a", b"\r\n"])
def test_a_client_that_drips_gains_no_time(sandbox: Sandbox, served: list[Request], drop: bytes) -> None:
    with secured(sandbox) as connection:
        began = time.monotonic()
        with pytest.raises(OSError):
            for _ in range(1000):
                connection.sendall(drop)
                time.sleep(LIMIT / 20)
        assert time.monotonic() - began < LIMIT + 5
    assert served == []


def test_the_second_request_of_a_connection_has_no_more_time(sandbox: Sandbox, served: list[Request]) -> None:
    with secured(sandbox) as connection:
        connection.sendall(GET + HEAD)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 200 ") and b"HTTP/1.1 408 " in answer
    assert [request.method for request in served] == ["GET"]


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02", b"\x16\x03\x01\x02\x00" + b"\x01" * 100])
def test_half_a_handshake_is_dropped(sandbox: Sandbox, sent: bytes) -> None:
    with tunnel(sandbox) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        with suppress(ConnectionResetError):  # either way it has hung up, or this would time out
            rest(connection)
        assert LIMIT * 0.8 <= time.monotonic() - began < LIMIT + 5


def test_what_is_no_tls_is_hung_up_on(sandbox: Sandbox, served: list[Request]) -> None:
    with tunnel(sandbox) as connection:
        connection.sendall(GET)
        with suppress(ConnectionResetError):
            assert b"HTTP/1.1 " not in rest(connection)
    assert served == []


def test_half_a_request_whose_client_leaves_is_not_carried_out(sandbox: Sandbox, served: list[Request]) -> None:
    for framing in (
        b"Content-Length: 10\r\n\r\n{}",
        b"Content-Length: 2\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
    ):
        with secured(sandbox) as connection:
            connection.sendall(HEAD + framing)
    with secured(sandbox) as connection:
        connection.sendall(GET)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert [request.method for request in served] == ["GET"]


def test_a_long_answer_is_waited_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.cloud, "handle", lambda _: Answer(200, "late", delay=LIMIT * 3))
    with secured(sandbox) as connection:
        # The half request behind it is not held against it, until its own time.
        connection.sendall(GET + HEAD)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 200 ") and b"HTTP/1.1 408 " in answer


def test_a_client_that_takes_its_time_within_the_limit_is_served(sandbox: Sandbox, served: list[Request]) -> None:
    with secured(sandbox) as connection:
        for part in (HEAD, b"Content-Length: 4\r\n", b"\r\n", b"{ ", b" }"):
            connection.sendall(part)
            time.sleep(LIMIT / 10)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert [request.body for request in served] == [b"{  }"]
