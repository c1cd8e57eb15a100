"""What each service answers when an injected fault makes it fail.

Recorded: ARM's 429. From the error code references: Entra's numbers, the data plane's `QuotaReachedError`. Modelled:
the remaining codes and sentences; nobody recorded Azure while it was down.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from .arm.errors import GATEWAY, ArmError
from .entra.errors import EntraError
from .faults import Effect, Fault
from .graph.errors import GraphError
from .http import Request, ServiceError
from .storage.errors import BlobError
from .tokens import ASKED_CLAIM, peek

_STATUS = {Effect.THROTTLED: 429, Effect.INTERNAL_ERROR: 500, Effect.UNAVAILABLE: 503}


def refusal(service: str, fault: Fault, request: Request) -> ServiceError | None:
    """Return the error that a fault makes a service answer; None for an effect of another kind."""
    if fault.effect is Effect.CLAIMS:
        return None if service == "login" or has_asked_claim(request) else _challenge(service)
    status = _STATUS.get(fault.effect)
    if status is None:
        return None
    error = _BY_SERVICE[service](status, fault, request)
    if status == 429 or fault.seconds is not None:
        error.headers["Retry-After"] = f"{fault.duration:.0f}"
    return error


def _arm(status: int, fault: Fault, request: Request) -> ServiceError:
    code, message = {
        429: (
            "ResourceRequestsThrottled",
            f"Number of requests for action '{request.method}' exceeded the limit of '150' for time interval "
            f"'01:00:00'. Please try again after '{fault.duration:.0f}' seconds.",
        ),
        500: ("InternalServerError", "Encountered internal server error. Please retry the request."),
        503: ("ServiceUnavailable", "The service is unavailable. Please retry the request later."),
    }[status]
    return ArmError(status, fault.code or code, fault.message or message, headers=dict(GATEWAY))


def _login(status: int, fault: Fault, _: Request) -> ServiceError:
    code, number, message = {
        429: ("temporarily_unavailable", 90055, "There are too many incoming requests."),
        500: ("server_error", 50000, "There was an error issuing a token or an issue with our sign-in service."),
        503: ("temporarily_unavailable", 90033, "A transient error has occurred. Please try again."),
    }[status]
    return EntraError(status, fault.code or code, number, fault.message or message)


def _graph(status: int, fault: Fault, _: Request) -> ServiceError:
    code, message = {
        429: ("TooManyRequests", "Too many requests."),
        500: ("InternalServerError", "An internal server error occurred."),
        503: ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
    }[status]
    return GraphError(status, fault.code or code, fault.message or message)


def _data(status: int, fault: Fault, _: Request) -> ServiceError:
    code, message = {
        429: ("QuotaReachedError", "The rate limit was exceeded. Please try again later."),
        500: ("InternalServerError", "An internal server error occurred."),
        503: ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
    }[status]
    return ServiceError(status, fault.code or code, fault.message or message)


def _challenge(service: str) -> ServiceError:
    """Refuse a token that lacks the claim. Header: as in the article "Claims challenges"; modelled: the texts."""
    message = "Continuous access evaluation resulted in challenge with result: InteractionRequired"
    claims = base64.b64encode(json.dumps({"access_token": ASKED_CLAIM}).encode()).decode()
    header = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'error="insufficient_claims", claims="{claims}"'
    )
    made: dict[str, ServiceError] = {
        "arm": ArmError(401, "AuthenticationFailed", message, headers=dict(GATEWAY)),
        "graph": GraphError(401, "InvalidAuthenticationToken", message),
        "data": ServiceError(401, "Unauthorized", message),
    }
    error = made[service]
    error.headers["WWW-Authenticate"] = header
    return error


def has_asked_claim(request: Request) -> bool:
    """Tell whether a request's token has the claim that the challenge asks for."""
    try:
        claims = peek(request.headers.get("authorization", "").partition(" ")[2])
    except (ValueError, IndexError):
        return False
    return ASKED_CLAIM["acrs"]["value"] in claims.get("acrs", ())


def _blob(status: int, fault: Fault, _: Request) -> ServiceError:
    code, message = {
        429: ("ServerBusy", "The server is busy."),
        500: ("InternalError", "The server encountered an internal error. Please retry the request."),
        503: ("ServerBusy", "The server is busy."),
    }[status]
    return BlobError(503 if status == 429 else status, fault.code or code, fault.message or message)


_BY_SERVICE: dict[str, Callable[[int, Fault, Request], ServiceError]] = {
    "arm": _arm,
    "login": _login,
    "graph": _graph,
    "data": _data,
    "blob": _blob,
}
