"""Tags, whose rules are the same for everything in ARM."""

from __future__ import annotations

import re
from typing import Any

from . import errors

_RESERVED = re.compile(r"[<>%&\\?/\x00-\x1f\x7f]")


def checked_tags(body: dict[str, Any]) -> dict[str, str] | None:
    """Return a body's tags, or None when it has none. Raises ArmError for what ARM does not take as tags."""
    tags = body.get("tags")
    if tags is None:
        return None
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        # Modelled: the text of Json.NET's complaint about the type.
        raise errors.invalid_request_content("Expected an object with texts as values. Path 'tags'.")
    bad = [name for name in tags if _RESERVED.search(name)]
    if bad:
        raise errors.invalid_tag_names(bad)
    return dict(tags)
