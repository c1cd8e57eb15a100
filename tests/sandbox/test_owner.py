"""The sandbox answers only its owner: nobody without the key, no web page, and at no other place than the proxy."""

from __future__ import annotations

import base64
import dataclasses
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import AzureError
from azure.identity import ClientSecretCredential

from runbook_lib import sandbox as door
from runbook_lib.sandbox import Sandbox, SandboxError, approve
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.http import Request
from runbook_lib.sandbox.lifecycle import credential_environment
from runbook_lib.sandbox.owner_key import KEY_FILE
from runbook_lib.sandbox.world import TENANT_ID
from tests import azure
from tests.sandbox.hostile.wire import LOGIN, connect
from tests.sandbox.login import begin, poll

ARM_NAME = "management.azure.com"
NOBODY = 65534
SYSTEM_PYTHON = shutil.which("python3", path="/usr/bin:/bin") or ""
on_linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells a process's ports in /proc")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all: nobody gets in to change it."""
    with Sandbox() as running:
        yield running
        azure.close_clients(running)


@pytest.fixture
def seen(sandbox: Sandbox) -> Iterator[list[Request]]:
    """The requests that reached the simulated cloud."""
    found: list[Request] = []

    def observe(request: Request, _: object) -> None:
        found.append(request)

    sandbox.cloud.observers.append(observe)
    yield found
    sandbox.cloud.observers.remove(observe)


