"""Whether an answer is like a recorded one: status, error, headers, and the body's keys, types and state words.

Values are not compared, because times, ids and etags are new each time; except for words that say a state or a kind,
for the text of an error, and for headers that are always the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import requests

from .exchanges import Exchange

PRESENT = frozenset(
    {
        "azure-asyncoperation",
        "etag",
        "location",
        "query-charge",
        "retry-after",
        "traceresponse",
        "x-ms-failure-cause",
        "x-ms-ratelimit-remaining-subscription-deletes",
        "x-ms-ratelimit-remaining-subscription-writes",
    }
)
"""Headers that must be there or not be there, as recorded."""
EQUAL = frozenset(
    {
        "cache-control",
        "content-type",
        "expires",
        "pragma",
        "server",
        "strict-transport-security",
        "x-content-type-options",
    }
)
"""Headers whose value must be as recorded.

Not looked at: `date` and `vary`, which say nothing to a client, and `content-length`, which belongs to the transport
(some recorded 204 have one although HTTP forbids it).
"""
WORDS = frozenset(
    {
        "@odata.type",
        "actionsRequired",
        "level",
        "principalType",
        "provisioningState",
        "servicePrincipalType",
        "status",
        "title",
        "type",
    }
)
"""Keys of bodies whose value is a word with a meaning."""

_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_TRACE = re.compile(r"\|[0-9a-f]{8}-[0-9a-f]{16}\.")


def differences(exchange: Exchange, answer: requests.Response, kept: Collection[str]) -> Iterator[str]:
    """Name each way in which an answer is not like the recorded one; `kept` are the headers the recording shows."""
    if answer.status_code != exchange.status:
        yield f"status {answer.status_code} instead of {exchange.status}"
        return  # whatever else differs follows from it
    yield from _headers(exchange.headers, {name.lower(): value for name, value in answer.headers.items()}, kept)
    if not answer.content or exchange.body is None:
        if bool(answer.content) != (exchange.body is not None):
            yield f"body: {'missing' if exchange.body is not None else 'there although none was recorded'}"
        return
    yield from sorted(set(_body(answer.json(), exchange.body, "")))


def _headers(recorded: dict[str, str], ours: dict[str, str], kept: Collection[str]) -> Iterator[str]:
    for name in sorted((PRESENT | EQUAL) & set(kept)):
        if (name in ours) != (name in recorded):
            yield f"header {name}: {'missing' if name in recorded else 'there although none was recorded'}"
        elif name in EQUAL and ours.get(name) != recorded.get(name):
            yield f"header {name}: {ours[name]!r} instead of {recorded[name]!r}"


def _body(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        yield from (f"body: {path}/{key} is missing" for key in theirs.keys() - ours.keys())
        yield from (f"body: {path}/{key} was not recorded" for key in ours.keys() - theirs.keys())
        for key in ours.keys() & theirs.keys():
            yield from _body(ours[key], theirs[key], f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _list(ours, theirs, path)
    elif _kind(ours) != _kind(theirs):
        yield f"body: {path} is {_kind(ours)} instead of {_kind(theirs)}"
    elif _says_something(path) and _plain(ours) != _plain(theirs):
        yield f"body: {path} is {ours!r} instead of {theirs!r}"


def _list(ours: list[Any], theirs: list[Any], path: str) -> Iterator[str]:
    if bool(ours) != bool(theirs):
        yield f"body: {path} is {'empty' if theirs else 'not empty'}"
        return
    for one in ours:
        # Held against the recorded member that it is most like: a list may hold things of several kinds.
        yield from min((list(_body(one, other, f"{path}/*")) for other in theirs), key=len)


def _says_something(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in WORDS or (path.startswith(("/error", "/errors")) and name not in ("date",) and "id" not in name)


def _plain(value: Any) -> Any:
    """Take out what is new in every answer. The service's own links have been https since 2022, before that http."""
    if not isinstance(value, str):
        return value
    return _TRACE.sub("|trace.", _ID.sub("{id}", value)).replace("http://aka.ms", "https://aka.ms")


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", dict: "object", list: "list"}
    return kinds.get(type(value), "null")
