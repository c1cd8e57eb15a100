"""What a path of ARM names: subscription, group, provider, type, and the scope at which access is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

NATIVE = "Microsoft.Resources"


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a path, as the client spelled them; parts that the path doesn't have are empty."""

    subscription: str = ""
    group: str = ""
    namespace: str = NATIVE
    type: str = ""
    """Such as `digitalTwinsInstances` or `locations/checkNameAvailability`; empty for what ARM answers itself."""
    location: str = ""
    scope: str = "/"
    """For calls on a resource, its own id; for lists and regional calls, the scope above."""


@lru_cache(maxsize=4096)
def parse(path: str) -> Target:
    """Take a path (percent-encoded, slashes single) apart. Never fails: a senseless path just has few parts."""
    segments = [unquote(part) for part in path.strip("/").split("/")]
    low = [part.lower() for part in segments]
    subscription = segments[1] if low[0] == "subscriptions" and len(low) > 1 else ""
    group = segments[3] if subscription and low[2:3] == ["resourcegroups"] and len(low) > 3 else ""
    base = 4 if group else 2 if subscription else 0
    last = max((n for n, part in enumerate(low) if part == "providers"), default=-1)
    if last < 0 or _is_native(low, last, bool(subscription)):
        return Target(subscription, group, scope=_join(segments[:base]))
    namespace, rest = segments[last + 1], segments[last + 2 :]
    above = _join(segments[:last])
    if rest[0].lower() == "locations":
        place = rest[1] if len(rest) > 1 else ""
        return Target(subscription, group, namespace, "/".join(["locations", *rest[2:3]]), place, above)
    # Type and name alternate; a path that ends with a type is a list, or an action on what comes before it.
    named = len(rest) - len(rest) % 2
    scope = _join(segments[: last + 2 + named]) if named else above
    return Target(subscription, group, namespace, "/".join(rest[::2]), "", scope)


def _is_native(low: Sequence[str], last: int, in_subscription: bool) -> bool:
    """Tell whether the path names a provider itself (show, register) instead of one of its resources."""
    rest = low[last + 1 :]
    return len(rest) < 2 or (in_subscription and last == 2 and rest[1] in ("register", "unregister"))


def _join(segments: Sequence[str]) -> str:
    return "/" + "/".join(segments)


def resource_key(subscription: str, group: str) -> str:
    """Return a resource group's id, the prefix of everything in it."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"
