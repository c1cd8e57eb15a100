"""Turns the exceptions of Azure's clients into errors that a reader can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..azure import permissions
from ..azure.clouds import Cloud, cloud_at, is_data_plane
from ..azure.waiting import has_begun, patience
from ..errors import PermissionMissing, RunbookError, SandboxUnavailable, SignInFailed, TimedOut, Unreachable
from .by_code import BY_CODE, BY_STATUS
from .by_message import explain_message
from .explanation import Explanation
from .sign_in_chain import attempts_in, last_attempt

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

_REFUSED_ACTION = re.compile(
    r"perform action(?:\(s\))? '(?P<action>[^']+)' (?:over|on the linked) scope(?:\(s\))? '(?P<scope>[^']+)'"
)
# A role assignment isn't a scope, so the role is given where it would be.
_ROLE_ASSIGNMENT = re.compile(r"(?i)/providers/Microsoft\.Authorization/roleAssignments/[^/]+$")
_CLIENT = re.compile(r"The client '(?P<who>[^']+)' with object id '(?P<oid>[^']+)'")
_AADSTS = re.compile(r"AADSTS\d+")
# urllib3 2's wording. Only a proxy on this machine can be the sandbox's.
_DEAD_PROXY = re.compile(r"connect to proxy.*host='(?P<host>127\.0\.0\.1|localhost|::1)', port=(?P<port>\d+)")
# What MSAL and azure-identity's chain of credentials leave of such a failure: their words, and those of urllib3.
_NO_ENTRA = re.compile(
    r"HTTP Error: (?:429|5\d\d)|Unexpected response from Microsoft Entra ID|Unable to complete OIDC Discovery|"
    r"Max retries exceeded|Connection (?:aborted|broken|reset)|RemoteDisconnected|Unable to connect to proxy|"
    r"Failed to (?:establish|resolve)|timed out"
)
_BUSY = "AADSTS90055"
_NONE_WORKED = "None of the ways to sign in of the default chain worked."
# How azure-identity words that the Azure CLI has to ask the person.
_CLAIMS_COMMAND = re.compile(r"az login --claims-challenge [^\n]*")
_NOBODY_CAME = re.compile(r"Timed out (?:after )?waiting .*user to authenticate")
_NO_TENANT = re.compile(r"Unable to get authority configuration|double check your tenant name")
_CORRELATION = re.compile(r"Correlation ID: ([0-9a-f-]{36})", re.IGNORECASE)
# The most useful one for Azure's support comes first: ARM, Graph, data plane.
_CORRELATION_HEADERS = ("x-ms-correlation-request-id", "x-ms-request-id", "request-id", "mise-correlation-id")


def explained_codes() -> frozenset[str]:
    """Return every code of Azure that has an explanation."""
    return frozenset(BY_CODE)


def translate(error: BaseException, *, activity: str = "") -> RunbookError:
    """Return an error that says what `error` means, what to do about it, and who can do it.

    `activity` says what was being done, as in "creating the instance". An exception that doesn't come from Azure or
    the connection to it is a bug of ours, and is raised unchanged.
    """
    from azure.core.exceptions import (
        AzureError,
        ClientAuthenticationError,
        HttpResponseError,
        IncompleteReadError,
        ServiceResponseError,
    )

    if isinstance(error, RunbookError):
        return error
    # A credential reports everything that happens on the way to a token as a failed sign-in.
    if isinstance(error, ClientAuthenticationError) and (ours := _ours(error) or patience().ended):
        return ours
    # If a credential can't reach the token service, it reports a failed sign-in. The connection is the real cause.
    if connection := _connection_error(error):
        return _unreachable(connection, activity)
    if isinstance(error, HttpResponseError) and error.response is not None:
        explained = _from_response(error, activity)
        explained.uncertain = (error.status_code or 0) >= 500 or has_begun(error)
        return explained
    if isinstance(error, ClientAuthenticationError):
        return _no_token(error, activity)
    if isinstance(error, ServiceResponseError | IncompleteReadError):
        return _cut_off(activity)
    if isinstance(error, AzureError):
        return _explained(code_of(error), None, _sentence(activity, str(error.message)), "", str(error))
    raise error


@contextmanager
def explaining(activity: str) -> Iterator[None]:
    """Translate the exceptions that Azure's clients raise inside the block."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        raise translate(error, activity=activity) from error


