"""Whatever Azure's clients raise becomes an error that says what it means and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.rest import HttpRequest
from azure.identity import CredentialUnavailableError

import runbook_lib.sandbox
from runbook_lib import errors
from runbook_lib.errors import (
    AzureRefused,
    InputError,
    PermissionMissing,
    RunbookError,
    SignInFailed,
    TimedOut,
    Unreachable,
)
from runbook_lib.explain.translate import explained_codes, explaining, translate

SCOPE = "/subscriptions/s/resourceGroups/rg"
ARM = f"https://management.azure.com{SCOPE}"
INSTANCE = "https://my-twins.api.weu.digitaltwins.azure.net/models"


class _Response:
    """As much of an azure-core response as an exception keeps."""

    def __init__(self, status: int, body: str, url: str, headers: dict[str, str]) -> None:
        self.status_code = status
        self.reason = "Because"
        self.headers = headers
        self.request = HttpRequest("GET", url)
        self._body = body

    def text(self, encoding: str | None = None) -> str:
        return self._body

    def body(self) -> bytes:
        return self._body.encode()


def refused(
    status: int, code: str = "", message: str = "", *, url: str = ARM, body: str | None = None, **headers: str
) -> HttpResponseError:
    text = json.dumps({"error": {"code": code, "message": message}}) if body is None else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponseError(response=_Response(status, text, url, named))


def test_a_missing_permission_names_action_scope_role_and_message() -> None:
    action = "Microsoft.Authorization/roleAssignments/write"
    said = (
        f"The client 'carlos@contoso.com' with object id 'oid-1' does not have authorization or an ABAC condition not "
        f"fulfilled to perform action '{action}' over scope '{SCOPE}' or the scope is invalid."
    )
    error = translate(
        refused(403, "AuthorizationFailed", said, x_ms_correlation_request_id="corr-1"), activity="assigning"
    )
    assert isinstance(error, PermissionMissing)
    assert (error.action, error.scope) == (action, SCOPE)
    assert error.role == "Role Based Access Control Administrator"
    assert error.code == "AuthorizationFailed"
    assert error.correlation_id == "corr-1"
    assert "carlos@contoso.com (object id oid-1)" in error.request
    assert error.message.startswith("While assigning: The client")
    assert "Owner or a User Access Administrator" in error.who


def test_a_missing_permission_on_a_linked_identity_names_managed_identity_operator() -> None:
    said = (
        "The client 'x' with object id 'y' has permission to perform action 'Microsoft.DigitalTwins/x/write' on"
        " scope '/a'; however, it does not have permission to perform action(s) "
        "'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '/id' (respectively)."
    )
    error = translate(refused(403, "LinkedAuthorizationFailed", said))
    assert isinstance(error, PermissionMissing)
    assert (error.role, error.scope) == ("Managed Identity Operator", "/id")


def test_the_mute_403_of_the_data_plane_is_explained() -> None:
    error = translate(refused(403, url=INSTANCE, body=""))
    assert isinstance(error, PermissionMissing)
    assert error.role == "Azure Digital Twins Data Owner"
    assert "Owner and Contributor manage the instance" in error.meaning
    assert "10 minutes" in error.remedy


def test_public_access_that_is_off_is_no_missing_role() -> None:
    body = '{ "statusCode": 403, "message": "Public network access disabled by policy." }'
    error = translate(refused(403, url=INSTANCE, body=body), activity="reading the models")
    assert isinstance(error, AzureRefused) and not isinstance(error, PermissionMissing)
    assert error.message == "While reading the models: Public network access disabled by policy."
    assert "No role helps" in error.meaning
    assert "04-private-access" in error.remedy


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (refused(401, url=INSTANCE, body='{"statusCode":401,"message":"Unauthorized"}'), SignInFailed, "Sign in again"),
        (refused(401, "ExpiredAuthenticationToken", "The access token expiry ..."), SignInFailed, "Sign in again"),
        (refused(404, url=INSTANCE, body="Sub-Domain not found"), InputError, ""),
        (refused(404, "SubDomainNotFound", "Sub-Domain not found", url=INSTANCE), SignInFailed, "parameter tenant"),
        (refused(404, "ResourceGroupNotFound", "…"), InputError, "create_resource_group"),
        (refused(409, "MissingSubscriptionRegistration", "…"), AzureRefused, "00-start-here"),
        (refused(409, "NeverHeardOf", "…"), InputError, "run this again"),
        (refused(429, "SubscriptionRequestsThrottled", "…", Retry_After="324"), AzureRefused, "Wait"),
        (refused(503, body="<html>"), Unreachable, "few minutes"),
        (refused(504, body=""), TimedOut, "again"),
        (refused(418, "Teapot", "short and stout"), AzureRefused, "See Azure's message"),
        (ServiceResponseError("cut off"), Unreachable, "again"),
        (CredentialUnavailableError("Please run 'az login'"), SignInFailed, "az login"),
        (
            ClientAuthenticationError("Authentication failed: AADSTS7000215: Invalid client secret provided."),
            SignInFailed,
            "AZURE_CLIENT_SECRET",
        ),
        (ServiceRequestError("nothing there"), Unreachable, "HTTPS_PROXY"),
    ],
)
def test_each_kind_of_failure_gets_its_own_error_and_remedy(
    error: Exception, kind: type[RunbookError], says: str
) -> None:
    found = translate(error)
    assert type(found) is kind
    assert says in found.remedy
    assert found.meaning


def test_throttling_says_for_how_long() -> None:
    assert "324 seconds" in translate(refused(429, "TooManyRequests", "Slow down.", Retry_After="324")).message


def test_the_correlation_id_of_the_token_service_is_kept() -> None:
    text = "AADSTS90002: Tenant 'x' not found. Trace ID: a Correlation ID: 11111111-2222-3333-4444-555555555555"
    error = translate(ClientAuthenticationError(text))
    assert error.code == "AADSTS90002"
    assert error.correlation_id == "11111111-2222-3333-4444-555555555555"


def named_as_the_cause() -> None:
    try:
        raise ServiceRequestError("no route")
    except ServiceRequestError as lost:
        raise ClientAuthenticationError("Authentication failed: no route") from lost


def only_under_way_meanwhile() -> None:
    def fail() -> None:
        raise ClientAuthenticationError("Authentication failed: no route")

    with ExitStack() as stack:
        stack.callback(fail)
        raise ServiceRequestError("no route")


@pytest.mark.parametrize("chain", [named_as_the_cause, only_under_way_meanwhile])
def test_a_sign_in_that_failed_for_want_of_a_connection_is_no_wrong_sign_in(chain: Callable[[], None]) -> None:
    with pytest.raises(Unreachable, match="Azure doesn't answer"), explaining("signing in"):
        chain()


def test_a_code_of_the_token_service_that_nobody_knows_is_still_a_failed_sign_in() -> None:
    for error in (
        ClientAuthenticationError("Authentication failed: AADSTS599999: Not today."),
        refused(400, body='{"error":"invalid_grant","error_description":"AADSTS599999: Not today."}'),
    ):
        found = translate(error)
        assert type(found) is SignInFailed
        assert found.code == "AADSTS599999"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("53003", "sign_in: browser"),
        ("53000", "managed device"),
        ("50076", "second factor"),
        ("50079", "mfasetup"),
        ("50105", "Users and groups"),
        ("50126", "AZURE_PASSWORD"),
        ("500011", "right tenant"),
        ("65001", "admin consent"),
        ("700016", "AZURE_CLIENT_ID"),
        ("7000222", "AZURE_CLIENT_SECRET"),
        ("90002", "parameter tenant"),
        ("50173", "password has changed"),
        ("70043", "how often"),
        ("700024", "clock"),
        ("700213", "letter by letter"),
    ],
)
def test_the_codes_of_a_first_week_say_what_to_do(code: str, says: str) -> None:
    for error in (
        ClientAuthenticationError(f"Authentication failed: AADSTS{code}: No. Trace ID: a"),
        refused(400, body=f'{{"error":"invalid_grant","error_description":"AADSTS{code}: No."}}'),
    ):
        found = translate(error)
        assert (type(found), found.code) == (SignInFailed, f"AADSTS{code}")
        assert says in found.meaning + found.remedy
        assert found.who


def test_every_number_of_the_sandboxs_token_service_is_explained() -> None:
    entra = Path(runbook_lib.sandbox.__file__).parent / "entra"
    text = "".join(path.read_text() for path in entra.glob("*.py"))
    sent = set(re.findall(r'(?:[45]\d\d,\s*"\w+",\s*|no_match\()(\d{5,7})\b', text))
    assert len(sent) > 20
    assert {f"AADSTS{number}" for number in sent} - explained_codes() == set()


def test_our_own_errors_pass_and_our_own_bugs_stay_what_they_are() -> None:
    known = InputError("wrong")
    assert translate(known) is known
    with pytest.raises(ZeroDivisionError), explaining("dividing"):
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError):
        translate(ZeroDivisionError())


def test_every_code_that_the_sandbox_sends_is_explained() -> None:
    sources = [path.read_text() for path in Path(runbook_lib.sandbox.__file__).parent.rglob("*.py")]
    sent = {code for text in sources for code in re.findall(r'\(\s*[45]\d\d,\s*"(\w+)"', text)}
    assert len(sent) > 40
    assert sent - explained_codes() == set()


def _kinds(base: type[RunbookError] = RunbookError) -> list[type[RunbookError]]:
    return [base, *(kind for sub in base.__subclasses__() for kind in _kinds(sub))]


def test_every_error_is_drawn_in_the_tree() -> None:
    ours = [kind for kind in _kinds() if kind.__module__ == errors.__name__]
    assert [kind.__name__ for kind in ours if kind.__name__ not in (errors.__doc__ or "")] == []


def test_an_error_shows_only_what_is_known() -> None:
    shown: Any = str(AzureRefused("No.", remedy="Try again."))
    assert "No." in shown
    assert "Try again." in shown
    assert "Correlation id" not in shown
