"""Turns the exceptions of Azure's clients into errors that a reader can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..azure import permissions
from ..errors import PermissionMissing, RunbookError, SandboxUnavailable, SignInFailed, Unreachable
from .by_code import BY_CODE, BY_STATUS, Explanation
from .by_message import explain_message

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

DATA_PLANE_DOMAIN = ".digitaltwins.azure.net"

_REFUSED_ACTION = re.compile(
    r"perform action(?:\(s\))? '(?P<action>[^']+)' (?:over|on the linked) scope(?:\(s\))? '(?P<scope>[^']+)'"
)
_CLIENT = re.compile(r"The client '(?P<who>[^']+)' with object id '(?P<oid>[^']+)'")
_AADSTS = re.compile(r"AADSTS\d+")
# As urllib3 2 words it; only a proxy on this machine can be the sandbox's.
_DEAD_PROXY = re.compile(r"connect to proxy.*host='(?P<host>127\.0\.0\.1|localhost|::1)', port=(?P<port>\d+)")
_CORRELATION = re.compile(r"Correlation ID: ([0-9a-f-]{36})", re.IGNORECASE)
# In the order of usefulness to Azure's support: ARM, Graph, data plane.
_CORRELATION_HEADERS = ("x-ms-correlation-request-id", "x-ms-request-id", "request-id", "mise-correlation-id")


def explained_codes() -> frozenset[str]:
    """Return every code of Azure that has an explanation."""
    return frozenset(BY_CODE)


def translate(error: BaseException, *, activity: str = "") -> RunbookError:
    """Return the error that says what `error` means here, what to do about it, and who can do that.

    `activity` says what was being done, as in "creating the instance". An exception that doesn't come from Azure or
    the connection to it is a bug of ours, and is raised unchanged.
    """
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ServiceResponseError

    if isinstance(error, RunbookError):
        return error
    # A credential reports a token service that cannot be reached as a failed sign-in; the connection is the cause.
    if connection := _connection_error(error):
        return _unreachable(connection, activity)
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _from_response(error, activity)
    if isinstance(error, ClientAuthenticationError):
        return _no_token(error, activity)
    if isinstance(error, ServiceResponseError):
        told = _sentence(activity, "Azure stopped in the middle of an answer.")
        meaning = "The connection broke; whether Azure did what was asked is not known."
        return Unreachable(told, meaning=meaning, remedy="Run this again: it finds what is there.", who="You.")
    if isinstance(error, AzureError):
        return _explained(_code(error), None, _sentence(activity, str(error.message)), "", str(error))
    raise error


@contextmanager
def explaining(activity: str) -> Iterator[None]:
    """Translate whatever Azure's clients raise inside the block."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        raise translate(error, activity=activity) from error


def code_of(error: BaseException) -> str:
    """Return Azure's code of an error from one of its clients; empty when it carries none."""
    return _code(error)


def _from_response(error: HttpResponseError, activity: str) -> RunbookError:
    status, url = error.status_code or 0, _url(error)
    if DATA_PLANE_DOMAIN in url and status == 403 and not _body(error):
        return _empty_refusal(error, activity)
    code = _code(error)
    if DATA_PLANE_DOMAIN in url and status == 404 and "sub-domain" in _message(error).lower():
        code = "SubDomainNotFound"
    message = _sentence(activity, _message(error))
    if status == 429 and (pause := _headers(error).get("Retry-After")):
        message += f" It asks for {pause} seconds."
    return _explained(code, status, message, _correlation(error), _message(error))


def _explained(code: str, status: int | None, message: str, correlation_id: str, raw: str) -> RunbookError:
    unknown = _UNKNOWN_SIGN_IN if _AADSTS.fullmatch(code) else BY_STATUS.get(status or 0) or _UNKNOWN
    explanation = explain_message(code, raw) or BY_CODE.get(code) or unknown
    if explanation.error is PermissionMissing and (refused := _REFUSED_ACTION.search(raw)):
        return _missing(explanation, refused, message, raw, code, correlation_id)
    return explanation.error(
        message,
        meaning=explanation.meaning,
        remedy=explanation.remedy,
        who=explanation.who,
        code=code,
        correlation_id=correlation_id,
    )


# The token service has hundreds of codes: whichever it is, nobody is signed in.
_UNKNOWN_SIGN_IN = Explanation(
    "Microsoft Entra ID did not let you sign in; its message says why.",
    "Heed the message, then sign in again; the code is explained at https://login.microsoftonline.com/error.",
    error=SignInFailed,
)
_UNKNOWN = Explanation(
    "This guide does not know this refusal.", "Heed Azure's message; keep the correlation id for Azure's support."
)


