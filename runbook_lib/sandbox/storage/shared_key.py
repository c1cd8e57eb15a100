"""The signature that a client makes with an account's key (article "Authorize with Shared Key")."""

from __future__ import annotations

import base64
import hashlib
import hmac

from ..arm.generic_resources.integrations import storage_keys
from ..http import Request
from ..store import Document

_SIGNED = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


def is_signed(request: Request, account: Document) -> bool:
    """Tell whether a request's `Authorization: SharedKey account:signature` was made with one of the account's keys."""
    name, _, signature = request.headers.get("authorization", "").partition(" ")[2].partition(":")
    if name.lower() != account["name"].lower():
        return False
    text = _string_to_sign(request, account["name"]).encode()
    keys = [base64.b64decode(key["value"]) for key in storage_keys(account, {})["keys"]]
    made = [base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode() for key in keys]
    return any(hmac.compare_digest(signature, each) for each in made)


def _string_to_sign(request: Request, account: str) -> str:
    headers = [request.headers.get(name, "") for name in _SIGNED]
    headers[2] = "" if headers[2] == "0" else headers[2]
    own = sorted(name for name in request.headers if name.startswith("x-ms-"))
    canonical = "".join(f"{name}:{request.headers[name].strip()}\n" for name in own)
    resource = f"/{account}{request.path}"
    resource += "".join(f"\n{name}:{','.join(sorted(request.query[name]))}" for name in sorted(request.query))
    return "\n".join([request.method, *headers, canonical + resource])
