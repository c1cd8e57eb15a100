"""Which subscription is meant on Azure when nobody names one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.azure.clouds import GOVERNMENT, PUBLIC
from runbook_lib.azure.default_subscription import default_subscription


def profile(folder: Path, text: str) -> dict[str, str]:
    (folder / "azureProfile.json").write_text(text, "utf-8-sig")
    return {"AZURE_CONFIG_DIR": str(folder)}


def test_the_environment_wins_over_the_cli(tmp_path: Path) -> None:
    chosen = json.dumps({"subscriptions": [{"id": "from-az", "isDefault": True}]})
    found = default_subscription(PUBLIC, {**profile(tmp_path, chosen), "AZURE_SUBSCRIPTION_ID": "from-env"})
    assert found is not None
    assert (found.id, found.source) == ("from-env", "AZURE_SUBSCRIPTION_ID")


def test_the_clis_choice_counts(tmp_path: Path) -> None:
    chosen = json.dumps({"subscriptions": [{"id": "first"}, {"id": "second", "isDefault": True}]})
    found = default_subscription(PUBLIC, profile(tmp_path, chosen))
    assert found is not None
    assert (found.id, "az account set" in found.source) == ("second", True)


def test_the_clis_choice_in_another_cloud_is_none(tmp_path: Path) -> None:
    one = {"id": "public", "isDefault": True, "environmentName": "AzureCloud"}
    known = profile(tmp_path, json.dumps({"subscriptions": [one]}))
    assert default_subscription(PUBLIC, known) is not None
    assert default_subscription(GOVERNMENT, known) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"subscriptions": 5}', '{"subscriptions": [{"isDefault": true}]}'])
def test_a_profile_without_a_choice_says_nothing(tmp_path: Path, text: str) -> None:
    assert default_subscription(PUBLIC, profile(tmp_path, text)) is None
    assert default_subscription(PUBLIC, {"AZURE_CONFIG_DIR": str(tmp_path / "none")}) is None