def _from_response(error: HttpResponseError, activity: str) -> RunbookError:
    status, url = error.status_code or 0, _url(error)
    if is_data_plane(url) and status == 403 and not _body(error):
        return _empty_refusal(error, activity)
    code = code_of(error)
    if is_data_plane(url) and status == 404 and "sub-domain" in _message(error).lower():
        code = "SubDomainNotFound"
    message = _sentence(activity, _message(error))
    if status == 429 and (pause := _headers(error).get("Retry-After")):
        message += f" Azure asks you to wait {pause} seconds."
    return _explained(code, status, message, _correlation(error), _message(error), urlsplit(url).hostname or "")


def _explained(
    code: str, status: int | None, message: str, correlation_id: str, raw: str, host: str = ""
) -> RunbookError:
    unknown = _UNKNOWN_SIGN_IN if _AADSTS.fullmatch(code) else BY_STATUS.get(status or 0) or _UNKNOWN
    explanation = explain_message(code, raw) or BY_CODE.get(code) or unknown
    if explanation.error is PermissionMissing and (refused := _REFUSED_ACTION.search(raw)):
        return _missing(explanation, refused, message, raw, code, correlation_id, cloud_at(host))
    return explanation.error(
        message,
        meaning=explanation.meaning,
        remedy=explanation.remedy,
        who=explanation.who,
        code=code,
        correlation_id=correlation_id,
    )


# The token service has hundreds of codes. With all of them, nobody is signed in.
_UNKNOWN_SIGN_IN = Explanation(
    "Microsoft Entra ID didn't let you sign in. Its message says why.",
    "See the message, then sign in again. https://login.microsoftonline.com/error explains the code.",
    error=SignInFailed,
)
_UNKNOWN = Explanation(
    "This guide doesn't know this error.", "See Azure's message. Keep the correlation id for Azure's support."
)


def _missing(
    explanation: Explanation,
    refused: re.Match[str],
    message: str,
    raw: str,
    code: str,
    correlation_id: str,
    cloud: Cloud,
) -> PermissionMissing:
    client = _CLIENT.search(raw)
    return permissions.missing(
        refused["action"],
        _ROLE_ASSIGNMENT.sub("", refused["scope"]),
        message=message,
        who=client["who"] if client else "",
        object_id=client["oid"] if client else "",
        meaning=explanation.meaning,
        code=code,
        correlation_id=correlation_id,
        cloud=cloud,
    )


def _empty_refusal(error: HttpResponseError, activity: str) -> PermissionMissing:
    """Explain the data plane's 403, which has an empty body."""
    role = "Azure Digital Twins Data Owner"
    return PermissionMissing(
        _sentence(activity, "The instance answered 403 without a message."),
        meaning="The account has no role for the instance's data, or a new role isn't effective yet. Owner and "
        "Contributor manage the instance but give no access to its data. If the account has a role, public network "
        "access is off and this machine isn't behind an approved private endpoint.",
        remedy=f"Assign {role} on the instance (02-assign-access). A new role can take up to 10 minutes to work. "
        "04-private-access shows public network access and can turn it on.",
        who=permissions.WHO_GRANTS,
        scope=_url(error).split("/")[2],
        role=role,
        correlation_id=_correlation(error),
    )


def _not_yet(text: str, code: str, activity: str) -> RunbookError | None:
    """Return the error of a sign-in that can still succeed: somebody has to act, or to wait."""
    if _NOBODY_CAME.search(text):
        return TimedOut(
            _sentence(activity, "Nobody has finished signing in in time."),
            meaning="The page that asks who you are waits as long as timeout_minutes says.",
            remedy="Run this again and finish signing in. For more time, raise timeout_minutes.",
            who="You.",
        )
    if patience().throttled or code == _BUSY:
        return TimedOut(
            _sentence(activity, "Microsoft Entra ID still asks to wait before the next request (429)."),
            meaning="It takes no more requests from here right now. Your sign-in is fine.",
            remedy="Wait a few minutes, then run this again. It continues where it stopped.",
            who="You.",
        )
    if found := _CLAIMS_COMMAND.search(text):
        return SignInFailed(
            _sentence(activity, "Azure asks for more than your sign-in has (a claims challenge)."),
            meaning="A Conditional Access policy wants, for example, a second factor for this. You're signed in with "
            "the Azure CLI, which has to ask you for it.",
            remedy=f"Run `{found[0].strip()}`, then run this again. Or use sign_in: browser or device-code.",
            who="You.",
        )
    return None


