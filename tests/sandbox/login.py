"""The endpoints of Microsoft Entra ID, called by plain requests."""

from __future__ import annotations

from typing import Any

import requests

from runbook_lib.sandbox import Sandbox, approve
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.world import TENANT_ID, persona
from tests import azure

LOGIN = "https://login.microsoftonline.com"
TOKEN_URL = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/token"
DEVICE_CODE_URL = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/devicecode"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PIPELINE = persona("setup-pipeline")
UNKNOWN_ID = "00000000-1111-2222-3333-444444444444"


def get(sandbox: Sandbox, path: str, **parameters: str) -> requests.Response:
    return azure.http(sandbox).get(LOGIN + path, params=parameters, timeout=5)


def post(sandbox: Sandbox, url: str, **form: str) -> requests.Response:
    return azure.http(sandbox).post(url, form, timeout=5)


def client_secret(sandbox: Sandbox) -> str:
    application = sandbox.cloud.store.get("application", PIPELINE.app_id)
    assert application is not None
    return str(application["secrets"][0])


def ask_as_pipeline(sandbox: Sandbox, **changes: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": PIPELINE.app_id,
        "client_secret": client_secret(sandbox),
        "scope": azure.ARM_SCOPE,
    }
    return post(sandbox, TOKEN_URL, **{name: value for name, value in (form | changes).items() if value})


def begin(sandbox: Sandbox, **changes: str) -> dict[str, Any]:
    form = {"client_id": AZURE_CLI_APP_ID, "scope": f"{azure.ARM_SCOPE} offline_access openid profile"}
    body: dict[str, Any] = post(sandbox, DEVICE_CODE_URL, **(form | changes)).json()
    return body


def poll(sandbox: Sandbox, flow: dict[str, Any], **changes: str) -> requests.Response:
    form = {"grant_type": DEVICE_GRANT, "client_id": AZURE_CLI_APP_ID, "device_code": flow["device_code"]}
    return post(sandbox, TOKEN_URL, **(form | changes))


def sign_in(sandbox: Sandbox, persona_name: str = "owner") -> dict[str, Any]:
    flow = begin(sandbox)
    approve(sandbox.settings, flow["user_code"], persona_name)
    tokens: dict[str, Any] = poll(sandbox, flow, client_info="1").json()
    return tokens


def refresh(sandbox: Sandbox, refresh_token: str, **changes: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": AZURE_CLI_APP_ID, "refresh_token": refresh_token}
    return post(sandbox, TOKEN_URL, **(form | {"scope": azure.ARM_SCOPE} | changes))
