"""Keys of the data plane's documents in the store.

The store compares keys without regard to case, as Azure Resource Manager compares its ids. Ids in the data plane are
case-sensitive, so capitals are marked, and so is everything else that lower case would lose.
"""

from __future__ import annotations

import re
import string

_CAPITALS = frozenset(string.ascii_uppercase)
_SPECIAL = re.compile(r"[\^/]|[^\x20-\x7e]|[A-Z]")


def document_key(host: str, *ids: str) -> str:
    """Return the key of the document that has these ids under a host; its prefixes end with `/`."""
    return "/".join((host, *(_SPECIAL.sub(_mark, identifier) for identifier in ids)))


def _mark(found: re.Match[str]) -> str:
    character = found[0]
    return f"^{character}" if character in _CAPITALS else f"^0{ord(character):x};"
