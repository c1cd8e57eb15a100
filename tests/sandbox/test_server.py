"""The door of the sandbox: what the proxy lets through, what the certificates vouch for, how it starts and stops."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DeviceCodeCredential
from cryptography import x509

from runbook_lib.sandbox import Sandbox, proxy, server
from runbook_lib.sandbox.http import Answer, Request
from runbook_lib.sandbox.regions import REGIONS
from tests import azure
from tests.sandbox.hostile.wire import connect

CONFIGURATION = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"


@contextmanager
def dialled(sandbox: Sandbox) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sandbox.settings.port), timeout=5) as connection:
        yield connection


def answer_to(sandbox: Sandbox, request: bytes) -> str:
    """Send raw bytes to the proxy and return all it answers until it hangs up."""
    with dialled(sandbox) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()


def tunnel(sandbox: Sandbox, connection: socket.socket, host: str) -> str:
    connection.sendall(connect(sandbox, f"{host}:443", f"Host: {host}:443\r\n"))
    return connection.recv(4096).decode()


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "login.microsoftonline.com.example.com:443",
        "management.azure.com:8443",
        "twins.api.nowhere.digitaltwins.azure.net:443",
        "a.b.api.weu.digitaltwins.azure.net:443",
        "127.0.0.1:443",
        "[::1]:443",
        "169.254.169.254:80",
    ],
)
def test_the_proxy_refuses_every_other_host_and_says_why(sandbox: Sandbox, target: str) -> None:
    answer = answer_to(sandbox, connect(sandbox, target))
    assert answer.startswith("HTTP/1.1 403 Forbidden\r\n")
    assert f"does not speak for {target}, and opens no other host" in answer


def test_the_proxy_opens_no_connection_for_a_host_that_it_refuses(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bystander:
        port = bystander.getsockname()[1]
        answer_to(sandbox, connect(sandbox, f"127.0.0.1:{port}"))
        answer_to(sandbox, f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n".encode())
        bystander.setblocking(False)
        with pytest.raises(BlockingIOError):
            bystander.accept()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET http://management.azure.com/subscriptions HTTP/1.1\r\nKEYHost: management.azure.com\r\n\r\n", 403),
        (b"POST / HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT management.azure.com HTTP/1.1\r\nKEY\r\n", 400),
        (b"CONNECT management.azure.com:https HTTP/1.1\r\nKEY\r\n", 400),
        (b"CONNECT  HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00 this is TLS\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"CONNECT management.azure.com:443 HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_the_proxy_answers_what_it_does_not_carry(sandbox: Sandbox, request_bytes: bytes, status: int) -> None:
    key = f"Proxy-Authorization: {sandbox.settings.proxy_authorization}\r\n".encode()
    assert answer_to(sandbox, request_bytes.replace(b"KEY", key)).startswith(f"HTTP/1.1 {status} ")


def test_a_request_that_ends_too_early_is_malformed(sandbox: Sandbox) -> None:
    with dialled(sandbox) as connection:
        connection.sendall(b"CONNECT management.azure.com:443 HTTP/1.1\r\nHost: mana")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_says_nothing_is_sent_away(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "HEAD_TIMEOUT", 0)
    assert answer_to(sandbox, b"").startswith("HTTP/1.1 408 ")


def test_inside_the_tunnel_no_other_host_is_served(sandbox: Sandbox) -> None:
    session = azure.http(sandbox)
    session.headers["Host"] = "example.com"
    assert session.get("https://management.azure.com/", timeout=5).status_code == 421


def test_the_proxy_survives_clients_that_vanish(sandbox: Sandbox) -> None:
    for _ in range(20):
        with dialled(sandbox) as connection:
            assert tunnel(sandbox, connection, "management.azure.com").startswith("HTTP/1.1 200 ")
    assert azure.http(sandbox).get(CONFIGURATION, timeout=5).status_code == 200


def test_every_host_of_the_sandbox_shows_a_certificate_that_the_ca_file_proves(sandbox: Sandbox) -> None:
    context = ssl.create_default_context(cafile=str(sandbox.settings.ca_file))
    hosts = ["login.microsoftonline.com", "management.azure.com", "graph.microsoft.com"]
    for host in hosts + [f"My-Twins.api.{region.code}.digitaltwins.azure.net" for region in REGIONS]:
        with dialled(sandbox) as connection:
            tunnel(sandbox, connection, host)
            with context.wrap_socket(connection, server_hostname=host) as wrapped:
                assert wrapped.version() == "TLSv1.3"


def test_a_client_that_does_not_trust_the_ca_does_not_connect(sandbox: Sandbox) -> None:
    without_ca = {**sandbox.client_settings, "connection_verify": certifi.where()}
    with (
        DeviceCodeCredential(**without_ca, retry_total=0) as credential,
        pytest.raises(ClientAuthenticationError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        credential.authenticate(scopes=[azure.ARM_SCOPE])


def test_the_authority_can_vouch_for_nothing_but_azures_names(sandbox: Sandbox) -> None:
    authority = x509.load_pem_x509_certificate(sandbox.settings.ca_file.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert {name.value for name in constraints.value.permitted_subtrees or ()} == {
        "login.microsoftonline.com",
        "management.azure.com",
        "blob.core.windows.net",
        "graph.microsoft.com",
        "digitaltwins.azure.net",
        # Azure Government
        "login.microsoftonline.us",
        "management.usgovcloudapi.net",
        "graph.microsoft.us",
        "digitaltwins.azure.us",
    }
    assert {str(net.value) for net in constraints.value.excluded_subtrees or ()} == {"0.0.0.0/0", "::/0"}
    assert authority.not_valid_after_utc - authority.not_valid_before_utc <= timedelta(days=90)
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and basic.value == x509.BasicConstraints(ca=True, path_length=0)


def test_no_private_key_stays_on_disk_and_nobody_else_may_look(sandbox: Sandbox) -> None:
    files = list(sandbox.settings.folder.iterdir())
    assert {file.name for file in files} == {"ca.pem", "bundle.pem"}
    assert not any(b"PRIVATE KEY" in file.read_bytes() for file in files)
    assert sandbox.settings.folder.stat().st_mode & 0o077 == 0


def test_the_bundle_holds_the_sandbox_and_the_public_authorities(sandbox: Sandbox) -> None:
    bundle = sandbox.settings.bundle_file.read_bytes()
    assert bundle.startswith(sandbox.settings.ca_file.read_bytes())
    assert bundle.endswith(Path(certifi.where()).read_bytes())


def test_two_sandboxes_do_not_trust_one_another(sandbox: Sandbox) -> None:
    with Sandbox() as other:
        assert other.settings.ca_file.read_bytes() != sandbox.settings.ca_file.read_bytes()
        assert other.settings.port != sandbox.settings.port


def test_a_body_that_is_too_large_is_refused(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_LIMIT", 100_000)
    url = "https://login.microsoftonline.com/common/oauth2/v2.0/token"
    session = azure.http(sandbox)
    assert session.post(url, data=b"x" * 100_001, timeout=5).status_code == 413
    assert session.post(url, data=b"x" * 100_000, timeout=5).status_code == 400


def test_a_request_arrives_as_the_client_sent_it(sandbox: Sandbox) -> None:
    seen: list[Request] = []
    sandbox.cloud.observers.append(lambda request, _: seen.append(request))
    azure.http(sandbox).put(
        "https://My-Twins.API.weu.digitaltwins.azure.net//models/a%2Fb?API-Version=1&$filter=x%20y",
        data=b"\x00body",
        headers={"X-Custom": "value"},
        timeout=5,
    )
    request = seen[0]
    assert (request.method, request.host) == ("PUT", "my-twins.api.weu.digitaltwins.azure.net")
    assert request.path == "/models/a%2Fb"
    assert (request.parameter("api-version"), request.parameter("$filter")) == ("1", "x y")
    assert (request.headers["x-custom"], request.body) == ("value", b"\x00body")


@pytest.mark.parametrize(
    ("answer", "body", "content_type"),
    [
        (Answer(200, {"name": "Zoë"}), '{"name":"Zoë"}'.encode(), "application/json; charset=utf-8"),
        (Answer(200, "text", content_type="text/plain"), b"text", "text/plain"),
        (Answer(204), b"", None),
        (Answer(202, None, {"Retry-After": "10"}), b"", None),
    ],
)
def test_an_answer_goes_out_as_the_service_gave_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: Answer, body: bytes, content_type: str | None
) -> None:
    monkeypatch.setattr(sandbox.cloud, "handle", lambda _: answer)
    received = azure.http(sandbox).get("https://management.azure.com/", timeout=5)
    assert (received.status_code, received.content) == (answer.status, body)
    assert received.headers.get("Content-Type") == content_type
    assert received.headers.get("Retry-After") == answer.headers.get("Retry-After")
    assert "Date" in received.headers


def test_a_head_request_gets_the_headers_only(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.cloud, "handle", lambda _: Answer(200, "12345"))
    session = azure.http(sandbox)
    received = session.head("https://management.azure.com/", timeout=5)
    assert (received.headers["Content-Length"], received.content) == ("5", b"")
    assert session.get("https://management.azure.com/", timeout=5).text == "12345"


def test_a_fault_of_the_sandbox_is_named_as_such_and_does_not_stop_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sandbox.cloud.tokens, "jwks", lambda: 1 / 0)
    keys = "https://login.microsoftonline.com/common/discovery/v2.0/keys"
    session = azure.http(sandbox)
    answer = session.get(keys, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "SandboxFault")
    assert "ZeroDivisionError" in caplog.text
    assert session.get(CONFIGURATION, timeout=5).status_code == 200


def test_the_log_tells_requests_and_no_secrets(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "runbook.sandbox")
    token = azure.signed_in(sandbox, "setup-pipeline").get_token(azure.ARM_SCOPE).token
    azure.http(sandbox, "owner").get("https://management.azure.com/subscriptions?secret=hidden", timeout=5)
    assert "POST https://login.microsoftonline.com/" in caplog.text
    assert "GET https://management.azure.com/subscriptions -> " in caplog.text
    application = sandbox.cloud.store.list("application")[0]
    for secret in (token, "hidden", application["secrets"][0], azure.http(sandbox, "owner").headers["Authorization"]):
        assert str(secret) not in caplog.text


def test_leaving_the_block_closes_the_port_and_removes_the_certificates_even_with_open_connections() -> None:
    with ExitStack() as connections:
        with Sandbox() as sandbox:
            connection = connections.enter_context(dialled(sandbox))
            assert tunnel(sandbox, connection, "graph.microsoft.com").startswith("HTTP/1.1 200 ")
        assert connection.recv(1) == b""
    assert not sandbox.settings.folder.exists()
    with pytest.raises(ConnectionRefusedError), dialled(sandbox):
        pass


def test_state_survives_where_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with Sandbox(path=path) as sandbox:
        token = azure.token(sandbox, "owner", "https://graph.microsoft.com")
    with Sandbox(path=path) as again:
        session = azure.http(again)
        session.headers["Authorization"] = f"Bearer {token}"
        assert session.get("https://graph.microsoft.com/v1.0/me", timeout=5).json()["displayName"] == "Olivia Owner"
        azure.close_clients(again)
