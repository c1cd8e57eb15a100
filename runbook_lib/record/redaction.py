"""Keeps secrets out of what is written down: tokens, passwords in addresses, and what a name says is secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_ASSIGNMENT = re.compile(
    r"(?i)\b((?:client_?secret|password|shared_?access_?key|account_?key|access_?token|refresh_?token|sig)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&;,]+"
)
_ADDRESS_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")
"""As in a proxy's address: `http://user:password@host`."""
_SECRET_NAME = re.compile(r"(?i)secret|password|access_?token|refresh_?token|accesskey|connectionstring|authorization$")
_SECRET_VARIABLES = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD")
REMOVED = "[removed: secret]"


def redact(value: Any) -> Any:
    """Return JSON data without anything that looks like a token or a secret."""
    if isinstance(value, Mapping):
        return {
            name: REMOVED if isinstance(inner, str) and inner and _SECRET_NAME.search(str(name)) else redact(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(inner) for inner in value]
    return _redact_text(value) if isinstance(value, str) else value


def _redact_text(text: str) -> str:
    for variable in _SECRET_VARIABLES:
        if secret := os.environ.get(variable):
            text = text.replace(secret, REMOVED)
    text = _ADDRESS_PASSWORD.sub(rf"\1{REMOVED}", _TOKEN.sub(REMOVED, text))
    return _ASSIGNMENT.sub(rf"\1{REMOVED}", text)
