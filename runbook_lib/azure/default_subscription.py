"""Which subscription is meant on Azure when nobody names one: the environment's, or the Azure CLI's. Never a guess."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .clouds import Cloud

VARIABLE = "AZURE_SUBSCRIPTION_ID"
_PROFILE = "azureProfile.json"


@dataclass(frozen=True)
class Default:
    """A subscription that this machine's settings name."""

    id: str
    source: str
    """Who says so, for people."""


def default_subscription(cloud: Cloud, environment: Mapping[str, str] = os.environ) -> Default | None:
    """Return AZURE_SUBSCRIPTION_ID, or what `az account set` has chosen; None if neither says anything.

    The Azure CLI keeps its choice in azureProfile.json, in ~/.azure or in the folder that AZURE_CONFIG_DIR names. A
    choice in another cloud is none here.
    """
    if named := environment.get(VARIABLE, "").strip():
        return Default(named, VARIABLE)
    folder = Path(environment.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    try:
        # The CLI writes it with a byte order mark on Windows.
        known = json.loads((folder / _PROFILE).read_text("utf-8-sig"))["subscriptions"]
        here = [one for one in known if one.get("environmentName", cloud.name) == cloud.name]
        chosen = [str(one["id"]) for one in here if one.get("isDefault")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Default(chosen[0], "the default of az (az account set)") if chosen else None
