"""What tests send that no client library would, and how."""

from __future__ import annotations

import socket
import ssl

import requests

from runbook_lib.sandbox import Sandbox
from tests import azure
from tests.sandbox.control_plane import SUBSCRIPTION

ARM = "https://management.azure.com"
GRAPH = "https://graph.microsoft.com"
TWINS_AUDIENCE = "https://digitaltwins.azure.net"
LOGIN = "https://login.microsoftonline.com"
GROUPS = f"{SUBSCRIPTION}/resourcegroups"
DEEP = 20_000
"""Levels of nesting: far more than any reader takes."""


def connect(sandbox: Sandbox, target: str, more: str = "") -> bytes:
    """The head of the owner's request for a tunnel."""
    key = f"Proxy-Authorization: {sandbox.settings.proxy_authorization}\r\n"
    return f"CONNECT {target} HTTP/1.1\r\n{key}{more}\r\n".encode()


def raw(sandbox: Sandbox, request: bytes, host: str = "management.azure.com") -> bytes:
    """Send bytes through a tunnel and return all that comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
        connection.sendall(connect(sandbox, f"{host}:443"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        context = ssl.create_default_context(cafile=str(sandbox.settings.ca_file))
        with context.wrap_socket(connection, server_hostname=host) as wrapped:
            wrapped.sendall(request)
            return b"".join(iter(lambda: wrapped.recv(65536), b""))


def get(sandbox: Sandbox, address: str, token: str) -> requests.Response:
    return azure.http(sandbox).get(address, headers={"Authorization": f"Bearer {token}"}, timeout=5)
