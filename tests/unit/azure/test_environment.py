"""Settings of the machine that can't work are named before Azure's clients stumble over them."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from runbook_lib.azure.environment import check_environment, explaining_settings
from runbook_lib.azure.target import connect
from runbook_lib.errors import InputError


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HTTPS_PROXY", "http://", "isn't the address of a proxy"),
        ("HTTPS_PROXY", "http://127.0.0.1:99999", "isn't the address of a proxy"),
        ("https_proxy", "http://user:a-password@pro xy:1", "isn't the address of a proxy"),
        ("ALL_PROXY", "socks5://127.0.0.1:1", "only take proxies that start with http"),
        ("HTTPS_PROXY", "http://[::1", "isn't the address of a proxy"),
        ("REQUESTS_CA_BUNDLE", "/no/such.pem", "'/no/such.pem' doesn't exist"),
        ("SSL_CERT_FILE", __file__, "doesn't hold certificates"),
        ("AZURE_AUTHORITY_HOST", "http://login.microsoftonline.com", "doesn't start with https://"),
        ("AZURE_AUTHORITY_HOST", "not a\x1b host", "isn't a host name"),
        ("AZURE_TENANT_ID", "bad tenant!", "isn't a tenant"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "/no/such.pem", "doesn't exist"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as wrong:
        connect("azure", "service-principal")
    assert f"{name}: " in wrong.value.message
    assert says in wrong.value.message
    assert "a-password" not in str(wrong.value)
    assert "\x1b" not in str(wrong.value)


def test_good_settings_pass(tmp_path: Path) -> None:
    check_environment(
        {
            "HTTPS_PROXY": "http://user:password@proxy.contoso.com:8080/",
            "https_proxy": "proxy:3128",
            "ALL_PROXY": "http://[::1]:8080",
            "REQUESTS_CA_BUNDLE": certifi.where(),
            "CURL_CA_BUNDLE": str(tmp_path),
            "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/",
            "AZURE_TENANT_ID": "contoso.onmicrosoft.com",
            "AZURE_CLIENT_CERTIFICATE_PATH": certifi.where(),
        }
    )
    check_environment({})


def test_what_azure_identity_says_of_a_setting_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    for name, value in {
        "AZURE_TENANT_ID": "contoso.onmicrosoft.com",
        "AZURE_CLIENT_ID": "00000000-0000-0000-0000-000000000001",
        "AZURE_CLIENT_CERTIFICATE_PATH": str(junk),
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="Failed to deserialize certificate"):
        connect("azure", "service-principal").account()


def test_other_exceptions_are_ours() -> None:
    with pytest.raises(ZeroDivisionError), explaining_settings():
        raise ZeroDivisionError
