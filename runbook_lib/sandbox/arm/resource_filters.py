"""The `$filter` of ARM's resource lists: type, name, group, region and tags, joined by `and` (documented)."""

from __future__ import annotations

from collections.abc import Callable

from ..regions import normalize
from ..store import Document
from . import errors
from .filters import Comparison, read_filter
from .paths import parse

Wanted = Callable[[Document], bool]

_FIELDS = frozenset({"resourcetype", "name", "location", "resourcegroup", "tagname", "tagvalue"})


def resource_filter(text: str) -> Wanted:
    """Compile a `$filter`; an empty one keeps everything. Raises ArmError for a filter that ARM doesn't accept."""
    parts = read_filter(text)
    found = [part for part in parts if isinstance(part, Comparison) and part.field in _FIELDS]
    if len(found) < len(parts):
        raise errors.invalid_filter(text)
    values = {part.field: part.value for part in found if part.operator == "eq"}
    if "tagvalue" in values and "tagname" not in values:
        raise errors.invalid_filter(text)
    tag = {name: values[name] for name in ("tagname", "tagvalue") if name in values}
    others = [part for part in found if not part.field.startswith("tag")]
    return lambda resource: all(_fits(resource, part) for part in others) and _has_tag(resource, **tag)


def _fits(resource: Document, part: Comparison) -> bool:
    found = {
        "resourcetype": resource["type"],
        "name": resource["name"],
        "location": resource.get("location", ""),
        "resourcegroup": parse(resource["id"]).group,
    }[part.field]
    folded = normalize if part.field == "location" else str.lower
    return (folded(found) == folded(part.value)) == (part.operator == "eq")


def _has_tag(resource: Document, tagname: str = "", tagvalue: str | None = None) -> bool:
    """Compare tags as ARM does: names without regard to case, values exactly."""
    if not tagname:
        return True
    tags = {name.lower(): value for name, value in (resource.get("tags") or {}).items()}
    found = tags.get(tagname.lower())
    return found is not None and tagvalue in (None, found)
