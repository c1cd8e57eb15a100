"""Which cloud is meant, as azure-identity and the Azure CLI say it; and that one without the service says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.azure.clients import Clients
from runbook_lib.azure.clouds import CLOUDS, GOVERNMENT, PUBLIC, Cloud, cloud_at, cloud_of
from runbook_lib.azure.target import connect
from runbook_lib.errors import InputError


def chosen_by_az(folder: Path, text: str) -> dict[str, str]:
    (folder / "config").write_text(text)
    return {"AZURE_CONFIG_DIR": str(folder)}


@pytest.mark.parametrize(
    ("authority", "cloud"),
    [
        ("https://login.microsoftonline.com", PUBLIC),
        ("login.microsoftonline.com/", PUBLIC),
        ("https://login.windows.net", PUBLIC),
        ("https://LOGIN.microsoftonline.us/", GOVERNMENT),
        ("login.usgovcloudapi.net", GOVERNMENT),
    ],
)
def test_the_sdks_variable_decides(authority: str, cloud: Cloud, tmp_path: Path) -> None:
    az = chosen_by_az(tmp_path, f"[cloud]\nname = {next(one.name for one in CLOUDS if one is not cloud)}\n")
    assert cloud_of({**az, "AZURE_AUTHORITY_HOST": authority}) is cloud


@pytest.mark.parametrize(
    ("text", "cloud"),
    [
        ("[cloud]\nname = AzureUSGovernment\n", GOVERNMENT),
        ("[cloud]\nname = azureusgovernment\n", GOVERNMENT),
        ("[cloud]\nname = AzureCloud\n", PUBLIC),
        ("[core]\noutput = table%\n", PUBLIC),
        ("", PUBLIC),
        ("not an ini file", PUBLIC),
    ],
)
def test_else_the_cli_decides(text: str, cloud: Cloud, tmp_path: Path) -> None:
    az = chosen_by_az(tmp_path, text)
    assert cloud_of(az) is cloud
    assert cloud_of({**az, "AZURE_CLOUD_NAME": "AzureUSGovernment"}) is GOVERNMENT
    assert cloud_of({"AZURE_CONFIG_DIR": str(tmp_path / "none")}) is PUBLIC


@pytest.mark.parametrize("value", ["https://login.chinacloudapi.cn", "login.partner.microsoftonline.cn"])
def test_a_cloud_without_the_service_says_so(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", value)
    with pytest.raises(InputError, match=r"China.* hasn't got Azure Digital Twins") as caught:
        connect("azure")
    assert "Azure and Azure Government" in caught.value.meaning


def test_other_clouds_are_named_with_who_chose_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="China"):
        cloud_of(chosen_by_az(tmp_path, "[cloud]\nname = AzureChinaCloud\n"))
    with pytest.raises(InputError, match="doesn't know the cloud 'mystack'") as caught:
        cloud_of(chosen_by_az(tmp_path, "[cloud]\nname = MyStack\n"))
    assert "az cloud show" in caught.value.meaning
    with pytest.raises(InputError, match=r"login\.example\.org"):
        cloud_of({"AZURE_AUTHORITY_HOST": "https://login.example.org"})


def test_every_client_goes_to_the_same_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")
    target = connect("azure", "device-code")
    clients = Clients(target)
    try:
        assert target.cloud is GOVERNMENT
        assert clients.arm.audience == "https://management.usgovcloudapi.net"
        assert clients.graph.audience == "https://graph.microsoft.us"
        for client in (clients.digital_twins("s"), clients.authorization("s"), clients.resources("s")):
            assert client._config.credential_scopes == [GOVERNMENT.arm_scope]
    finally:
        clients.close()
        target.credential.close()  # type: ignore[attr-defined]


def test_an_instance_is_in_the_cloud_that_its_name_says() -> None:
    assert cloud_at("twins.api.weu.digitaltwins.azure.net") is PUBLIC
    assert cloud_at("twins.api.ugv.digitaltwins.azure.us") is GOVERNMENT
