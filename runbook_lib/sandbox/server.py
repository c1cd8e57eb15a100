"""The sandbox on sockets: a TLS server in front of the simulated cloud, and the proxy in front of both."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from .clock import stamp
from .cloud import Cloud, serves
from .connection import Settings
from .http import Answer, Request
from .proxy import Proxy
from .tls import make_certificates, write_trust_files
from .world import TENANT_ID

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes. Azure's own limits are lower and belong to the services; this one only protects the machine."""

FAREWELL = 1.0
"""Seconds that a connection has to end when the sandbox stops."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger("runbook.sandbox")


class BodyTooLarge(Exception):
    """A request whose body is longer than BODY_LIMIT."""


class Application:
    """ASGI application: turns HTTP into the cloud's Request and its Answer into HTTP.

    Bare ASGI, because the services bring their own routes: a framework would have nothing to do here. The cloud is
    called in the event loop on purpose, one request at a time: it works for microseconds, and never has to lock.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()
        try:
            request = _request(scope, await _body(receive))
        except BodyTooLarge:
            answer = Answer(413, {"error": {"code": "RequestEntityTooLarge", "message": "The request is too large."}})
            await _reply(send, scope["method"], answer)
            return
        if not serves(request.host):
            # The tunnel was opened for one of our names, and the request inside it asks for another.
            answer = Answer(421, {"error": {"code": "MisdirectedRequest", "message": "The sandbox is not this host."}})
            await _reply(send, request.method, answer)
            return
        answer = self._cloud.handle(request)
        await _reply(send, request.method, answer)
        # Never the query or the body: codes, tokens and secrets travel there.
        spent = (time.perf_counter() - began) * 1000
        log.info("%s https://%s%s -> %d (%.1f ms)", request.method, request.host, request.path, answer.status, spent)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        # Too long a body is read to its end all the same: a client that is cut off never sees the answer.
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body"):
            break
    if size > BODY_LIMIT:
        raise BodyTooLarge
    return b"".join(parts)


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "").partition(":")[0]
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return Request.build(scope["method"], host, path, query, headers, body)


async def _reply(send: Send, method: str, answer: Answer) -> None:
    body = answer.encoded()
    headers = {"date": formatdate(usegmt=True)} | {name.lower(): value for name, value in answer.headers.items()}
    if body:
        headers.setdefault("content-type", answer.content_type)
    if answer.status not in (204, 304):
        headers["content-length"] = str(len(body))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


class _TlsServer:
    """Uvicorn's HTTP protocol on a socket of ours.

    Without uvicorn.Server, which wants the process's signals and looks ten times a second whether to stop: here
    starting and stopping are immediate, and an idle sandbox sleeps.
    """

    def __init__(self, application: Application, context: ssl.SSLContext) -> None:
        self._context = context
        self._state = ServerState()
        self._config = uvicorn.Config(
            application, lifespan="off", interface="asgi3", log_config=None, access_log=False, ws="none",
            proxy_headers=False,
        )  # fmt: skip

    async def start(self) -> int:
        """Listen on a free port and return it."""
        self._config.load()
        listener = bind(0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, sock=listener, ssl=self._context)
        port: int = listener.getsockname()[1]
        return port

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self._config.http_protocol_class(  # type: ignore[call-arg]
            config=self._config, server_state=self._state, app_state={}
        )
        return protocol

    async def stop(self) -> None:
        """Stop listening, let the answers under way go out, and wait until every connection has gone."""
        self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                while self._state.connections or self._state.tasks:
                    await asyncio.sleep(0.002)
        await self._server.wait_closed()


class Edge:
    """Proxy and TLS server around one cloud; `async with` runs them, and leaving stops them."""

    def __init__(self, cloud: Cloud, folder: Path, listener: socket.socket) -> None:
        """Take the cloud, the folder for the trust files, and the bound socket for the proxy."""
        self._cloud = cloud
        self._folder = folder
        self._listener = listener

    async def __aenter__(self) -> Settings:
        """Start, and return where the sandbox is."""
        certificates = make_certificates()
        ca_file, bundle_file = write_trust_files(self._folder, certificates.ca_pem)
        self._server = _TlsServer(Application(self._cloud), certificates.context)
        self._proxy = Proxy(serves, await self._server.start())
        await self._proxy.start(self._listener)
        port = self._listener.getsockname()[1]
        return Settings(
            proxy_url=f"http://127.0.0.1:{port}", ca_file=ca_file, bundle_file=bundle_file, tenant_id=TENANT_ID,
            pace=self._cloud.pace, started=stamp(datetime.now(UTC), digits=0), pid=os.getpid(),
        )  # fmt: skip

    async def __aexit__(self, *_: object) -> None:
        """Stop. The tunnels go first: the TLS server would wait for idle clients to say goodbye."""
        await self._proxy.stop()
        await self._server.stop()


def bind(port: int) -> socket.socket:
    """Return a socket bound to 127.0.0.1; port 0 takes any free one. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # POSIX: lets a restart have its port back at once. On Windows the option would let two servers share it.
        if hasattr(socket, "AF_UNIX"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except BaseException:
        listener.close()
        raise
    return listener


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the sandbox's main coroutine to its end, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop
    return uvloop.new_event_loop
