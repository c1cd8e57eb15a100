"""The sandbox's only door: an HTTP CONNECT proxy that leads into the sandbox, or nowhere, and only its owner.

It never opens a connection, to this machine or another. What gets through is handed over as it is, to the TLS end in
`tunnels`, which has no port of its own: there is no way around this door.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import socket
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, cast

HEAD_LIMIT = 16 * 1024
"""Maximum bytes of a request's head; a CONNECT needs about 200."""
HEAD_TIMEOUT = 30.0
"""How many seconds a client has to send the head, so that idle connections don't pile up."""

_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"
_CHALLENGE = 'Proxy-Authenticate: Basic realm="Azure Digital Twins sandbox", charset="UTF-8"\r\n'

Carry = Callable[[asyncio.Transport], Coroutine[Any, Any, None]]
Headers = dict[str, list[str]]
"""By lower-case name, every value in its order."""


class Refusal(Exception):
    """A request that the proxy refuses; the text goes to the client."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Proxy:
    """Listens on 127.0.0.1 and hands over each connection whose request is the owner's and for one of our names."""

    def __init__(self, serves: Callable[[str], bool], authorization: str, carry: Carry) -> None:
        """Take what says which host names are ours, the `Proxy-Authorization` to ask for, and where tunnels lead."""
        self.serves = serves
        self.authorization = authorization.partition(" ")[2].encode()
        self.callers: set[_Caller] = set()
        self._carry = carry
        self._server: asyncio.Server | None = None
        self._handovers: set[asyncio.Task[None]] = set()

    async def start(self, listener: socket.socket) -> None:
        """Begin to accept connections on a bound socket."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Caller(self), sock=listener)

    async def close(self) -> None:
        """Stop listening, and cut everybody who is not through yet."""
        if self._server is not None:
            self._server.close()
        for caller in list(self.callers):
            caller.transport.abort()
        for task in list(self._handovers):
            task.cancel()
        await asyncio.gather(*self._handovers, return_exceptions=True)

    async def wait_closed(self) -> None:
        """Wait until every connection has gone; those who took them over have to end them."""
        if self._server is not None:
            await self._server.wait_closed()

    def hand_over(self, transport: asyncio.Transport) -> None:
        """Pass on a connection whose tunnel is open."""
        task = asyncio.get_running_loop().create_task(self._carry(transport))
        self._handovers.add(task)
        task.add_done_callback(self._handovers.discard)


class _Caller(asyncio.Protocol):
    """Somebody who has connected and whose request is not complete yet."""

    transport: asyncio.Transport

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._head = bytearray()
        self._done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are none of asyncio's classes
        self._proxy.callers.add(self)
        too_late = Refusal(HTTPStatus.REQUEST_TIMEOUT, "No request came.")
        self._timer = asyncio.get_running_loop().call_later(HEAD_TIMEOUT, self._refuse, too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()

    def eof_received(self) -> bool:
        self._refuse(Refusal(HTTPStatus.BAD_REQUEST, "The request ends in the middle of its head."))
        return True  # we close it, once the answer is out

    def data_received(self, data: bytes) -> None:
        if self._done:
            return
        searched = max(len(self._head) - 3, 0)
        self._head += data
        end = self._head.find(b"\r\n\r\n", searched)
        if end < 0 and len(self._head) <= HEAD_LIMIT:
            return
        try:
            if not 0 <= end <= HEAD_LIMIT:
                raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too long.")
            check(bytes(self._head[:end]), self._proxy.serves, self._proxy.authorization)
            if len(self._head) > end + 4:
                raise Refusal(HTTPStatus.BAD_REQUEST, "Something follows the request before its tunnel is open.")
        except Refusal as refusal:
            self._refuse(refusal)
        else:
            self._finish()
            # The next bytes are TLS, for the protocol that takes over.
            self.transport.pause_reading()
            self.transport.write(_OPEN)
            self._proxy.hand_over(self.transport)

    def _refuse(self, refusal: Refusal) -> None:
        if not self._done:
            self._finish()
            self.transport.write(_plain_answer(refusal))
            self.transport.close()

    def _finish(self) -> None:
        self._done = True
        self._timer.cancel()
        self._proxy.callers.discard(self)


def check(head: bytes, serves: Callable[[str], bool], authorization: bytes) -> None:
    """Check a request's head. Raises Refusal unless it is the owner's and opens a tunnel to one of our names.

    Nobody but the owner learns more than that there is a proxy.
    """
    lines = head.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(lines[0])
    if not found:
        raise Refusal(HTTPStatus.BAD_REQUEST, "This is not an HTTP/1.1 request.")
    method, target = found[1].decode(), found[2].decode("ascii", "replace")
    headers = _headers(lines[1:])
    if _is_a_pages(target, headers):
        raise Refusal(HTTPStatus.FORBIDDEN, "This is the sandbox's proxy. It doesn't answer web pages.")
    if not _is_the_owners(headers, authorization):
        raise Refusal(
            HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
            "The sandbox answers only its owner, who gets its address and key from: runbook sandbox env",
        )
    if method != "CONNECT":
        raise Refusal(HTTPStatus.FORBIDDEN, f"The sandbox carries https only; {method} {target} would be http.")
    authority = _AUTHORITY.fullmatch(target)
    if not authority:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"CONNECT needs a host and a port, not {target}.")
    host, port = authority[1], int(authority[2])
    if port != 443 or not serves(host):
        raise Refusal(HTTPStatus.FORBIDDEN, f"The sandbox does not speak for {host}:{port}, and opens no other host.")
    if _names_another_host(headers, host):
        raise Refusal(HTTPStatus.FORBIDDEN, f"The request is for {host}, and its Host header names another host.")


def _headers(lines: list[bytes]) -> Headers:
    headers: Headers = {}
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        headers.setdefault(name.lower(), []).append(value.strip(" \t"))
    return headers


def _is_a_pages(target: str, headers: Headers) -> bool:
    """Tell whether a web page sent this, straight to our port: by `fetch`, a form, a socket, or a rebound name.

    A page cannot make its browser send CONNECT or an absolute address. It gets no challenge, so that nobody is asked
    for the key in a page's name.
    """
    told = any(name == "origin" or name.startswith(("sec-fetch-", "sec-websocket-")) for name in headers)
    return told or target.startswith(("/", "*"))


def _is_the_owners(headers: Headers, authorization: bytes) -> bool:
    given = headers.get("proxy-authorization", [])
    scheme, _, credentials = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return scheme.lower() == "basic" and hmac.compare_digest(credentials.strip().encode("latin-1"), authorization)


def _names_another_host(headers: Headers, host: str) -> bool:
    names = {value.lower().removesuffix(":443") for value in headers.get("host", [])}
    return any(name != host.lower() and name.rpartition(":")[0] not in _LOOPBACK for name in names)


def _plain_answer(refusal: Refusal) -> bytes:
    body = f"{refusal}\n".encode()
    challenge = _CHALLENGE if refusal.status is HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else ""
    head = (
        f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"{challenge}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
