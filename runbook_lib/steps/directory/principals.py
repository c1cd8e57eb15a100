"""Finding the user, group or service principal that is to get access."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...azure.clients import Clients
from ...azure.rest import Rest
from ...azure.target import Account
from ...parameters.naming_rules import is_guid
from ..core.plan_builder import Draft
from ..core.step import Choice

Kind = Literal["User", "Group", "ServicePrincipal"]

KINDS: dict[str, Kind] = {"user": "User", "group": "Group", "service-principal": "ServicePrincipal"}
"""Azure's principal types by the parameter's words."""

_COLLECTIONS: dict[Kind, str] = {"User": "users", "Group": "groups", "ServicePrincipal": "servicePrincipals"}
# What a person may be found by, besides the object id.
_NAMED_BY: dict[Kind, tuple[str, ...]] = {
    "User": ("displayName", "userPrincipalName", "mail"),
    "Group": ("displayName", "mail"),
    "ServicePrincipal": ("displayName", "appId"),
}
_AT_ONCE = 1000
"""How many ids Graph takes in one call of getByIds (documented)."""


@dataclass(frozen=True)
class Principal:
    """Somebody who can get a role."""

    object_id: str
    kind: Kind
    name: str
    detail: str = ""
    """Sign-in name of a user, client id of an application."""

    def __str__(self) -> str:
        word = {value: word for word, value in KINDS.items()}[self.kind]
        return f"{self.name} ({', '.join(filter(None, (word, self.detail, self.object_id)))})"


def oneself(account: Account) -> Principal:
    """Return the signed-in account as a principal."""
    return Principal(account.object_id, account.kind, account.name)


def find(clients: Clients, wanted: str, principal_type: str, draft: Draft) -> Principal | None:
    """Return the one principal that `wanted` names; else note why not, with whoever comes near, and return None.

    `wanted` is a display name, e-mail address, sign-in name, object id or client id; empty means oneself.
    """
    from azure.core.exceptions import HttpResponseError

    account = clients.target.account()
    if not wanted or wanted.lower() in (account.object_id.lower(), account.name.lower()):
        return oneself(account)
    kinds = [KINDS[principal_type]] if principal_type else list(_COLLECTIONS)
    try:
        found = _lookup(clients.graph, wanted, kinds)
        near = [] if found else search(clients.graph, wanted, kinds)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return _unseen(wanted, principal_type, draft)
    if len(found) == 1:
        return found[0]
    if found:
        meaning = "These have it: " + "; ".join(map(str, found)) + "."
        remedy = "Give the e-mail address or the object id, or settle it with principal_type."
        draft.wrong(
            "principal", f"{wanted!r} names {len(found)} members of the directory.", meaning=meaning, remedy=remedy
        )
        return None
    meaning = "Near it are: " + "; ".join(map(str, near)) + "." if near else "Nobody has a name that begins like it."
    remedy = "Check the spelling; names, e-mail addresses, object ids and client ids are looked up exactly."
    kind = f" {principal_type}" if principal_type else " user, group or service principal"
    draft.wrong("principal", f"The directory has no{kind} {wanted!r}.", meaning=meaning, remedy=remedy)
    return None


def search(graph: Rest, beginning: str, kinds: Sequence[Kind] = tuple(_COLLECTIONS), limit: int = 5) -> list[Principal]:
    """List principals whose name begins with a text: at most `limit` of each kind."""
    found: list[Principal] = []
    for kind in kinds:
        query = {"$filter": f"startswith(displayName,'{_quoted(beginning)}')", "$top": str(limit)}
        found += [_principal(kind, entry) for entry in graph.get(f"/{_COLLECTIONS[kind]}", query)["value"][:limit]]
    return found


def members(clients: Clients, group_id: str) -> list[str]:
    """Return the object ids of everybody in a group, groups in it included; empty when the group may not be read."""
    from azure.core.exceptions import HttpResponseError

    try:
        return [str(entry["id"]) for entry in clients.graph.list(f"/groups/{group_id}/transitiveMembers")]
    except HttpResponseError as error:
        if error.status_code not in (403, 404):
            raise
        return []


def names(clients: Clients, object_ids: Iterable[str]) -> dict[str, tuple[str, str]] | None:
    """Return name and type of whom the directory knows, by lower-cased object id; None when it may not be read."""
    from azure.core.exceptions import HttpResponseError

    wanted, found = sorted({one.lower() for one in object_ids}), {}
    try:
        for start in range(0, len(wanted), _AT_ONCE):
            answer = clients.graph.post("/directoryObjects/getByIds", {"ids": wanted[start : start + _AT_ONCE]})
            for entry in answer["value"]:
                word = str(entry.get("@odata.type", "")).rpartition(".")[2]
                name = entry.get("userPrincipalName") or entry.get("displayName") or entry["id"]
                found[str(entry["id"]).lower()] = (str(name), word[:1].upper() + word[1:])
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return None
    return found


def offer(clients: Clients, beginning: str) -> Sequence[Choice]:
    """List principals for a form's search field; the value is the object id."""
    return [Choice(found.object_id, str(found)) for found in search(clients.graph, beginning)] if beginning else ()


def _lookup(graph: Rest, wanted: str, kinds: Sequence[Kind]) -> list[Principal]:
    found = _by_object_id(graph, wanted, kinds) if is_guid(wanted) else []
    for kind in kinds if not found else ():
        terms = [f"{name} eq '{_quoted(wanted)}'" for name in _NAMED_BY[kind]]
        entries = graph.list(f"/{_COLLECTIONS[kind]}", {"$filter": " or ".join(terms)})
        found += [_principal(kind, entry) for entry in entries]
    return found


def _by_object_id(graph: Rest, object_id: str, kinds: Sequence[Kind]) -> list[Principal]:
    words = {"User": "user", "Group": "group", "ServicePrincipal": "servicePrincipal"}
    by_type = {f"#microsoft.graph.{words[kind]}": kind for kind in kinds}
    body = {"ids": [object_id], "types": [words[kind] for kind in kinds]}
    entries = graph.post("/directoryObjects/getByIds", body)["value"]
    return [
        _principal(by_type[entry["@odata.type"]], entry) for entry in entries if entry.get("@odata.type") in by_type
    ]


def _principal(kind: Kind, entry: dict[str, str]) -> Principal:
    detail = (
        entry.get("userPrincipalName") if kind == "User" else entry.get("appId") if kind == "ServicePrincipal" else ""
    )
    return Principal(entry["id"], kind, str(entry.get("displayName") or entry["id"]), str(detail or ""))


def _unseen(wanted: str, principal_type: str, draft: Draft) -> Principal | None:
    """Take an object id on trust where the account may not read the directory."""
    if is_guid(wanted) and principal_type:
        draft.notes.append(
            "You are not allowed to look people up in the directory: object id and type are taken as you gave them."
        )
        return Principal(wanted, KINDS[principal_type], wanted)
    draft.wrong(
        "principal", f"{wanted!r} cannot be looked up: you are not allowed to read the directory.",
        meaning="That is usual for service principals and guests.",
        remedy="Give the object id as principal, and principal_type with it: user, group or service-principal.",
    )  # fmt: skip
    return None


def _quoted(text: str) -> str:
    return text.replace("'", "''")
