"""What-if: what a deployment would change, resource by resource and property by property.

Modelled: a property that the template leaves out counts as unchanged, except for tags, because the service would keep
it or fill in its default; so does a secret, which no answer shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...regions import normalize
from .functions import Later

_MASKED = re.compile(r"\*+")
_ROLE = re.compile(r".*/roleDefinitions/([^/]+)", re.IGNORECASE)


def change_of(path: str, before: dict[str, Any] | None, wanted: dict[str, Any], whole: bool) -> dict[str, Any]:
    """Return how a resource would change; with `whole`, also what it is and will be."""
    after = _plain({"id": path, **_named(path), **wanted})
    if before is None:
        return {"resourceId": path, "changeType": "Create", **({"after": after} if whole else {})}
    delta = list(_changes(before, _plain(wanted)))
    found = {"resourceId": path, "changeType": "Modify" if delta else "NoChange", "delta": delta}
    return found | ({"before": before, "after": _merged(before, _plain(wanted))} if whole else {})


def ignored(resource: dict[str, Any], whole: bool) -> dict[str, Any]:
    """Return the entry of a resource that the template doesn't touch."""
    both = {"before": resource, "after": resource} if whole else {}
    return {"resourceId": resource["id"], "changeType": "Ignore", **both}


def _named(path: str) -> dict[str, str]:
    segments = path.rpartition("/providers/")[2].split("/")
    return {"name": segments[-1], "type": "/".join([segments[0], *segments[1::2]])}


def _plain(value: Any) -> Any:
    """Return a value without what isn't known yet."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if not isinstance(each, Later)}
    return [_plain(each) for each in value if not isinstance(each, Later)] if isinstance(value, list) else value


def _merged(before: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    found = dict(before)
    for name, value in wanted.items():
        both = isinstance(value, dict) and isinstance(before.get(name), dict) and name != "tags"
        found[name] = _merged(before[name], value) if both else value
    return found


def _changes(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> Iterator[dict[str, Any]]:
    known = {name.lower(): name for name in before}
    for name, value in after.items():
        path, old = f"{prefix}{name}", before.get(known.get(name.lower(), name))
        if isinstance(value, dict) and isinstance(old, dict):
            yield from _changes(old, value, f"{path}.")
            if path == "tags":
                yield from (_one(f"tags.{tag}", "Delete", old[tag], None) for tag in old if tag not in value)
        elif isinstance(value, list) and isinstance(old, list):
            children = list(_elements(old, value))
            if children:
                yield {"path": path, "propertyChangeType": "Array", "children": children}
        elif old is None and value is not None:
            if value not in ("", [], {}):
                yield _one(path, "Create", None, value)
        elif not _same(name, old, value):
            yield _one(path, "Modify", old, value)


def _elements(before: list[Any], after: list[Any]) -> Iterator[dict[str, Any]]:
    for number in range(max(len(before), len(after))):
        if number >= len(before):
            yield _one(str(number), "Create", None, after[number])
        elif number >= len(after):
            yield _one(str(number), "Delete", before[number], None)
        elif isinstance(before[number], dict) and isinstance(after[number], dict):
            inner = list(_changes(before[number], after[number]))
            if inner:
                yield {"path": str(number), "propertyChangeType": "Modify", "children": inner}
        elif not _same("", before[number], after[number]):
            yield _one(str(number), "Modify", before[number], after[number])


def _one(path: str, kind: str, before: Any, after: Any) -> dict[str, Any]:
    values = {name: each for name, each in (("before", before), ("after", after)) if each is not None}
    return {"path": path, "propertyChangeType": kind, **values}


def _same(name: str, before: Any, after: Any) -> bool:
    if isinstance(before, str) and isinstance(after, str):
        if _MASKED.fullmatch(before):
            return True
        if name == "location":
            return normalize(before) == normalize(after)
        one, other = _ROLE.fullmatch(before), _ROLE.fullmatch(after)
        if one and other:
            return one[1].lower() == other[1].lower()
        if before.startswith("/") or name in ("type", "publicNetworkAccess"):
            return before.replace(" ", "").lower() == after.replace(" ", "").lower()
    return bool(before == after)