def said(port: int, request: bytes) -> str:
    """All that a port answers before it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()


def as_somebody(credentials: str) -> str:
    return f"Proxy-Authorization: Basic {base64.b64encode(credentials.encode()).decode()}\r\n"


class TestWithoutTheKey:
    @pytest.mark.parametrize(
        "line",
        [
            f"CONNECT {ARM_NAME}:443",
            "CONNECT login.microsoftonline.com:443",
            "CONNECT factory-twins.api.weu.digitaltwins.azure.net:443",
            "CONNECT example.com:443",
            "CONNECT nonsense",
            f"GET http://{ARM_NAME}/subscriptions",
        ],
    )
    def test_every_request_gets_the_same_answer(self, sandbox: Sandbox, seen: list[Request], line: str) -> None:
        answer = said(sandbox.settings.port, f"{line} HTTP/1.1\r\nHost: {ARM_NAME}:443\r\n\r\n".encode())
        head, _, body = answer.partition("\r\n\r\n")
        assert head.split("\r\n") == [
            "HTTP/1.1 407 Proxy Authentication Required",
            "Content-Type: text/plain; charset=utf-8",
            'Proxy-Authenticate: Basic realm="Azure Digital Twins sandbox", charset="UTF-8"',
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        assert "runbook sandbox env" in body
        assert ARM_NAME not in body and sandbox.settings.key not in answer
        assert seen == []

    @pytest.mark.parametrize(
        "header",
        [
            lambda key: as_somebody("runbook:wrong"),
            lambda key: as_somebody("runbook:"),
            lambda key: as_somebody(f"runbook:{key[:-1]}"),
            lambda key: as_somebody(f"runbook:{key}0"),
            lambda key: as_somebody(f"runbook:{key.upper()}x"),
            lambda key: as_somebody(f"somebody:{key}"),
            lambda key: as_somebody(f":{key}"),
            lambda key: as_somebody(key),
            lambda key: as_somebody("rünbook:wrong"),
            lambda key: "Proxy-Authorization: Basic \xff\xfe\r\n",
            lambda key: "Proxy-Authorization: Basic\r\n",
            lambda key: "Proxy-Authorization: \r\n",
            lambda key: as_somebody(f"runbook:{key}").replace("Basic", "Bearer"),
            lambda key: as_somebody(f"runbook:{key}").replace("Proxy-", ""),
            lambda key: as_somebody("runbook:wrong") + as_somebody(f"runbook:{key}"),
            lambda key: as_somebody(f"runbook:{key}") + as_somebody("runbook:wrong"),
        ],
    )
    def test_a_wrong_key_is_none(self, sandbox: Sandbox, seen: list[Request], header: Callable[[str], str]) -> None:
        head = f"CONNECT {ARM_NAME}:443 HTTP/1.1\r\n{header(sandbox.settings.key)}\r\n"
        assert said(sandbox.settings.port, head.encode("latin-1")).startswith("HTTP/1.1 407 ")
        assert seen == []

    @pytest.mark.parametrize("spelling", ["proxy-authorization: basic ", "PROXY-AUTHORIZATION:\tBASIC  "])
    def test_the_key_counts_in_every_spelling_of_http(self, sandbox: Sandbox, spelling: str) -> None:
        header = spelling.replace("\t", " ") + sandbox.settings.proxy_authorization.removeprefix("Basic ")
        with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
            connection.sendall(f"CONNECT {ARM_NAME}:443 HTTP/1.1\r\n{header}\r\n\r\n".encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")

    def test_the_key_of_another_sandbox_opens_nothing(self, sandbox: Sandbox) -> None:
        with Sandbox() as other:
            assert other.settings.key != sandbox.settings.key
            assert said(sandbox.settings.port, connect(other, f"{ARM_NAME}:443")).startswith("HTTP/1.1 407 ")

    def test_nobody_approves_a_code(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        stranger = dataclasses.replace(sandbox.settings, key="0" * 32)
        with pytest.raises(SandboxError, match="407 Proxy Authentication Required") as refused:
            approve(stranger, flow["user_code"], "owner")
        assert stranger.key not in str(refused.value)
        assert poll(sandbox, flow).json()["error"] == "authorization_pending"

    def test_nobody_gets_a_token_even_with_the_right_secret(self, sandbox: Sandbox) -> None:
        known = credential_environment(sandbox.cloud.store)
        stranger = door.client_settings(dataclasses.replace(sandbox.settings, key="0" * 32))
        ids = (known["AZURE_TENANT_ID"], known["AZURE_CLIENT_ID"], known["AZURE_CLIENT_SECRET"])
        credential = azure.keep(sandbox, ClientSecretCredential(*ids, retry_total=0, **stranger))
        with pytest.raises(AzureError) as refused:
            credential.get_token(azure.ARM_SCOPE)
        assert "407" in str(refused.value)
        assert "0" * 32 not in str(refused.value)


class TestWebPages:
    """What a page in the owner's browser can send to a port of this machine; also with the key, which it hasn't."""

    REQUESTS = (
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: https://evil.example\r\nSec-Fetch-Mode: cors\r\n",
        "GET / HTTP/1.1\r\nHost: localhost:PORT\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
        "GET / HTTP/1.1\r\nHost: evil.example:PORT\r\n",
        "GET /device HTTP/1.1\r\nHost: login.microsoftonline.com\r\n",
        "OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: null\r\nAccess-Control-Request-Method: PUT\r\n",
        "POST /device HTTP/1.1\r\nHost: evil.example:PORT\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n",
        f"GET https://{ARM_NAME}/ HTTP/1.1\r\nHost: {ARM_NAME}\r\nOrigin: https://evil.example\r\n",
        f"CONNECT {ARM_NAME}:443 HTTP/1.1\r\nHost: {ARM_NAME}:443\r\nOrigin: https://evil.example\r\n",
    )

    @pytest.mark.parametrize("request_head", REQUESTS)
    @pytest.mark.parametrize("key", ["", "KEY"])
    def test_nothing_is_answered(self, sandbox: Sandbox, seen: list[Request], request_head: str, key: str) -> None:
        settings = sandbox.settings
        proof = f"Proxy-Authorization: {settings.proxy_authorization}\r\n" if key else ""
        answer = said(settings.port, (request_head.replace("PORT", str(settings.port)) + proof + "\r\n").encode())
        assert answer.startswith("HTTP/1.1 403 ")
        assert "access-control-" not in answer.lower() and "authenticate" not in answer.lower()
        assert seen == []

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:443", f"{ARM_NAME}.evil.example:443"])
    def test_a_tunnel_in_another_hosts_name_is_refused(self, sandbox: Sandbox, host: str) -> None:
        answer = said(sandbox.settings.port, connect(sandbox, f"{ARM_NAME}:443", f"Host: {host}\r\n"))
        assert answer.startswith("HTTP/1.1 403 ")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "same-site", "Origin": "https://other.microsoftonline.com"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ],
    )
    def test_a_page_in_a_browser_that_has_the_key_decides_nothing(
        self, sandbox: Sandbox, headers: dict[str, str]
    ) -> None:
        flow = begin(sandbox)
        session = azure.http(sandbox)
        form = {"user_code": flow["user_code"], "persona": "owner", "decision": "approve"}
        answer = session.post(f"{LOGIN}/device", form, headers=headers, timeout=5)
        assert (answer.status_code, "Another web page" in answer.text) == (400, True)
        assert poll(sandbox, flow).json()["error"] == "authorization_pending"
        asked = {
            "client_id": AZURE_CLI_APP_ID,
            "response_type": "code",
            "redirect_uri": "http://localhost:8400",
            "scope": azure.ARM_SCOPE,
            "persona": "owner",
        }
        answer = session.post(f"{LOGIN}/{TENANT_ID}/login", asked, headers=headers, allow_redirects=False, timeout=5)
        assert (answer.status_code, "Another web page" in answer.text) == (400, True)

    def test_our_own_page_does(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        form = {"user_code": flow["user_code"], "persona": "owner", "decision": "approve"}
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": LOGIN}
        assert azure.http(sandbox).post(f"{LOGIN}/device", form, headers=headers, timeout=5).status_code == 200


class TestNoWayAround:
    @on_linux
    def test_the_proxys_port_is_the_only_place_that_listens(self, home: Path) -> None:
        settings = door.start(home, pace=door.Pace.INSTANT)
        assert listening(settings.pid) == {f"127.0.0.1:{settings.port}"}

    def test_tls_without_a_tunnel_gets_no_answer(self, sandbox: Sandbox, seen: list[Request]) -> None:
        context = ssl.create_default_context(cafile=str(sandbox.settings.ca_file))
        with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
            connection.settimeout(1)
            with pytest.raises((ssl.SSLError, TimeoutError)):
                context.wrap_socket(connection, server_hostname=ARM_NAME)
        assert seen == []

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0 or not SYSTEM_PYTHON,
        reason="only root can become another user, who needs a Python to run",
    )
    def test_another_user_of_this_machine_gets_nothing(self, home: Path) -> None:
        settings = door.start(home, pace=door.Pace.INSTANT)
        code = """
