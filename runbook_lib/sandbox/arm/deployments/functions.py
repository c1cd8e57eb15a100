"""The functions of the template language that need nothing but their arguments (article "ARM template functions").

Modelled: `uniqueString` has Azure's form, but not its hash, which isn't published.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin

Scope = Mapping[str, Callable[..., Any]]
"""Functions that depend on the deployment: `parameters`, `variables`, `resourceGroup`, `reference`, `copyIndex`."""

_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""The namespace of Microsoft's `guid()`, as documented for Bicep users who compute it themselves."""


class Later:
    """A value that's only known while a deployment runs, such as what `reference` returns."""


LATER = Later()


def _concat(*parts: Any) -> Any:
    if parts and isinstance(parts[0], list):
        return [each for part in parts for each in part]
    return "".join(map(_text, parts))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _format(text: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)(?::[^}]*)?\}", lambda hit: _text(values[int(hit[1])]), text)


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict):
        return str(part).lower() in {name.lower() for name in whole}
    return part in whole


def _equals(one: Any, other: Any) -> bool:
    return bool(type(one) is type(other) and one == other)


def _unique(*parts: str) -> str:
    """Return thirteen letters and digits that depend on the texts only."""
    digest = hashlib.sha256("-".join(map(str, parts)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _union(first: Any, *others: Any) -> Any:
    if isinstance(first, list):
        found = list(first)
        for other in others:
            found += [each for each in other if each not in found]
        return found
    merged = dict(first)
    for other in others:
        for name, value in other.items():
            both = isinstance(value, dict) and isinstance(merged.get(name), dict)
            merged[name] = _union(merged[name], value) if both else value
    return merged


def _intersection(first: Any, *others: Any) -> Any:
    if isinstance(first, list):
        return [each for each in first if all(each in other for other in others)]
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _object(*parts: Any) -> dict[str, Any]:
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _items(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value[name]} for name in sorted(value)]


def _try_get(value: Any, *keys: Any) -> Any:
    for key in keys:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new)


def _split(text: str, marks: Any) -> list[str]:
    listed = marks if isinstance(marks, list) else [marks]
    return re.split("|".join(re.escape(mark) for mark in listed), text)


def _take(value: Any, count: int) -> Any:
    return value[: max(count, 0)]


def _subnet(text: str, length: int, number: int) -> str:
    return str(list(ipaddress.ip_network(text, strict=False).subnets(new_prefix=length))[number])


def _divide(one: int, other: int) -> int:
    return int(one / other)


def _to_object(values: list[Any], key: Callable[[Any], str], value: Callable[[Any], Any] = lambda each: each) -> Any:
    return {key(each): value(each) for each in values}


def _reduce(values: list[Any], start: Any, step: Callable[[Any, Any], Any]) -> Any:
    for each in values:
        start = step(start, each)
    return start


def _sort(values: list[Any], before: Callable[[Any, Any], bool]) -> list[Any]:
    found: list[Any] = []
    for each in values:
        place = next((n for n, other in enumerate(found) if before(each, other)), len(found))
        found.insert(place, each)
    return found


def _flat(*parts: Any) -> list[Any]:
    return list(parts[0]) if len(parts) == 1 and isinstance(parts[0], list) else list(parts)


_TEXT: Mapping[str, Callable[..., Any]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64ToJson": lambda text: json.loads(base64.b64decode(text)),
    "base64ToString": lambda text: base64.b64decode(text).decode(),
    "concat": _concat,
    "endsWith": lambda text, end: text.lower().endswith(end.lower()),
    "format": _format,
    "guid": lambda *parts: str(uuid.uuid5(_NAMESPACE, "-".join(map(str, parts)))),
    "indexOf": lambda whole, part: whole.lower().find(part.lower()) if isinstance(whole, str) else whole.index(part),
    "join": lambda parts, mark: mark.join(map(_text, parts)),
    "json": json.loads,
    "lastIndexOf": lambda whole, part: whole.lower().rfind(part.lower()),
    "padLeft": lambda text, width, mark=" ": _text(text).rjust(width, mark),
    "replace": _replace,
    "split": _split,
    "startsWith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _text,
    "substring": lambda text, start, length=None: text[start:] if length is None else text[start : start + length],
    "toLower": lambda text: str(text).lower(),
    "toUpper": lambda text: str(text).upper(),
    "trim": lambda text: text.strip(),
    "uniqueString": _unique,
    "uri": urljoin,
    "uriComponent": lambda text: quote(text, safe=""),
    "uriComponentToString": unquote,
}
_COLLECTIONS: Mapping[str, Callable[..., Any]] = {
    "array": lambda value: value if isinstance(value, list) else [value],
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "contains": _contains,
    "createArray": lambda *values: list(values),
    "createObject": _object,
    "empty": lambda value: value is None or len(value) == 0,
    "filter": lambda values, keep: [each for each in values if keep(each)],
    "first": lambda value: value[0] if value else None,
    "flatten": lambda lists: [each for part in lists for each in part],
    "intersection": _intersection,
    "items": _items,
    "last": lambda value: value[-1] if value else None,
    "length": len,
    "map": lambda values, change: [change(each) for each in values],
    "max": lambda *values: max(_flat(*values)),
    "min": lambda *values: min(_flat(*values)),
    "objectKeys": lambda value: sorted(value),
    "range": lambda start, count: list(range(start, start + count)),
    "reduce": _reduce,
    "shallowMerge": lambda parts: {name: each for part in parts for name, each in part.items()},
    "skip": lambda value, count: value[max(count, 0) :],
    "sort": _sort,
    "take": _take,
    "toObject": _to_object,
    "tryGet": _try_get,
    "union": _union,
}
_LOGIC: Mapping[str, Callable[..., Any]] = {
    "add": lambda one, other: one + other,
    "and": lambda *values: all(values),
    "bool": lambda value: value.lower() in ("true", "1") if isinstance(value, str) else bool(value),
    "div": _divide,
    "equals": _equals,
    "false": lambda: False,
    "greater": lambda one, other: one > other,
    "greaterOrEquals": lambda one, other: one >= other,
    "int": int,
    "less": lambda one, other: one < other,
    "lessOrEquals": lambda one, other: one <= other,
    "mod": lambda one, other: one % other,
    "mul": lambda one, other: one * other,
    "not": lambda value: not value,
    "null": lambda: None,
    "or": lambda *values: any(values),
    "sub": lambda one, other: one - other,
    "true": lambda: True,
    "cidrHost": lambda text, number: str(ipaddress.ip_network(text, strict=False)[number + 1]),
    "cidrSubnet": _subnet,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {**_TEXT, **_COLLECTIONS, **_LOGIC}
