"""The headers that ARM puts on every answer (recorded; behaviour notes, section 1.4)."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import datetime

from ..http import Request

FIXED = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}

HOURLY_LIMITS = {"reads": 12000, "writes": 1200, "deletes": 15000}
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


class Quota:
    """Counts a subscription's requests of the hour, for the headers that say how many are left.

    Modelled: the numbers stop at 1 and nothing is ever refused, because a class shares one sandbox.
    """

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str]] = Counter()
        self._hour = ""
        self._lock = threading.Lock()

    def header(self, request: Request, subscription: str, now: datetime) -> dict[str, str]:
        """Count the request and return the header with what remains."""
        kind = _KINDS.get(request.method, "writes")
        whose = "subscription" if subscription else "tenant"
        hour = f"{now:%Y-%m-%dT%H}"
        with self._lock:
            if hour != self._hour:
                self._used, self._hour = Counter(), hour
            self._used[subscription.lower(), kind] += 1
            left = max(1, HOURLY_LIMITS[kind] - self._used[subscription.lower(), kind])
        return {f"x-ms-ratelimit-remaining-{whose}-{kind}": str(left)}


def identify(request: Request, location: str, now: datetime) -> dict[str, str]:
    """Return the ids that identify a request in logs; a correlation id that the client sent is kept.

    `location` is where ARM received the request, such as `WESTEUROPE`.
    """
    request_id = str(uuid.uuid4())
    correlation = request.headers.get("x-ms-correlation-request-id") or request_id
    found = {
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"{location}:{now:%Y%m%dT%H%M%SZ}:{request_id}",
    }
    client_id = request.headers.get("x-ms-client-request-id")
    if client_id and request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        found["x-ms-client-request-id"] = client_id
    return found


_SERVERS = {"microsoft.digitaltwins": "Kestrel", "microsoft.network": "Microsoft-HTTPAPI/2.0"}


def provider_headers(namespace: str) -> dict[str, str]:
    """Return what a resource provider adds to its answers and refusals; nothing where no recording shows it."""
    low = namespace.lower()
    found = {"Server": _SERVERS[low]} if low in _SERVERS else {}
    if low == "microsoft.digitaltwins":
        found["traceresponse"] = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    return found