import pathlib, sys, urllib.request, urllib.error
folder, port, pid = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
for path in [folder / name for name in sys.argv[4:]] + [pathlib.Path("/proc") / pid / "environ"]:
    try:
        print(path, len(path.read_bytes()))
    except OSError as error:
        print(type(error).__name__)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": "http://127.0.0.1:" + port}))
try:
    print(opener.open("https://login.microsoftonline.com/device", timeout=5).read())
except urllib.error.URLError as error:
    print(error.reason)
"""
        names = sorted(file.name for file in settings.folder.iterdir())
        assert {KEY_FILE, "settings.json", "state.sqlite"} <= set(names)
        done = subprocess.run(
            [SYSTEM_PYTHON, "-I", "-c", code, str(settings.folder), str(settings.port), str(settings.pid), *names],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            env={},
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        assert done.stdout.splitlines() == [
            *["PermissionError"] * (len(names) + 1),
            "Tunnel connection failed: 407 Proxy Authentication Required",
        ]


def listening(pid: int) -> set[str]:
    """Where a process listens, as `address:port` or as the name of a socket file."""
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    inodes = {name.removeprefix("socket:[").rstrip("]") for name in sockets if name.startswith("socket:[")}
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        path = Path("/proc/net") / table
        for line in path.read_text("ascii").splitlines()[1:] if path.exists() else []:
            fields = line.split()
            # 0A is a listening socket; 07 one of UDP that takes from everybody.
            if fields[9] in inodes and fields[3] in ("0A", "07"):
                address, port = fields[1].split(":")
                name = socket.inet_ntoa(bytes.fromhex(address)[::-1]) if len(address) == 8 else address
                found.add(f"{name}:{int(port, 16)}")
    for line in Path("/proc/net/unix").read_text("ascii", "replace").splitlines()[1:]:
        fields = line.split()
        if fields[6] in inodes and int(fields[3], 16) & 0x10000:  # __SO_ACCEPTCON
            found.add(" ".join(fields[7:]))
    return found
