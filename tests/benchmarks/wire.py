"""A lean HTTP client through the sandbox's proxy, so that what is measured is the sandbox and not its client."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runbook_lib import sandbox


@dataclass(frozen=True)
class Reply:
    """An answer and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection to one host at a time; a request to another host opens another tunnel, and both stay open."""

    def __init__(self, settings: sandbox.Settings) -> None:
        self._port = settings.port
        self._authorization = settings.proxy_authorization
        self._context = ssl.create_default_context(cafile=str(settings.ca_file))
        self._open: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def send(
        self, method: str, address: str, body: bytes = b"", *, token: str = "", kind: str = "application/json"
    ) -> Reply:
        """Send a request and wait for its answer."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        reader, writer = self._open.get(host) or await self._tunnel(host)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        began = time.perf_counter()
        writer.write(head.encode() + b"\r\n" + body)
        status, headers, content = await _read(reader)
        return Reply(status, headers, content, time.perf_counter() - began)

    async def _tunnel(self, host: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"CONNECT {host}:443 HTTP/1.1\r\nProxy-Authorization: {self._authorization}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(self._context, server_hostname=host)
        self._open[host] = (reader, writer)
        return reader, writer

    async def close(self) -> None:
        for _, writer in self._open.values():
            writer.transport.abort()
        self._open.clear()


async def _read(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines[1:] if line)
    headers = {name.lower(): value for name, _, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(lines[0].split()[1]), headers, content