def _missing(
    explanation: Explanation, refused: re.Match[str], message: str, raw: str, code: str, correlation_id: str
) -> PermissionMissing:
    client = _CLIENT.search(raw)
    return permissions.missing(
        refused["action"],
        refused["scope"],
        message=message,
        who=client["who"] if client else "",
        object_id=client["oid"] if client else "",
        meaning=explanation.meaning,
        code=code,
        correlation_id=correlation_id,
    )


def _empty_refusal(error: HttpResponseError, activity: str) -> PermissionMissing:
    """Explain the data plane's 403, which comes with an empty body."""
    role = "Azure Digital Twins Data Owner"
    return PermissionMissing(
        _sentence(activity, "The instance refused with 403 and said nothing more."),
        meaning="The account has no role for the instance's data, or a new one does not work yet. Owner and "
        "Contributor manage the instance, but give no access to its data. With a role, public network access is off, "
        "and this machine does not come through an approved private endpoint.",
        remedy=f"Assign {role} at the instance (02-assign-access); a new role can take up to 10 minutes to work. "
        "04-private-access shows public network access, and switches it on again.",
        who=permissions.GRANTERS[0].upper() + permissions.GRANTERS[1:] + ".",
        scope=_url(error).split("/")[2],
        role=role,
        correlation_id=_correlation(error),
    )


def _no_token(error: BaseException, activity: str) -> RunbookError:
    text = str(getattr(error, "message", "") or error)
    code = _code(error)
    if code:
        return _explained(code, None, _sentence(activity, text), _correlation(error), text)
    return SignInFailed(
        _sentence(activity, text.splitlines()[0]),
        meaning="No way to sign in worked.",
        remedy="Sign in with `az login`, set the AZURE_ variables of a service principal, or choose another sign_in: "
        "browser, device-code, service-principal or managed-identity.",
        who="You.",
    )


def _connection_error(error: BaseException) -> BaseException | None:
    from azure.core.exceptions import ServiceRequestError

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ServiceRequestError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _unreachable(error: BaseException, activity: str) -> Unreachable:
    proxy = _loopback_proxy(error)
    if proxy:
        return SandboxUnavailable(
            _sentence(activity, f"Nothing answers at {proxy}."),
            meaning="The sandbox is not running, or it runs at another port by now.",
            remedy="Start it with `runbook sandbox start`, then run this again from the first cell.",
            who="You.",
        )
    return Unreachable(
        _sentence(activity, "Azure does not answer."),
        meaning=f"The connection failed: {_cause(error)}",
        remedy="Check the network, the name and the proxy settings (HTTPS_PROXY), then run this again. What was begun "
        "is recorded, and is found again.",
        who="You, or whoever runs your network.",
    )


def _loopback_proxy(error: BaseException) -> str:
    """Return the address of the proxy on this machine that did not answer; empty when it was another failure."""
    found = _DEAD_PROXY.search(_cause(error))
    return f"{found['host']}:{found['port']}" if found else ""


def _cause(error: BaseException) -> str:
    text = str(getattr(error, "message", "") or error)
    # urllib3 prints an object's address in front of the reason; only the reason helps.
    return re.sub(r"<[^>]*>:? ?", "", text).strip()


def _sentence(activity: str, text: str) -> str:
    return f"While {activity}: {text}" if activity else text


def _url(error: HttpResponseError) -> str:
    return str(getattr(getattr(error.response, "request", None), "url", ""))


def _headers(error: BaseException) -> Mapping[str, str]:
    return getattr(getattr(error, "response", None), "headers", None) or {}


def _body(error: BaseException) -> dict[str, Any]:
    response = getattr(error, "response", None)
    try:
        content = json.loads(response.text()) if response is not None else {}
    except (ValueError, AttributeError, TypeError):
        return {}
    return content if isinstance(content, dict) else {}


def _code(error: BaseException) -> str:
    text = str(getattr(error, "message", "") or error)
    if found := _AADSTS.search(text):
        return found[0]
    told = _body(error).get("error")
    if isinstance(told, dict):
        return str(told.get("code") or "")
    if isinstance(told, str):
        described = _AADSTS.search(str(_body(error).get("error_description", "")))
        return described[0] if described else told
    return str(getattr(getattr(error, "error", None), "code", "") or "")


def _message(error: HttpResponseError) -> str:
    body = _body(error)
    # The data plane's gateway answers without an `error` around it.
    told = body.get("error", body)
    if isinstance(told, dict) and told.get("message"):
        return str(told["message"])
    return str(error.message).splitlines()[0]


def _correlation(error: BaseException) -> str:
    headers = _headers(error)
    named = next((str(headers[name]) for name in _CORRELATION_HEADERS if headers.get(name)), "")
    told = _CORRELATION.search(str(getattr(error, "message", "") or error))
    return named or (told[1] if told else "")
