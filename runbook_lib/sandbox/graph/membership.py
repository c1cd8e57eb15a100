"""Who belongs to which group, also through nested groups and groups that contain each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..http import Request
from ..store import Document, Store
from . import errors
from .shapes import GROUP, ObjectType, find_object

LARGEST_CHECK = 20
"""How many ids one check can name (checkMemberGroups documentation)."""

Typed = tuple[ObjectType, Document]


def groups_above(store: Store, object_id: str, *, deep: bool) -> list[Typed]:
    """List the groups that have an object as a member; with `deep`, also through other groups."""
    groups = store.list(GROUP.name)
    found: dict[str, Document] = {}
    waiting = [object_id]
    while waiting:
        member = waiting.pop()
        fresh = [group for group in groups if member in group.get("members", []) and group["id"] not in found]
        found |= {group["id"]: group for group in fresh}
        waiting += [group["id"] for group in fresh] if deep else []
    return [(GROUP, group) for group in found.values()]


def members_of(store: Store, group: Document, *, deep: bool) -> list[Typed]:
    """List a group's members; with `deep`, also those of the groups in it. Deleted ones are left out."""
    found: dict[str, Typed] = {}
    waiting = list(group.get("members", []))
    while waiting:
        identifier = waiting.pop(0)
        hit = find_object(store, identifier)
        if hit is None or identifier in found:
            continue
        found[identifier] = hit
        waiting += hit[1].get("members", []) if deep else []
    return list(found.values())


def answer(store: Store, function: str, object_id: str, request: Request) -> list[str]:
    """Answer one of the four membership functions with a list of ids. Raises GraphError.

    All four look through groups in groups. Modelled: the texts about invalid bodies.
    """
    above = [group for _, group in groups_above(store, object_id, deep=True)]
    body = _body(request)
    match function.lower():
        case "getmembergroups" | "getmemberobjects":
            only_security = body.get("securityEnabledOnly")
            if not isinstance(only_security, bool):
                raise errors.bad_request("The request body needs 'securityEnabledOnly', true or false.")
            return [group["id"] for group in above if group.get("securityEnabled") or not only_security]
        case "checkmembergroups":
            return _among(above, body.get("groupIds"), "groupIds")
        case "checkmemberobjects":
            return _among(above, body.get("ids"), "ids")
        case _:
            raise errors.no_segment(function)


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise errors.bad_request("The request body is not a JSON object.")
    return body


def _among(groups: Iterable[Document], wanted: Any, name: str) -> list[str]:
    if not isinstance(wanted, list) or len(wanted) > LARGEST_CHECK:
        raise errors.bad_request(f"The request body needs '{name}', a list of at most {LARGEST_CHECK} ids.")
    low = {str(identifier).lower() for identifier in wanted}
    return [group["id"] for group in groups if group["id"].lower() in low]
