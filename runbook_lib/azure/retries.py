"""What a request does when Azure or the network has a bad moment: repeat it, wait, or give up. The one place for that.

Management, data plane, Graph and sign-in all use these policies. They differ from azure-core's in three ways:

- A `Retry-After` is obeyed for as long as the step can wait (`waiting.Patience`), visibly, and can be stopped.
- After a broken connection, a request that is safe to repeat is repeated, whatever its method.
- A 401 gets a fresh token once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.pipeline.transport import RequestsTransport

from .shared_pauses import share_pause, shared_pause
from .waiting import patience

FAILURE_PAUSES = (0.5, 1.5, 4.0)
"""Seconds between the tries of a request that Azure fails (5xx) without saying when to come back."""
LOSS_PAUSES = (0.5, 1.5)
"""Seconds between the tries of a request whose connection breaks."""
LONGEST_THROTTLE_PAUSE = 30.0
"""Seconds. A 429 without `Retry-After` is repeated with pauses that double up to this."""
FRESH = '{"access_token":{}}'
"""A claims request that asks for nothing: tokens for it never come from a client's cache."""

_FAILED = frozenset({408, 500, 502, 503, 504})
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
"""All PUTs and PATCHes here say what a thing is to be, never how it changes, so twice is as good as once."""
_CHANGING = frozenset({"PUT", "PATCH", "DELETE"})
_REPEATABLE_POSTS = re.compile(
    r"/(register|getByIds|checkNameAvailability|query|getMemberGroups|models|token|devicecode)(\?|$)", re.IGNORECASE
)
"""They only read, or registering twice is as good as once. Uploading models twice isn't: see `answer_was_lost`."""
_METADATA = "//169.254.169.254/"
"""Where a machine in Azure finds its managed identity. Elsewhere anything can answer."""
_LOST = "_runbook_answer_was_lost"


def answer_was_lost(error: HttpResponseError) -> bool:
    """Tell whether Azure refused a repetition whose first try got no answer: it can be that try that is in the way."""
    return getattr(getattr(error.response, "request", None), _LOST, False)


def has_replaced(exchange: PipelineResponse[Any, Any]) -> bool:
    """Tell whether a PUT wrote over what was there: Azure Resource Manager answers 201 for what is new, else 200.

    If an earlier try got no answer, it can have been that one (async operations, and the OpenAPI files of each kind).
    """
    request, response = exchange.http_request, exchange.http_response
    of_arm = urlsplit(request.url).path.startswith("/subscriptions/")  # an instance's data always answers 200
    return of_arm and request.method == "PUT" and response.status_code == 200 and not getattr(request, _LOST, False)