def _no_token(error: BaseException, activity: str) -> RunbookError:
    from azure.core.exceptions import ServiceResponseError

    text = str(getattr(error, "message", "") or error)
    code = code_of(error)
    if known := _not_yet(text, code, activity):
        return known
    if not code and _NO_TENANT.search(text) and not patience().failing:
        code = "AADSTS90002"
    attempts = attempts_in(text)
    if code:
        told = "\n".join([_NONE_WORKED, *attempts]) if attempts else text
        return _explained(code, None, _sentence(activity, told), _correlation(error), text)
    failing = patience().failing
    if failing or _NO_ENTRA.search(text) or any(isinstance(one, ServiceResponseError) for one in _causes(error)):
        return Unreachable(
            _sentence(activity, "Microsoft Entra ID isn't available."),
            meaning=failing or f"The connection failed, or something else answered in its place: {last_attempt(text)}",
            remedy="Check the network and the proxy settings (HTTPS_PROXY), then run this again. It continues where it "
            "stopped.",
            who="You, or the people who run your network.",
        )
    return SignInFailed(
        _sentence(activity, _NONE_WORKED if attempts else text.splitlines()[0]),
        meaning="\n".join(["Each was tried, in this order:", *attempts]) if attempts else "No sign-in method worked.",
        remedy="Sign in with `az login`, set the AZURE_ variables of a service principal, or choose another sign_in: "
        "browser, device-code, service-principal or managed-identity.",
        who="You.",
    )


def _ours(error: BaseException) -> RunbookError | None:
    return next((one for one in _causes(error) if isinstance(one, RunbookError)), None)


def _connection_error(error: BaseException) -> BaseException | None:
    from azure.core.exceptions import ServiceRequestError

    return next((one for one in _causes(error) if isinstance(one, ServiceRequestError)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _cut_off(activity: str) -> Unreachable:
    return Unreachable(
        _sentence(activity, "Azure stopped in the middle of an answer."),
        meaning="The connection broke, so we can't tell whether Azure made the change.",
        remedy="Run this again. It finds what already exists.",
        who="You.",
    )


def _unreachable(error: BaseException, activity: str) -> Unreachable:
    proxy = _loopback_proxy(error)
    if proxy:
        return SandboxUnavailable(
            _sentence(activity, f"Nothing answers at {proxy}."),
            meaning="The sandbox isn't running, or it has moved to another port.",
            remedy="Start it with `runbook sandbox start`, then run this again from the first cell.",
            who="You.",
        )
    return Unreachable(
        _sentence(activity, "Azure doesn't answer."),
        meaning=f"The connection failed: {_cause(error)}",
        remedy="Check the network, the name and the proxy settings (HTTPS_PROXY), then run this again. It continues "
        "where it stopped.",
        who="You, or the people who run your network.",
    )


def _loopback_proxy(error: BaseException) -> str:
    """Return the address of the proxy on this machine that didn't answer. Empty if that wasn't the failure."""
    found = _DEAD_PROXY.search(_cause(error))
    return f"{found['host']}:{found['port']}" if found else ""


def _cause(error: BaseException) -> str:
    text = str(getattr(error, "message", "") or error)
    # urllib3 puts an object's address before the reason. Only the reason helps.
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


def code_of(error: BaseException) -> str:
    """Return Azure's code of an error from one of its clients. Empty if it has none."""
    text = str(getattr(error, "message", "") or error)
    if found := _AADSTS.search(text):
        return found[0]
    body = _body(error)
    details = body.get("error")
    if isinstance(details, dict):
        return str(details.get("code") or "")
    if isinstance(details, str):  # as the token service answers
        described = _AADSTS.search(str(body.get("error_description", "")))
        return described[0] if described else details
    return str(getattr(getattr(error, "error", None), "code", "") or "")


def _message(error: HttpResponseError) -> str:
    body = _body(error)
    # The data plane's gateway doesn't wrap its answer in `error`.
    details = body.get("error", body)
    if isinstance(details, dict) and details.get("message"):
        return str(details["message"])
    return str(error.message).splitlines()[0]


def _correlation(error: BaseException) -> str:
    headers = _headers(error)
    for name in _CORRELATION_HEADERS:
        if headers.get(name):
            return str(headers[name])
    found = _CORRELATION.search(str(getattr(error, "message", "") or error))
    return found[1] if found else ""
