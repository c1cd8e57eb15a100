"""Lists that come in pages: `$top`, and a `nextLink` that carries the position."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from ..http import Answer
from . import errors
from .calls import Call

PAGE = 1000
"""How many items a page of ARM's own lists has (documented for resources)."""


def page(call: Call, items: list[Any]) -> Answer:
    """Answer with the page that `$top` and `$skiptoken` ask for. The last one has no `nextLink`."""
    size, start = _size(call), _position(call.request.parameter("$skiptoken"))
    body: dict[str, Any] = {"value": items[start : start + size]}
    if start + size < len(items):
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        kept = [(name, value) for name, values in call.request.query.items() for value in values]
        query = urlencode([*((n, v) for n, v in kept if n != "$skiptoken"), ("$skiptoken", token)])
        body["nextLink"] = f"{call.request.base_url}{call.request.path}?{query}"
    return Answer(200, body)


def _size(call: Call) -> int:
    text = call.request.parameter("$top", str(PAGE))
    if not text.isdecimal() or int(text) < 1:
        # Modelled: the code is ARM's general one for query parameters, the text is ours.
        raise errors.gateway(400, "InvalidParameter", f"The value '{text}' of the query parameter $top is invalid.")
    return min(int(text), PAGE)


def _position(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except (ValueError, binascii.Error):
        raise errors.gateway(400, "InvalidSkipToken", f"The skiptoken '{token}' is not valid.") from None
