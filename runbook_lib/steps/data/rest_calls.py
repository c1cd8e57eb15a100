"""Individual REST calls to an instance: the calls, other ways to do the same, and the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...azure.clients import DIGITAL_TWINS, Clients
from ...azure.clouds import cloud_at
from ...azure.resource_ids import group_of, name_of
from ...display.cards import Listing, Table
from ..core.recipes import Call, Recipe, az
from ..data_plane.access import Host
from .calls import asking

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse

MANAGEMENT_VERSION, DATA_VERSION = "2023-01-31", "2023-10-31"
"""The newest stable versions of both interfaces (OpenAPI of Microsoft.DigitalTwins)."""
COUNT = "SELECT COUNT() FROM DIGITALTWINS"

_VARYING = {"$etag", "uploadTime", "lastUpdateTime", "$lastUpdateTime", "createdTime", "lastUpdatedTime", "createdAt"}
_VARYING |= {"lastModifiedAt"}
_LONGEST_BODY = 40
"""How many lines of an answer we show."""


@dataclass(frozen=True)
class RestCall:
    """One REST call."""

    name: str
    method: str
    url: str
    audience: str
    """The service that the token is for."""
    expected: int
    """The expected status: one call is refused on purpose."""
    body: Mapping[str, Any] | None = None
    recipe: Recipe | None = None
    """The same in the portal, CLI and SDK; None if they don't offer it."""

    @property
    def place(self) -> str:
        """Method and address, without the long parts that say little."""
        address = self.url.partition("?")[0].removeprefix("https://")
        host, _, path = address.partition("/")
        return f"{self.method} {host}/{path if path.count('/') < 2 else '.../' + '/'.join(path.split('/')[-2:])}"

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Other ways to do the same: the recipe, and `az rest`, which can send any call."""
        body = [json.dumps(self.body)] if self.body else []
        plain = az("rest", method=self.method.lower(), url=self.url, resource=self.audience, body=body)
        return (*([self.recipe] if self.recipe else []), Recipe("", plain, ()))


@dataclass(frozen=True)
class Exchange:
    """A call and its answer."""

    call: RestCall
    status: int
    reason: str
    content: Any
    """The decoded body; empty text if there was none."""

    @property
    def as_expected(self) -> bool:
        """True when the status is the expected one."""
        return self.status == self.call.expected

    def listing(self) -> Listing:
        """Show both. Show what the token is for, never the token itself."""
        sent = [f"{self.call.method} {self.call.url}", f"Authorization: Bearer <token for {self.call.audience}>"]
        sent += ["", json.dumps(self.call.body)] if self.call.body else []
        body = _pretty(self.content) if self.content != "" else "(empty body)"
        answer = ["", f"{self.status} {self.reason}", *body.splitlines()]
        return Listing(f"{self.call.name} → {self.status}", "\n".join([*sent, *answer]))


def calls(host: Host) -> tuple[RestCall, ...]:
    """Return the most instructive calls: one to each plane, a query, and one with the wrong token."""
    management = cloud_at(host.name).resource_manager
    models = f"{host.url}/models?api-version={DATA_VERSION}"
    query = f"{host.url}/query?api-version={DATA_VERSION}"
    return (
        *((_instance(host),) if host.scope else ()),
        RestCall("The models (data plane)", "GET", models, DIGITAL_TWINS, 200, recipe=listing_models(host)),
        RestCall(
            "The number of twins (data plane)", "POST", query, DIGITAL_TWINS, 200, {"query": COUNT}, recipe=_count(host)
        ),
        RestCall("The models, with the wrong token on purpose", "GET", models, management, 401),
    )


def listing_models(host: Host) -> Recipe:
    """Say how to list the models of an instance, a good first call for a new client."""
    sdk = Call("data_plane", host.name, "list_models", statement="models = list({})")
    return Recipe(f"{host.explorer} > MODELS", az("dt model list", **host.az_name), (sdk,))


def _instance(host: Host) -> RestCall:
    name, group = name_of(host.scope), group_of(host.scope)
    management = cloud_at(host.name).resource_manager
    sdk = Call("digital_twins", host.subscription, "digital_twins.get", (group, name), statement="instance = {}")
    return RestCall(
        "The instance itself (control plane)",
        "GET",
        f"{management}{host.scope}?api-version={MANAGEMENT_VERSION}",
        management,
        200,
        recipe=Recipe(f"{name} > Overview > JSON View", az("dt show", **host.az_name), (sdk,)),
    )


def _count(host: Host) -> Recipe:
    # If a result is neither a twin nor a relationship, Explorer shows it only in its optional Output panel.
    page = f"{host.explorer} > Settings > Output > QUERY EXPLORER > {COUNT} > Run Query"
    return Recipe(page, az("dt twin query", **host.az_name, query_command=COUNT), (asking(host, COUNT),))


def send(clients: Clients, host: Host, call: RestCall) -> Exchange:
    """Send a call, and return the answer. Raises AzureError if there's none."""
    management = clients.target.cloud.resource_manager
    if call.url.startswith(management):
        rest, base = clients.arm, management
    else:
        rest, base = clients.data_rest(host.name, call.audience), host.url
    response = rest.exchange(call.method, call.url.removeprefix(base), call.body)
    return Exchange(call, response.status_code, response.reason, _content(response))


def token_table(claims: Mapping[str, Any]) -> Table:
    """Show a token's claims, without anything that someone could use, and without times."""
    rows = [(name, str(claims[name]), meaning) for name, meaning in _CLAIMS.items() if claims.get(name)]
    if "exp" in claims:
        rows.append(("exp", "after the sign-in", "it expires 60 to 90 minutes later; the client then gets a new one"))
    return Table(("Claim", "Value", "Says"), tuple(rows), "The token for the data plane says:")


_CLAIMS = {
    "aud": "which service it is for",
    "tid": "which tenant issued it: it must be the instance's",
    "oid": "who you are: roles are given to this id",
    "upn": "your sign-in name",
    "appid": "which application you signed in with, or are",
    "scp": "what you allow that application to do for you",
    "idtyp": "that no person is behind it",
}
"""The claims that matter, with their meaning (access token claims reference)."""


def _content(response: HttpResponse) -> Any:
    text = response.text()
    try:
        return json.loads(text)
    except ValueError:
        return text


def _pretty(content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(_steady(content), indent=2, ensure_ascii=False)
    lines = text.splitlines()
    more = [f"... {len(lines) - _LONGEST_BODY} more lines"] if len(lines) > _LONGEST_BODY else []
    return "\n".join(lines[:_LONGEST_BODY] + more)


def _steady(content: Any) -> Any:
    """Replace times and versions, which differ in every run and tell a reader nothing."""
    if isinstance(content, list):
        return [_steady(one) for one in content]
    if isinstance(content, dict):
        return {name: "(varies)" if name in _VARYING else _steady(value) for name, value in content.items()}
    return content
