"""Asking Microsoft Graph, and what tests put into the directory."""

from __future__ import annotations

from typing import Any

import requests

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.world import GROUP_ID, derive_id, persona
from tests import azure

GRAPH = "https://graph.microsoft.com/v1.0"
OWNER, READER, CONTRIBUTOR = persona("owner"), persona("reader"), persona("contributor")
PIPELINE = persona("setup-pipeline")
UNKNOWN_ID = "00000000-1111-2222-3333-444444444444"
OUTER_ID = derive_id("group", "outer")
IDENTITY_ID = derive_id("servicePrincipal", "factory-twins")
EVENTUAL = {"ConsistencyLevel": "eventual"}


def ask(sandbox: Sandbox, path: str, who: str = "owner", headers: dict[str, str] | None = None) -> requests.Response:
    session = azure.http(sandbox, who, "https://graph.microsoft.com")
    return session.get(path if path.startswith("https:") else GRAPH + path, headers=headers, timeout=5)


def names(sandbox: Sandbox, path: str, headers: dict[str, str] | None = None) -> list[str]:
    answer = ask(sandbox, path, headers=headers)
    assert answer.status_code == 200, answer.text
    return [found["displayName"] for found in answer.json()["value"]]


def error(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


def group_of(sandbox: Sandbox, identifier: str = GROUP_ID) -> dict[str, Any]:
    group = sandbox.cloud.store.get("group", identifier)
    assert group is not None
    return group


def add_outer_group(sandbox: Sandbox) -> None:
    """A group that has a group and a user as members."""
    sandbox.cloud.store.put(
        "group",
        OUTER_ID,
        {
            "id": OUTER_ID,
            "displayName": "Everybody",
            "members": [GROUP_ID, OWNER.id],
            "securityEnabled": True,
        },
    )


def add_managed_identity(sandbox: Sandbox) -> None:
    """What the control plane leaves in the directory when an instance gets an identity."""
    sandbox.cloud.store.put(
        "servicePrincipal",
        IDENTITY_ID,
        {
            "id": IDENTITY_ID,
            "appId": derive_id("application", "factory-twins"),
            "displayName": "factory-twins",
            "servicePrincipalType": "ManagedIdentity",
            "servicePrincipalNames": ["https://identity.azure.net/x="],
            "alternativeNames": ["isExplicit=False", "/subscriptions/s/resourcegroups/r/providers/p"],
        },
    )
