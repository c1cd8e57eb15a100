"""Finding the user, group or service principal that is to get access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.rest import Rest
from ...azure.target import Account
from ...parameters.naming_rules import is_guid
from ..core.problems import Problem, wrong_value
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
    on_trust: bool = False
    """Whether object id and type are as somebody gave them, because the directory can't be read."""

    def __str__(self) -> str:
        word = {value: word for word, value in KINDS.items()}[self.kind]
        return f"{self.name} ({', '.join(filter(None, (word, self.detail, self.object_id)))})"


def oneself(account: Account) -> Principal:
    """Return the signed-in account as a principal."""
    return Principal(account.object_id, account.kind, account.name)


def find(clients: Clients, wanted: str, principal_type: str) -> Principal | Problem:
    """Return the one principal that `wanted` names; else say why there is none, with those that come near.

    `wanted` is a display name, e-mail address, sign-in name, object id or client id; empty means oneself.
    """
    account = clients.target.account()
    if not wanted or wanted.lower() in (account.object_id.lower(), account.name.lower()):
        return oneself(account)
    kinds = [KINDS[principal_type]] if principal_type else list(_COLLECTIONS)
    found = ask(lambda: _lookup(clients.graph, wanted, kinds), {403: None})
    near = [] if found else ask(lambda: search(clients.graph, wanted, kinds), {403: None})
    if found is None or near is None:
        return _unseen(wanted, principal_type)
    if len(found) == 1:
        return found[0]
    if found:
        meaning = "These have it: " + "; ".join(map(str, found)) + "."
        remedy = "Give the e-mail address or the object id, or settle it with principal_type."
        message = f"{wanted!r} names {len(found)} members of the directory."
        return wrong_value("principal", message, meaning=meaning, remedy=remedy)
    meaning = "Near it are: " + "; ".join(map(str, near)) + "." if near else "Nobody has a name that begins like it."
    remedy = "Check the spelling; names, e-mail addresses, object ids and client ids are looked up exactly."
    kind = f" {principal_type}" if principal_type else " user, group or service principal"
    return wrong_value("principal", f"The directory has no{kind} {wanted!r}.", meaning=meaning, remedy=remedy)


def search(graph: Rest, beginning: str, kinds: Sequence[Kind] = tuple(_COLLECTIONS), limit: int = 5) -> list[Principal]:
    """List principals whose name begins with a text: at most `limit` of each kind."""
    found: list[Principal] = []
    for kind in kinds:
        query = {"$filter": f"startswith(displayName,'{_quoted(beginning)}')", "$top": str(limit)}
        found += [_principal(kind, entry) for entry in graph.get(f"/{_COLLECTIONS[kind]}", query)["value"][:limit]]
    return found


def members(clients: Clients, group_id: str) -> list[str]:
    """Return the object ids of everybody in a group, groups in it included; empty when the group can't be read."""
    path = f"/groups/{group_id}/transitiveMembers"
    found = ask(lambda: clients.graph.list(path), {403: None, 404: None})
    return [str(entry["id"]) for entry in found or ()]


def names(clients: Clients, object_ids: Iterable[str]) -> dict[str, tuple[str, str]] | None:
    """Return name and type of all that the directory knows, by lower-cased object id; None when it can't be read."""
    wanted = sorted({one.lower() for one in object_ids})
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    answers = [ask(partial(by_ids, clients.graph, ids), {403: None}) for ids in parts]
    if None in answers:
        return None
    return {str(entry["id"]).lower(): _named(entry) for answer in answers for entry in answer or ()}


def by_ids(graph: Rest, object_ids: Sequence[str], **filters: Any) -> list[dict[str, Any]]:
    """Return what the directory knows of objects, by their ids. Raises HttpResponseError."""
    found: list[dict[str, Any]] = graph.post("/directoryObjects/getByIds", {"ids": list(object_ids), **filters})[
        "value"
    ]
    return found


def _named(entry: Mapping[str, Any]) -> tuple[str, str]:
    word = str(entry.get("@odata.type", "")).rpartition(".")[2]
    name = entry.get("userPrincipalName") or entry.get("displayName") or entry["id"]
    return str(name), word[:1].upper() + word[1:]


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
    entries = by_ids(graph, [object_id], types=[words[kind] for kind in kinds])
    return [
        _principal(by_type[entry["@odata.type"]], entry) for entry in entries if entry.get("@odata.type") in by_type
    ]


def _principal(kind: Kind, entry: dict[str, str]) -> Principal:
    detail = (
        entry.get("userPrincipalName") if kind == "User" else entry.get("appId") if kind == "ServicePrincipal" else ""
    )
    return Principal(entry["id"], kind, str(entry.get("displayName") or entry["id"]), str(detail or ""))


def _unseen(wanted: str, principal_type: str) -> Principal | Problem:
    """Take an object id on trust where the account can't read the directory."""
    if is_guid(wanted) and principal_type:
        return Principal(wanted, KINDS[principal_type], wanted, on_trust=True)
    return wrong_value(
        "principal",
        f"{wanted!r} can't be looked up: you are not allowed to read the directory.",
        meaning="That is usual for service principals and guests.",
        remedy="Give the object id as principal, and principal_type with it: user, group or service-principal.",
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
