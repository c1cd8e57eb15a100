"""The authorization code flow by hand, for what no library would send."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.world import TENANT_ID, persona
from tests import azure
from tests.sandbox import form_browser

LOGIN = "https://login.microsoftonline.com"
AUTHORIZE = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/authorize"
TOKEN_URL = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/token"
LOGOUT = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/logout"
BACK = "http://localhost:8400"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PIPELINE = persona("setup-pipeline")
ASKED = {
    "client_id": AZURE_CLI_APP_ID,
    "response_type": "code",
    "redirect_uri": BACK,
    "state": "s p&c",
    "scope": f"{azure.ARM_SCOPE} openid offline_access",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def address(**changes: str) -> str:
    return f"{AUTHORIZE}?{urlencode({name: value for name, value in (ASKED | changes).items() if value})}"


def answered(response: requests.Response) -> dict[str, str]:
    """What an application is told by a redirect with a query."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def code(sandbox: Sandbox, persona_name: str = "reader", **changes: str) -> str:
    return answered(form_browser.choose(sandbox, address(**changes), persona_name))["code"]


def redeem(sandbox: Sandbox, given: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": AZURE_CLI_APP_ID,
        "code": given,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    } | changes
    return azure.http(sandbox).post(TOKEN_URL, {name: value for name, value in form.items() if value}, timeout=5)


def refused(response: requests.Response) -> tuple[int, str, int]:
    body = response.json()
    return response.status_code, body["error"], body["error_codes"][0]
