"""The few REST calls that no official client covers: Graph, and permissions at a scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.credentials import TokenCredential
    from azure.core.rest import HttpRequest, HttpResponse


class Rest:
    """JSON over the same pipeline (retries, bearer tokens, proxy) that the official clients use."""

    def __init__(
        self, base_url: str, credential: TokenCredential, settings: Mapping[str, Any], audience: str = ""
    ) -> None:
        """`audience` is the service that the token is for, as in `https://graph.microsoft.com`; empty: the host."""
        from azure.core import PipelineClient

        self._base_url = base_url
        self.audience = audience or f"https://{base_url.split('/')[2]}"
        chain = pipeline(credential, f"{self.audience}/.default", settings)
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(base_url, policies=chain, **settings)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON object at `path`, which starts with a slash. Raises AzureError."""
        # azure-core joins parameters as they are, so that `&`, `+` or `#` in a name would end or change the value.
        encoded = {name: quote(value, safe="") for name, value in (query or {}).items()}
        return self._send("GET", f"{self._base_url}{path}", params=encoded)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send JSON and return the JSON object in the answer. Raises AzureError."""
        return self._send("POST", f"{self._base_url}{path}", json=dict(body))

    def list(self, path: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Return the entries on all pages of a list."""
        page = self.get(path, query)
        entries = list(page.get("value", ()))
        while following := page.get("nextLink") or page.get("@odata.nextLink"):
            page = self._send("GET", following)
            entries += page.get("value", ())
        return entries

    def exchange(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> HttpResponse:
        """Send a request and return the answer, even a refusal. Raises AzureError when there's none."""
        from azure.core.rest import HttpRequest

        content: dict[str, Any] = {} if body is None else {"json": dict(body)}
        response = self._client.send_request(HttpRequest(method, f"{self._base_url}{path}", **content))
        response.read()
        return response

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _send(self, method: str, url: str, **content: Any) -> dict[str, Any]:
        from azure.core.exceptions import (
            ClientAuthenticationError,
            HttpResponseError,
            ResourceExistsError,
            ResourceNotFoundError,
            map_error,
        )
        from azure.core.rest import HttpRequest

        response = self._client.send_request(HttpRequest(method, url, **content))
        if response.status_code >= 400:
            response.read()
            by_status = {401: ClientAuthenticationError, 404: ResourceNotFoundError, 409: ResourceExistsError}
            map_error(response.status_code, response, by_status)
            raise HttpResponseError(response=response)
        result: dict[str, Any] = response.json()
        return result


def pipeline(credential: TokenCredential, scope: str, settings: Mapping[str, Any]) -> list[Any]:
    """Return the policies that every request to Azure Resource Manager and Graph passes through.

    The management clients build the same chain, with other retries and tokens, plus one policy: as soon as a call needs
    a resource provider, even a call that only reads, it silently registers the provider and blocks until that's done.
    Here nothing changes unless a plan has announced it.
    """
    from azure.core.pipeline import policies

    from .retries import PatientRetries, RenewedToken

    return [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy(base_user_agent="adt-setup-runbook"),
        policies.ProxyPolicy(**settings),
        policies.ContentDecodePolicy(),
        policies.RedirectPolicy(),
        settings.get("retry_policy") or PatientRetries(),
        RenewedToken(credential, scope),
        policies.CustomHookPolicy(**settings),
        policies.SensitiveHeaderCleanupPolicy(),
    ]
