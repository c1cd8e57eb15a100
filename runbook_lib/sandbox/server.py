"""The sandbox on sockets: HTTP in front of the simulated cloud, TLS around that, and the proxy in front of all."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .clock import stamp
from .cloud import Cloud, serves
from .connection import Settings
from .http import Answer, Request
from .proxy import Proxy
from .tls import make_certificates, write_trust_files
from .tunnels import Tunnels
from .world import TENANT_ID

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes. Azure's own limits are lower and belong to the services; this one just protects the machine."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger("runbook.sandbox")


PATH_LIMIT = 16 * 1024
"""Characters of path and query together: the default limit of http.sys, which is in front of Azure's services."""

HEADER_LIMIT = 32 * 1024
"""Bytes of all headers together: the default of Kestrel, the web server behind Azure's services."""

_BAD_ESCAPE = re.compile(r"%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\xa0-\xff]")


class NotServed(Exception):
    """A request that no service sees. The web server in front answers it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"error": {"code": code, "message": message}})


class _Incomplete(Exception):
    """The client left in the middle of a request. Half a request is none, even if it makes sense."""


class Application:
    """ASGI application: turns HTTP into the cloud's Request and its Answer into HTTP.

    Bare ASGI, because the services have their own routes: a framework would have nothing to do here. The cloud runs in
    the event loop on purpose, one request at a time: it needs only microseconds, and never has to lock.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()
        try:
            request = _request(scope, await _body(receive))
        except _Incomplete:
            return
        except NotServed as refused:
            await _reply(send, scope["method"], refused.answer)
            return
        answer = self._cloud.handle(request)
        # Never the query or the body: codes, tokens and secrets travel there.
        spent = (time.perf_counter() - began) * 1000
        status = "no answer" if answer.lost else answer.status
        log.info("%s https://%s%s -> %s (%.1f ms)", request.method, request.host, request.path, status, spent)
        if answer.delay and await _client_leaves(receive, answer.delay):
            return
        if answer.lost:
            await _hang_up(scope, receive)
            return
        await _reply(send, request.method, answer)


async def _client_leaves(receive: Receive, seconds: float) -> bool:
    """Wait; return whether the client went away meanwhile. Other requests are served in that time."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _hang_up(scope: Scope, receive: Receive) -> None:
    scope["state"]["connection"].transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # uvicorn would answer 500 for an application that ends before it learns of the disconnection


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Incomplete
        part = message.get("body", b"")
        size += len(part)
        # A body that's too long is still read to its end: a client that's cut off never sees the answer.
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body"):
            break
    if size > BODY_LIMIT:
        raise NotServed(413, "RequestEntityTooLarge", "The request is too large.")
    return b"".join(parts)


def _request(scope: Scope, body: bytes) -> Request:
    """Read a request. Raises NotServed for what http.sys would refuse, and for a host that isn't ours."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    if sum(name == b"host" for name, _ in scope["headers"]) != 1:
        raise NotServed(400, "BadRequest", "The request needs one Host header.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_LIMIT:
        raise NotServed(431, "RequestHeaderFieldsTooLarge", "The request's headers are too long.")
    if len(path) + len(query) > PATH_LIMIT:
        raise NotServed(414, "RequestUriTooLong", "The request's address is too long.")
    # Modelled: real services resolve dot segments. Every client has already done that, so only an attack has them.
    if not path.startswith("/") or _BAD_ESCAPE.search(path) or _DOT_SEGMENT.search(path):
        raise NotServed(400, "BadRequest", "The request's address is invalid.")
    host = headers["host"].partition(":")[0]
    if not serves(host):
        # The tunnel was opened for one of our names, but the request inside asks for another.
        raise NotServed(421, "MisdirectedRequest", "The sandbox is not this host.")
    return Request.build(scope["method"], host, path, query, headers, body)


async def _reply(send: Send, method: str, answer: Answer) -> None:
    body = answer.encoded()
    headers = {"date": formatdate(usegmt=True)} | {name.lower(): value for name, value in answer.headers.items()}
    if body:
        headers.setdefault("content-type", answer.content_type)
    if answer.status not in (204, 304):
        headers["content-length"] = str(len(body))
    encoded = [(name.encode("latin-1"), _sendable(value)) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _sendable(value: str) -> bytes:
    """Write a header's value; a character that can't be in one (above all a line break) is percent-encoded."""
    return _UNSENDABLE.sub(lambda found: quote(found[0]), value).encode("latin-1")


class Edge:
    """Proxy and TLS around one cloud; `async with` runs them, and leaving stops them."""

    def __init__(self, cloud: Cloud, folder: Path, listener: socket.socket, key: str) -> None:
        """Take the cloud, the folder for the trust files, the bound socket for the proxy, and the owner's key."""
        self._cloud = cloud
        self._folder = folder
        self._listener = listener
        self._key = key

    async def __aenter__(self) -> Settings:
        """Start, and return how to reach the sandbox."""
        certificates = make_certificates()
        ca_file, bundle_file = write_trust_files(self._folder, certificates.ca_pem)
        port = self._listener.getsockname()[1]
        settings = Settings(
            proxy_url=f"http://127.0.0.1:{port}",
            key=self._key,
            ca_file=ca_file,
            bundle_file=bundle_file,
            tenant_id=TENANT_ID,
            pace=self._cloud.pace,
            started=stamp(datetime.now(UTC), digits=0),
            pid=os.getpid(),
        )
        self._tunnels = Tunnels(Application(self._cloud), certificates.context)
        self._proxy = Proxy(serves, settings.proxy_authorization, self._tunnels.carry)
        await self._proxy.start(self._listener)
        return settings

    async def __aexit__(self, *_: object) -> None:
        """Stop. The door closes first, so that nobody comes in any more."""
        await self._proxy.close()
        await self._tunnels.stop()
        await self._proxy.wait_closed()


def bind(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; port 0 takes any free one. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        exclusive: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        if exclusive is None:
            # POSIX: lets a restart have its port back at once.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            # Windows: there the other option would let two servers, even of two users, share the port.
            listener.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        listener.bind(("127.0.0.1", port))
        # At once: with the option above, two servers that start together can both bind, and only one can listen.
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the sandbox's main coroutine to its end, on uvloop if it's available."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # it isn't available for Windows
        return asyncio.new_event_loop
    return uvloop.new_event_loop