class PatientRetries(RetryPolicy[Any, Any]):
    """Repeats what is safe to repeat, for as long as the step's patience lasts.

    Raises TimedOut if Azure asks for a longer wait than is left, and Stopped.
    """

    def __init__(self, **_: Any) -> None:
        """Take no settings. azure-identity passes all of its own."""
        super().__init__()

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request until it's answered, or until it's time to give up."""
        self.configure_retries(request.context.options)  # takes out the options that the transport doesn't know
        sent, lost, failed, throttled, busy = request.http_request, 0, 0, 0, 0
        while True:
            if (others := shared_pause(sent.url)) > 0:
                patience().pause(others, "Azure asks the rows of this fleet to wait")
            try:
                response = self.next.send(request)
            except ClientAuthenticationError:
                raise  # the token's own request has had its retries
            except AzureError:
                setattr(sent, _LOST, True)
                if lost >= len(LOSS_PAUSES) or not is_repeatable(sent.method, sent.url):
                    raise
                patience().pause(LOSS_PAUSES[lost], "The connection broke. Trying again")
                _look_again(sent)
                lost += 1
                continue
            status, asked = response.http_response.status_code, self._asked(response)
            why = f"Azure asks to wait {{:.0f}} s before the next request ({status})"
            if status == 409 and getattr(sent, _LOST, False) and _is_busy(response.http_response):
                pause, why = min(2.0**busy, LONGEST_THROTTLE_PAUSE), "Azure is still working on the first try"
                busy += 1
            elif status == 429:
                pause = min(2.0**throttled, LONGEST_THROTTLE_PAUSE) if asked is None else asked
                throttled += 1
                share_pause(sent.url, pause)
            elif status in _FAILED and asked is not None:
                pause = asked
            elif status in _FAILED and failed < len(FAILURE_PAUSES):
                pause = FAILURE_PAUSES[failed]
                failed += 1
            else:
                return self._done(response)
            if status in _FAILED:
                setattr(sent, _LOST, True)  # nobody knows how far it got
            _let_go(response.http_response)
            patience().pause(pause, why.format(pause))
            _look_again(sent)

    def _asked(self, response: PipelineResponse[Any, Any]) -> float | None:
        try:
            return self.get_retry_after(response)
        except ValueError:  # neither a number nor a date
            return None

    def _done(self, response: PipelineResponse[Any, Any]) -> PipelineResponse[Any, Any]:
        answer = response.http_response
        if answer.status_code == 404 and answer.request.method == "DELETE" and getattr(answer.request, _LOST, False):
            return PipelineResponse(response.http_request, _Deleted(answer), response.context)
        return response


def _look_again(sent: Any) -> None:
    """See that a change is still right before it's asked for once more."""
    look = patience().look_again
    if look and sent.method in _CHANGING:
        look(getattr(sent, _LOST, False))


def _let_go(answer: Any) -> None:
    """Close an answer, which would keep its connection if it's streamed. Those of polling aren't, and have no close."""
    if close := getattr(answer, "close", None):
        close()


def _is_busy(answer: Any) -> bool:
    if read := getattr(answer, "read", None):
        read()
    return "AnotherOperationInProgress" in answer.text()


class _Deleted:
    """The answer to a DELETE that finds nothing, because the try before has deleted it."""

    status_code = 204

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)


def is_repeatable(method: str, url: str) -> bool:
    """Tell whether sending a request twice does no more than sending it once."""
    return method.upper() in _REPEATABLE or _REPEATABLE_POSTS.search(url) is not None


class RenewedToken(BearerTokenCredentialPolicy[Any, Any]):
    """Answers a 401 with a fresh token and one repetition.

    Clients cache tokens until they expire. If Azure stops accepting one earlier, because of a policy or a clock that is
    wrong, the cached one stays refused.
    """

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request, and send it again if the token wasn't accepted and there is another one."""
        response = super().send(request)
        if response.http_response.status_code != 401:
            return response
        try:
            self.authorize_request(request, *self._scopes, claims=FRESH)
        except AzureError:
            return response  # such as the Azure CLI, which refuses claims; the service's words say more
        return self.next.send(request)


class PatientTransport(RequestsTransport):  # type: ignore[misc]  # azure-core loads it late, untyped
    """A transport for clients whose retry policy can't be replaced: their pauses are visible and bounded too."""

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request, and remember if the service failed: MSAL's text for that is about the tenant's name."""
        answer = super().send(request, **options)
        if _METADATA not in request.url:
            status = answer.status_code
            patience().failing = f"It answered with status {status}." if status == 429 or status in _FAILED else ""
            patience().throttled = status == 429
        return answer

    def sleep(self, duration: float) -> None:
        """Pause between two tries."""
        _sleep(self, duration)


def _sleep(_: object, duration: float) -> None:
    patience().pause(duration, f"Waiting {duration:.0f} s before the next request")


class _PatientPauses:
    """Lets clients with azure-core's own settings pause visibly and no longer than the step can wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._usual = RequestsTransport.sleep

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:  # two steps can run at once, and the last one to end restores
            self._depth += 1
            RequestsTransport.sleep = _sleep
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1
                if not self._depth:
                    RequestsTransport.sleep = self._usual


patient_pauses = _PatientPauses()
"""For a block that runs code as people copy it: its clients get no settings of ours."""
