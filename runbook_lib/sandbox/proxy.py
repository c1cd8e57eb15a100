"""The sandbox's only door: an HTTP CONNECT proxy to the sandbox's own TLS server, and to nothing else.

It never opens a connection to any other host, so nothing that a client asks for leaves this machine.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

HEAD_LIMIT = 16 * 1024
"""Maximum bytes of a request's head; a CONNECT needs about 200."""
HEAD_TIMEOUT = 30.0
"""How many seconds a client has to send the head, so that idle connections don't pile up."""

_QUICK_ACKNOWLEDGEMENT: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux only; must be set again after each read."""

_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


class Refusal(Exception):
    """A request that the proxy refuses; the text goes to the client."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Proxy:
    """Listens on 127.0.0.1 and joins each accepted connection to the TLS server's port."""

    def __init__(self, serves: Callable[[str], bool], tls_port: int) -> None:
        """Take a test for our host names, and the port of our TLS server on 127.0.0.1."""
        self._serves = serves
        self._tls_port = tls_port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, listener: socket.socket) -> None:
        """Start to accept connections on a bound socket."""
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=HEAD_LIMIT)

    async def stop(self) -> None:
        """Stop listening and cut every tunnel."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the client is gone, or the sandbox is stopping
        finally:
            self._connections.discard(task)
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self._check(await _read_head(reader))
        except Refusal as refusal:
            writer.write(_plain_answer(refusal))
            await writer.drain()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._tls_port)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _join((reader, writer), (inner_reader, inner_writer))
        finally:
            await _close(inner_writer)

    def _check(self, head: bytes) -> None:
        found = _REQUEST_LINE.fullmatch(head.partition(b"\r\n")[0])
        if not found:
            raise Refusal(HTTPStatus.BAD_REQUEST, "This is not an HTTP/1.1 request.")
        method, target = found[1].decode(), found[2].decode("ascii", "replace")
        if method != "CONNECT":
            raise Refusal(HTTPStatus.FORBIDDEN, f"The sandbox carries https only; {method} {target} would be http.")
        authority = _AUTHORITY.fullmatch(target)
        if not authority:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"CONNECT needs a host and a port, not {target}.")
        host, port = authority[1], int(authority[2])
        if port != 443 or not self._serves(host):
            raise Refusal(
                HTTPStatus.FORBIDDEN, f"The sandbox does not speak for {host}:{port}, and opens no other host."
            )


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_QUICK_ACKNOWLEDGEMENT = getattr(socket, "TCP_QUICKACK", None)
"""Set after each read: urllib3 sends a body to a proxy only after the head is acknowledged, which takes Linux 40 ms."""


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(HEAD_TIMEOUT):
            return await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "No request came.") from None
    except asyncio.LimitOverrunError:
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too long.") from None
    except asyncio.IncompleteReadError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The request ends in the middle of its head.") from None


def _plain_answer(refusal: Refusal) -> bytes:
    body = f"{refusal}\n".encode()
    head = (
        f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def _join(one: Stream, other: Stream) -> None:
    """Copy both ways until either side ends. TLS closes both directions itself, so a half-open tunnel is useless."""
    copies = [asyncio.create_task(_copy(one, other)), asyncio.create_task(_copy(other, one))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)


async def _copy(source: Stream, target: Stream) -> None:
    (reader, back), (_, writer) = source, target
    origin = back.get_extra_info("socket")
    while data := await reader.read(65536):
        if _QUICK_ACKNOWLEDGEMENT is not None:
            origin.setsockopt(socket.IPPROTO_TCP, _QUICK_ACKNOWLEDGEMENT, 1)
        writer.write(data)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()
