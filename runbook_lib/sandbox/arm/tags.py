"""Tags, whose rules are the same for everything in ARM."""

from __future__ import annotations

import re
from typing import Any

from . import errors

_RESERVED = re.compile(r"[<>%&\\?/\x00-\x1f\x7f]")


def checked_tags(body: dict[str, Any]) -> dict[str, str] | None:
    """Return a body's tags, or None if it has none. Raises ArmError if ARM wouldn't accept them."""
    tags = body.get("tags")
    if tags is None:
        return None
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        # Modelled: the text of Json.NET's message about a wrong type.
        raise errors.invalid_request_content("Expected an object with texts as values. Path 'tags'.")
    bad = [name for name in tags if _RESERVED.search(name)]
    if bad:
        raise errors.invalid_tag_names(bad)
    return dict(tags)
