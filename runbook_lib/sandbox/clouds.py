"""The clouds that the sandbox plays: Azure and, under its own host names, Azure Government.

Both are always there, with one directory and one set of subscriptions: the host of a request decides which one answers.
Inside, everything has the names of public Azure. They're translated at the door, in both directions. The addresses are
those of the Azure CLI's table of clouds. Modelled: that both share a directory (Microsoft's don't), that the rest of
the answers is the same, the names of instances in Azure Government, and the codes of its regions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from .http import Answer, Request

LOGIN_HOST = "login.microsoftonline.com"
MANAGEMENT_HOST = "management.azure.com"
GRAPH_HOST = "graph.microsoft.com"
DATA_DOMAINS = ("digitaltwins.azure.net", "digitaltwins.azure.us")
BLOB_DOMAIN = "blob.core.windows.net"
"""Where storage accounts have their blobs. There are none in the sandbox's Azure Government."""

_IN_GOVERNMENT = {
    LOGIN_HOST: "login.microsoftonline.us",
    MANAGEMENT_HOST: "management.usgovcloudapi.net",
    GRAPH_HOST: "graph.microsoft.us",
    "management.core.windows.net": "management.core.usgovcloudapi.net",
    "portal.azure.com": "portal.azure.us",
    "core.windows.net": "core.usgovcloudapi.net",
    "AzureCloud": "AzureUSGovernment",
}
"""The same things, as public Azure and as Azure Government call them."""

HOSTS = (LOGIN_HOST, MANAGEMENT_HOST, GRAPH_HOST)
GOVERNMENT_HOSTS = tuple(_IN_GOVERNMENT[host] for host in HOSTS)

_in_government: ContextVar[bool] = ContextVar("in_government", default=False)


def _pattern(names: Mapping[str, str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    # Forms are percent-encoded: a host follows %2F there.
    return re.compile(rf"(?:(?<![\w-])|(?<=%2[Ff]))(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


_IN_PUBLIC = {government: public for public, government in _IN_GOVERNMENT.items()}
_PUBLIC_NAMES, _GOVERNMENT_NAMES = _pattern(_IN_GOVERNMENT), _pattern(_IN_PUBLIC)


def is_government() -> bool:
    """Tell whether the request that is being answered is one to Azure Government."""
    return _in_government.get()


def data_domain() -> str:
    """Return what the host names of new instances end in."""
    return DATA_DOMAINS[is_government()]


@contextmanager
def playing(host: str) -> Iterator[None]:
    """Play the cloud that a host belongs to."""
    before = _in_government.set(host in GOVERNMENT_HOSTS or host.endswith(f".{DATA_DOMAINS[1]}"))
    try:
        yield
    finally:
        _in_government.reset(before)


def outward(value: Any) -> Any:
    """Put what public Azure would say into the words of the cloud that is being played."""
    if not is_government():
        return value
    return _translated(value, _PUBLIC_NAMES, _IN_GOVERNMENT)


def inward(value: Any) -> Any:
    """Put what a client says into the words of public Azure."""
    if not is_government():
        return value
    return _translated(value, _GOVERNMENT_NAMES, _IN_PUBLIC)


def taken_in(request: Request) -> Request:
    """Return a request as public Azure would get it. Tokens are translated where they're checked."""
    if not is_government():
        return request
    query = {name: tuple(inward(one) for one in values) for name, values in request.query.items()}
    body = request.body
    if any(name.encode() in body for name in _IN_PUBLIC):
        body = str(inward(body.decode("utf-8", "surrogateescape"))).encode("utf-8", "surrogateescape")
    return replace(request, host=inward(request.host), path=inward(request.path), query=query, body=body)


def sent_out(answer: Answer) -> Answer:
    """Return an answer of public Azure as the cloud that is being played would give it."""
    if is_government():
        if isinstance(answer.body, bytes):
            answer.body = str(outward(answer.body.decode("utf-8", "surrogateescape"))).encode(
                "utf-8", "surrogateescape"
            )
        else:
            answer.body = outward(answer.body)
        answer.headers = {name: outward(value) for name, value in answer.headers.items()}
    return answer


def _translated(value: Any, pattern: re.Pattern[str], names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: names[found[0]], value)
    if isinstance(value, dict | list):
        return json.loads(_translated(json.dumps(value), pattern, names))
    return value
