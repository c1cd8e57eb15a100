"""Ways to sign in to Azure: the identity that was meant, in the tenant that was meant, and why none worked."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.azure.sign_in import InTenant, OneSignIn
from runbook_lib.azure.target import connect
from runbook_lib.errors import InputError, SignInFailed
from runbook_lib.explain.translate import explaining
from runbook_lib.parameters import naming_rules
from runbook_lib.sandbox import Sandbox, approve
from runbook_lib.sandbox.world import DOMAIN, TENANT_ID, persona
from tests.cli.process import called
from tests.steps.test_bad_days import through_the_sandbox

OTHER_TENANT = "11111111-2222-3333-4444-555555555555"


def signed(**claims: str) -> str:
    return jwt.encode(claims, "k" * 32, "HS256")


class Machine(BaseHTTPRequestHandler):
    """What App Service has for its managed identities; it notes what it was asked for."""

    asked: list[dict[str, list[str]]]
    tenant = TENANT_ID

    def do_GET(self) -> None:
        self.asked.append(parse_qs(urlsplit(self.path).query))
        token = {
            "access_token": signed(tid=self.tenant, oid="identity"),
            "expires_on": str(int(time.time()) + 3600),
            "resource": "x",
            "token_type": "Bearer",
        }
        body = json.dumps(token).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, list[str]]]]:
    asked: list[dict[str, list[str]]] = []
    with HTTPServer(("127.0.0.1", 0), type("Noting", (Machine,), {"asked": asked})) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield asked
        server.shutdown()
        thread.join()


def account_of(tenant: str = "", way: str = "managed-identity") -> str:
    target = connect("azure", way, tenant)
    try:
        return target.account().object_id
    finally:
        target.credential.close()  # type: ignore[attr-defined]


def test_a_user_assigned_identity_is_chosen_by_its_client_id(
    machine: list[dict[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert account_of() == "identity"
    assert "client_id" not in machine[-1]
    monkeypatch.setenv("AZURE_CLIENT_ID", OTHER_TENANT)
    assert account_of() == "identity"
    assert machine[-1]["client_id"] == [OTHER_TENANT]


def test_a_managed_identitys_tenant_is_compared_and_never_ignored(machine: list[dict[str, list[str]]]) -> None:
    assert account_of(TENANT_ID.upper()) == "identity"
    with pytest.raises(InputError, match=f"for the tenant {TENANT_ID}, not for {OTHER_TENANT}"):
        account_of(OTHER_TENANT)


@pytest.mark.parametrize("way", ["managed-identity", "default"])
def test_a_tenant_named_by_its_domain_is_compared_too(
    machine: list[dict[str, list[str]]], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    through_the_sandbox(sandbox, monkeypatch)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name)
    assert account_of(DOMAIN, way) == "identity"
    with pytest.raises(InputError, match=r"no tenant 'fabrikam.com' in Azure"):
        account_of("fabrikam.com", way)
    monkeypatch.setattr(Machine, "tenant", OTHER_TENANT)
    with pytest.raises(InputError, match=f"for the tenant {OTHER_TENANT}, not for {DOMAIN}"):
        account_of(DOMAIN, way)


@pytest.mark.parametrize("shared", ["common", "Organizations", "consumers"])
def test_a_name_that_stands_for_many_tenants_is_refused(shared: str) -> None:
    assert naming_rules.tenant(shared) == [f"'{shared}' stands for many tenants. Write the id or the domain of one."]


@pytest.mark.parametrize("way", ["service-principal", "default"])
def test_a_service_principals_tenant_is_the_one_that_was_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    through_the_sandbox(sandbox, monkeypatch)
    for tenant in (DOMAIN, TENANT_ID.upper(), ""):
        assert account_of(tenant, way) == persona("setup-pipeline").id
    with pytest.raises(ClientAuthenticationError, match=r"check your tenant name|AADSTS90002"):
        account_of("fabrikam.com", way)


def test_a_member_of_the_default_chain_that_ignores_the_tenant_is_refused() -> None:
    class Deaf:
        def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            return AccessToken(signed(tid=TENANT_ID), 0)

    with pytest.raises(InputError, match="not for"):
        InTenant(Deaf(), OTHER_TENANT, PUBLIC).get_token("scope")


def test_every_member_of_the_default_chain_says_why(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    through_the_sandbox(sandbox, monkeypatch)
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", "")
    target = connect("azure", "default")
    with pytest.raises(SignInFailed) as caught, explaining("signing in"):
        target.account()
    assert isinstance(target.credential, DefaultAzureCredential)
    members = [type(one).__name__ for one in target.credential.credentials]
    target.credential.close()
    lines = [line for line in caught.value.meaning.splitlines() if line.startswith("- ")]
    reasons = dict(line[2:].split(": ", 1) for line in lines)
    assert list(reasons)[:1] == ["EnvironmentCredential"]
    assert len(reasons) == len(members)
    assert "not fully configured" in reasons["EnvironmentCredential"]
    assert "Azure CLI not found" in reasons["AzureCliCredential"]
    assert all(reason and len(reason) <= 204 and "aka.ms" not in reason for reason in reasons.values())


def test_a_member_that_is_refused_says_so_in_short(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    through_the_sandbox(sandbox, monkeypatch)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong")
    target = connect("azure", "default")
    with (
        pytest.raises(SignInFailed, match=r"EnvironmentCredential: .*AADSTS7000215") as caught,
        explaining("signing in"),
    ):
        target.account()
    target.credential.close()  # type: ignore[attr-defined]
    assert caught.value.code == "AADSTS7000215"
    assert "AZURE_CLIENT_SECRET" in caught.value.remedy


@pytest.fixture
def someone(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A person with a home and no keyring, who enters every code that's shown; the codes."""
    through_the_sandbox(sandbox, monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    codes: list[str] = []

    def enter(_address: str, code: str, _until: Any) -> None:
        codes.append(code)
        approve(sandbox.settings, code, "contributor")

    made = OneSignIn.__init__

    def watched(self: OneSignIn, *given: Any, **named: Any) -> None:
        made(self, *given, prompt_callback=enter, **named)

    monkeypatch.setattr(OneSignIn, "__init__", watched)
    return codes


def who(tenant: str = "") -> str:
    """Sign in as a new kernel would."""
    target = connect("azure", "device-code", tenant)
    try:
        return target.account().object_id
    finally:
        target.credential.close()  # type: ignore[attr-defined]


def test_a_person_signs_in_once_for_all_kernels(someone: list[str], tmp_path: Path) -> None:
    assert [who(), who(), who()] == [persona("contributor").id] * 3
    assert len(someone) == 1
    assert who(TENANT_ID) == persona("contributor").id
    assert len(someone) == 2, "a tenant that was named is another sign-in"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_what_is_kept_is_for_its_owner_only(someone: list[str], tmp_path: Path) -> None:
    who()
    kept = [path for path in (tmp_path / "person").rglob("*adt-setup-runbook*") if path.is_file()]
    records = list((tmp_path / "home" / "sign-in").iterdir())
    assert [record.name for record in records] == ["azurecloud-home.json"]
    assert kept
    for path in [*kept, *records]:
        if not path.name.endswith(".lockfile"):  # it's empty
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in (records[0].parent, tmp_path / "person" / ".IdentityService"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "token" not in records[0].read_text().lower()


def test_a_sign_in_that_has_ended_or_is_damaged_is_asked_for_again(
    someone: list[str], sandbox: Sandbox, tmp_path: Path
) -> None:
    who()
    (tmp_path / "home" / "sign-in" / "azurecloud-home.json").write_text("{")
    assert who() == persona("contributor").id
    assert len(someone) == 2
    for path in (tmp_path / "person" / ".IdentityService").iterdir():
        path.unlink()
    assert who() == persona("contributor").id
    assert len(someone) == 3


def test_signing_out_leaves_no_token_and_asks_again(
    someone: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("sign-out") == 0
    assert "Nobody was signed in" in capsys.readouterr().out
    who()
    who(TENANT_ID)
    assert called("sign-out") == 0
    assert f"Signed out: {persona('contributor').user_principal_name}." in capsys.readouterr().out
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and "secret" in path.read_text("utf-8", "replace")]
    assert kept == []
    assert list((tmp_path / "home" / "sign-in").iterdir()) == []
    assert who() == persona("contributor").id
    assert len(someone) == 3


def test_signing_out_of_a_damaged_cache_works(someone: list[str], tmp_path: Path) -> None:
    who()
    for path in (tmp_path / "person" / ".IdentityService").iterdir():
        path.write_text("{")
    assert called("sign-out") == 0
    assert who() == persona("contributor").id
    assert len(someone) == 2


def test_a_machine_that_keeps_nothing_still_signs_in(
    someone: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert [who(), who()] == [persona("contributor").id] * 2
    assert len(someone) == 2


def test_nobody_is_asked_when_the_service_is_down(someone: list[str]) -> None:
    with pytest.raises(ClientAuthenticationError):
        connect("azure", "device-code", "no-such.example.org").account()
    assert someone == []
