"""The `$filter` of ARM's resource lists: type, name, group, region and tags, joined by `and` (documented)."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..regions import normalize
from ..store import Document
from . import errors
from .paths import parse

Wanted = Callable[[Document], bool]

_PART = re.compile(
    r"(resourceType|name|location|resourceGroup|tagName|tagValue)\s+(eq|ne)\s+'((?:[^']|'')*)'", re.IGNORECASE
)


def resource_filter(text: str) -> Wanted:
    """Compile a `$filter`; an empty one wants everything. Raises ArmError for what ARM does not take."""
    if not text.strip():
        return lambda _resource: True
    parts = [_PART.fullmatch(part.strip()) for part in re.split(r"\s+and\s+(?=\w+\s+(?:eq|ne)\s)", text.strip())]
    found = [(p[1].lower(), p[2].lower(), p[3].replace("''", "'")) for p in parts if p]
    if len(found) < len(parts):
        raise errors.invalid_filter(text)
    values = {field: value for field, operator, value in found if operator == "eq"}
    if "tagvalue" in values and "tagname" not in values:
        raise errors.invalid_filter(text)
    tag = {name: values[name] for name in ("tagname", "tagvalue") if name in values}
    others = [part for part in found if not part[0].startswith("tag")]
    return lambda resource: all(_fits(resource, *part) for part in others) and _has_tag(resource, **tag)


def _fits(resource: Document, field: str, operator: str, value: str) -> bool:
    found = {
        "resourcetype": resource["type"],
        "name": resource["name"],
        "location": resource.get("location", ""),
        "resourcegroup": parse(resource["id"]).group,
    }[field]
    same = normalize(found) == normalize(value) if field == "location" else found.lower() == value.lower()
    return same == (operator == "eq")


def _has_tag(resource: Document, tagname: str = "", tagvalue: str | None = None) -> bool:
    """Compare tags as ARM does: names in any case, values exactly."""
    if not tagname:
        return True
    tags = {name.lower(): value for name, value in (resource.get("tags") or {}).items()}
    found = tags.get(tagname.lower())
    return found is not None and tagvalue in (None, found)
