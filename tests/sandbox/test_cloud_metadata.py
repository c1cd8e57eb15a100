"""Which cloud this is: asked without a token, by clients that have nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.sandbox import Sandbox

from ..azure import http
from .command_line import PROGRAM, CommandLine, with_az

URL = "https://management.azure.com/metadata/endpoints"
LOGIN = "https://login.microsoftonline.com"


def test_old_clients_get_a_small_object(sandbox: Sandbox) -> None:
    answer = http(sandbox).get(URL, params={"api-version": "2015-01-01"})
    assert answer.status_code == 200
    assert answer.json()["authentication"]["loginEndpoint"] == LOGIN
    assert answer.json()["graphEndpoint"] == "https://graph.windows.net/"


@pytest.mark.parametrize("version", ["2019-05-01", "2020-09-01"])
def test_later_ones_get_a_list_of_clouds(sandbox: Sandbox, version: str) -> None:
    (cloud,) = http(sandbox).get(URL, params={"api-version": version}).json()
    assert (cloud["name"], cloud["resourceManager"]) == ("AzureCloud", "https://management.azure.com/")
    assert cloud["authentication"]["tenant"] == "common"


def test_the_newest_get_the_one_cloud(sandbox: Sandbox) -> None:
    cloud = http(sandbox).get(f"{URL}/", params={"api-version": "2022-09-01"}).json()
    assert cloud["microsoftGraphResourceId"] == "https://graph.microsoft.com/"


def test_without_a_version_or_to_be_changed_it_is_refused(sandbox: Sandbox) -> None:
    refused = http(sandbox).get(URL)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "MissingApiVersionParameter")
    assert http(sandbox).put(URL, params={"api-version": "2022-09-01"}).status_code == 401


@with_az
def test_the_azure_cli_learns_its_cloud_from_it(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        az = CommandLine(PROGRAM, sandbox, tmp_path, {"ARM_CLOUD_METADATA_URL": f"{URL}?api-version=2019-05-01"})
        (cloud,) = [one for one in az("cloud", "list") if one["name"] == "AzureCloud"]
        assert cloud["endpoints"]["resourceManager"] == "https://management.azure.com/"
        az.sign_in_as_application("setup-pipeline")
        assert az("group", "list") == []
