"""The TLS end of every tunnel: the sandbox's HTTP server, which takes connections from the proxy and has no port."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HANDSHAKE_TIMEOUT = 30.0
"""Seconds a client has to finish the TLS handshake."""
REQUEST_TIMEOUT = 30.0
"""Seconds a client has to send a whole request, from the start of the connection or from the request's first byte.

Loopback carries the longest body that we take in well under a second."""
FAREWELL = 1.0
"""Seconds that a connection has to say goodbye, and that running requests have to end when the sandbox stops."""

_QUICK_ACKNOWLEDGEMENT: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Set after each read: urllib3 sends a body to a proxy only when the head was acknowledged, which takes Linux 40 ms.

Linux only; must be set again after each read."""
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Tunnels:
    """Serves an ASGI application over TLS on connections that others have accepted."""

    def __init__(self, application: Any, context: ssl.SSLContext) -> None:
        """Take the application and what the server shows its clients."""
        self._context = context
        self._state = ServerState()
        self._config = uvicorn.Config(
            application,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
        self._config.load()

    async def carry(self, transport: asyncio.Transport) -> None:
        """Take over a connection whose client begins with TLS now. Its reading must be paused."""
        protocol = _Protocol(self._config, self._state)
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                protocol,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
                ssl_shutdown_timeout=FAREWELL,
            )
            assert secured is not None
            protocol.begin(secured)
        except OSError:  # the client has gone, distrusts us, or speaks no TLS
            transport.abort()
        except asyncio.CancelledError:
            transport.abort()
            raise

    async def stop(self) -> None:
        """Cut every connection, and wait for the requests under way to notice."""
        for connection in list(self._state.connections):
            connection.transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                while self._state.connections or self._state.tasks:
                    await asyncio.sleep(0.002)


class _Protocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol for a connection that was accepted by the proxy.

    It drops clients that leave a request half-sent, which uvicorn waits for without an end, and hands each request its
    connection, for faults that break that.
    """

    def __init__(self, config: uvicorn.Config, server_state: ServerState) -> None:
        super().__init__(config, server_state, {"connection": self})
        self._early: list[bytes] = []
        self._begun = self._lost = False
        self._deadline: asyncio.TimerHandle | None = None

    def begin(self, transport: asyncio.Transport) -> None:
        """Start to serve; the handshake is done. What the client has sent together with its end is here already."""
        if self._lost:
            return
        self._begun = True
        self.connection_made(transport)
        self._socket = transport.get_extra_info("socket")
        self._expect_request()
        early, self._early = self._early, []
        for data in early:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Read on, acknowledged at once."""
        if not self._begun:
            self._early.append(data)
            return
        if _QUICK_ACKNOWLEDGEMENT is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACKNOWLEDGEMENT, 1)
        # Even an empty line: it is not the start of a request for the parser, and it stops uvicorn's own timer.
        self._expect_request()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Give the client its time for a request that follows another in the same bytes, too."""
        self._expect_request()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Let the client wait for its answer as long as that takes."""
        self._forget_deadline()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._lost = True
        self._forget_deadline()
        if self._begun:
            super().connection_lost(exc)

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self._give_up)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self.pipeline or (self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body)):
            # It's our turn: the client waits for the answer to an earlier request, as long as that takes.
            self._expect_request()
            return
        self.transport.write(_TOO_LATE)
        self.transport.close()
