"""The token service's first version (`/oauth2/token`), for clients from before MSAL: ADAL, go-autorest, msrestazure.

It names a `resource` where the second version has a `scope`, and writes numbers as text. Source: version 1.0 of the
article "Service to service calls using client credentials", and ADAL's device code flow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt

from ..http import Request
from ..tokens import GRAPH_APP_ID
from .grants import DEVICE_CODE_GRANT

Form = dict[str, str]
_GRANTS = {"device_code": DEVICE_CODE_GRANT}


def form(given: Form) -> Form:
    """Return what the second version would be sent. Modelled: without a resource, the token is for Graph."""
    kind = given.get("grant_type", "")
    resource = given.get("resource") or GRAPH_APP_ID
    scope = f"{resource}/.default"
    wanted = scope if kind == "client_credentials" else f"{scope} openid offline_access"
    found = {name: value for name, value in given.items() if name != "resource"}
    return {**found, "scope": wanted, **({"grant_type": _GRANTS.get(kind, kind)} if kind else {})}


def authorization(request: Request) -> Request:
    """Return what the second version's authorization endpoint would be sent."""
    if request.method == "POST":
        return replace(request, body=urlencode(form(request.form())).encode())
    asked = form({name: values[0] for name, values in request.query.items()})
    return replace(request, query={name: (value,) for name, value in asked.items()})


def token(granted: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the first version's form of an answer with tokens."""
    seconds = int(granted["expires_in"])
    claims = jwt.decode(granted["access_token"], options={"verify_signature": False})
    kept = ("token_type", "access_token", "refresh_token", "id_token", "foci")
    return {
        **{name: granted[name] for name in kept if name in granted},
        **({"scope": str(claims["scp"])} if "scp" in claims else {}),
        "expires_in": str(seconds),
        "ext_expires_in": str(seconds),
        "expires_on": str(int((now + timedelta(seconds=seconds)).timestamp())),
        "not_before": str(int(now.timestamp())),
        "resource": claims["aud"],
    }


def device_code(begun: dict[str, Any]) -> dict[str, Any]:
    """Return the first version's form of a device code."""
    numbers = {name: str(begun[name]) for name in ("expires_in", "interval")}
    found = {name: value for name, value in begun.items() if name != "verification_uri"}
    return {**found, **numbers, "verification_url": begun["verification_uri"]}


def configuration(second: dict[str, Any]) -> dict[str, Any]:
    """Return the first version's discovery document. The addresses lack `v2.0`, and there's no scope to ask for."""
    found = {
        name: value.replace("/oauth2/v2.0/", "/oauth2/").replace("/discovery/v2.0/", "/discovery/")
        if isinstance(value, str)
        else value
        for name, value in second.items()
    }
    return found | {"scopes_supported": ["openid"], "microsoft_multi_refresh_token": True}
