"""Finding the user, group or service principal that you want to give access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.rest import Rest
from ...azure.target import Account
from ...parameters.naming_rules import is_guid
from ..core.problems import Problem
from ..core.step import Choice

Kind = Literal["User", "Group", "ServicePrincipal"]

KINDS: dict[str, Kind] = {"user": "User", "group": "Group", "service-principal": "ServicePrincipal"}
"""Azure's principal types by the parameter's values."""

_COLLECTIONS: dict[Kind, str] = {"User": "users", "Group": "groups", "ServicePrincipal": "servicePrincipals"}
_TYPES: dict[Kind, str] = {"User": "user", "Group": "group", "ServicePrincipal": "servicePrincipal"}
"""Graph's names of the types."""
# What you can find a principal by, besides ids: Graph refuses a text that isn't a GUID for those.
_NAMED_BY: dict[Kind, tuple[str, ...]] = {
    "User": ("displayName", "userPrincipalName", "mail"),
    "Group": ("displayName", "mail"),
    "ServicePrincipal": ("displayName",),
}
_APPS: Kind = "ServicePrincipal"
_AT_ONCE = 1000
"""How many ids Graph accepts in one call of getByIds (documented)."""


@dataclass(frozen=True)
class Principal:
    """A principal that can get a role."""

    object_id: str
    kind: Kind
    name: str
    detail: str = ""
    """Sign-in name of a user, client id of an application."""
    on_trust: bool = False
    """Whether the object id and type are unchecked, because the account can't read the directory."""
    told: str = ""
    """What to say about how it was found: it stands in for the app registration that was named."""

    def __str__(self) -> str:
        word = {value: word for word, value in KINDS.items()}[self.kind]
        return f"{self.name} ({', '.join(filter(None, (word, self.detail, self.object_id)))})"


def oneself(account: Account) -> Principal:
    """Return the signed-in account as a principal."""
    return Principal(account.object_id, account.kind, account.name)


def find(clients: Clients, wanted: str, principal_type: str) -> Principal | Problem:
    """Return the one principal that `wanted` names; otherwise say why there isn't one, and which come close.

    `wanted` is a display name, email address, sign-in name, object id or client id; empty means yourself.
    """
    account = clients.target.account()
    if not wanted or wanted.lower() == account.name.lower() or account.is_noted_as(wanted):
        return oneself(account)
    kinds = [KINDS[principal_type]] if principal_type else list(_COLLECTIONS)
    found = ask(lambda: _lookup(clients.graph, wanted, kinds), {403: None})
    near = [] if found else ask(lambda: search(clients.graph, wanted, kinds), {403: None})
    if found is None or near is None:
        return _unseen(wanted, principal_type)
    if len(found) == 1:
        return found[0]
    if found:
        meaning = "They are: " + "; ".join(map(str, found)) + "."
        remedy = "Give the email address or the object id, or set principal_type."
        return Problem("principal", f"{wanted!r} names {len(found)} members of the directory.", meaning, remedy)
    if registration := _registration(clients, wanted):
        meaning = f"That's the app registration {registration[0]}, which has no service principal in this tenant."
        command = clients.target.cloud.command(f"az ad sp create --id {registration[1]}")
        remedy = f"Create its service principal: {command}"
        return Problem("principal", f"{wanted} can't get a role.", meaning, remedy)
    meaning = "Did you mean: " + "; ".join(map(str, near)) + "?" if near else "No name starts like that either."
    remedy = "Check the spelling. Names, email addresses, object ids and client ids have to match exactly."
    kind = principal_type or "user, group or service principal"
    return Problem("principal", f"The directory has no {kind} {wanted!r}.", meaning, remedy)


def search(graph: Rest, beginning: str, kinds: Sequence[Kind] = tuple(_COLLECTIONS), limit: int = 5) -> list[Principal]:
    """List principals whose name, or a user's sign-in name or email address, begins with a text, as the portal does.

    At most `limit` of each kind. An id finds what it's the id of.
    """
    if is_guid(beginning):
        return _lookup(graph, beginning, kinds)
    found: list[Principal] = []
    for kind in kinds:
        terms = [f"startswith({name},'{_quoted(beginning)}')" for name in _NAMED_BY[kind]]
        query = {"$filter": " or ".join(terms), "$top": str(limit)}
        found += [_principal(kind, entry) for entry in graph.get(f"/{_COLLECTIONS[kind]}", query)["value"][:limit]]
    return found


def members(clients: Clients, group_id: str) -> list[str]:
    """Return the object ids of all members of a group and the groups in it; empty if you can't read the group."""
    path = f"/groups/{group_id}/transitiveMembers"
    found = ask(lambda: clients.graph.list(path), {403: None, 404: None})
    return [str(entry["id"]) for entry in found or ()]


def names(clients: Clients, object_ids: Iterable[str]) -> dict[str, tuple[str, str]] | None:
    """Return the names and types that the directory has, by lower-cased object id; None if you can't read it."""
    wanted = sorted({one.lower() for one in object_ids})
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    answers = [ask(partial(by_ids, clients.graph, ids), {403: None}) for ids in parts]
    if None in answers:
        return None
    return {str(entry["id"]).lower(): _named(entry) for answer in answers for entry in answer or ()}


def by_ids(graph: Rest, object_ids: Sequence[str], **filters: Any) -> list[dict[str, Any]]:
    """Return the directory's objects with these ids. Raises HttpResponseError."""
    answer = graph.post("/directoryObjects/getByIds", {"ids": list(object_ids), **filters})
    return list(answer["value"])


def _named(entry: Mapping[str, Any]) -> tuple[str, str]:
    word = str(entry.get("@odata.type", "")).rpartition(".")[2]
    name = entry.get("userPrincipalName") or entry.get("displayName") or entry["id"]
    return str(name), word[:1].upper() + word[1:]


def offer(clients: Clients, beginning: str) -> Sequence[Choice]:
    """List principals for a form's search field; the value is the object id. Empty if you can't read the directory."""
    found = ask(lambda: search(clients.graph, beginning), {403: []}) if beginning else []
    return tuple(Choice(one.object_id, str(one)) for one in found)


def _lookup(graph: Rest, wanted: str, kinds: Sequence[Kind]) -> list[Principal]:
    if is_guid(wanted):
        return _by_object_id(graph, wanted, kinds) or (_by_client_id(graph, wanted) if _APPS in kinds else [])
    found: list[Principal] = []
    for kind in kinds:
        terms = [f"{name} eq '{_quoted(wanted)}'" for name in _NAMED_BY[kind]]
        entries = graph.list(f"/{_COLLECTIONS[kind]}", {"$filter": " or ".join(terms)})
        found += [_principal(kind, entry) for entry in entries]
    return found


def _by_object_id(graph: Rest, object_id: str, kinds: Sequence[Kind]) -> list[Principal]:
    by_type = {f"#microsoft.graph.{_TYPES[kind]}": kind for kind in kinds}
    more = ["application"] if _APPS in kinds else []
    entries = by_ids(graph, [object_id], types=[*(_TYPES[kind] for kind in kinds), *more])
    found = [
        _principal(by_type[entry["@odata.type"]], entry) for entry in entries if entry.get("@odata.type") in by_type
    ]
    apps = [entry for entry in entries if entry.get("@odata.type") == "#microsoft.graph.application"]
    return found or [_instead(one, app) for app in apps for one in _by_client_id(graph, app["appId"])]


def _by_client_id(graph: Rest, client_id: str) -> list[Principal]:
    entries = graph.list("/servicePrincipals", {"$filter": f"appId eq '{client_id}'"})
    return [_principal(_APPS, entry) for entry in entries]


def _instead(one: Principal, registration: Mapping[str, str]) -> Principal:
    """Return the service principal of an app registration: only that can get a role, the registration can't."""
    told = f"{registration['id']} is the app registration's object id. Its service principal {one.object_id} is used."
    return replace(one, told=told)


def _registration(clients: Clients, wanted: str) -> tuple[str, str] | None:
    """Return name and client id of the app registration with this object id, or None."""
    if not is_guid(wanted):
        return None
    found = ask(lambda: by_ids(clients.graph, [wanted], types=["application"]), {403: []})
    return next(((str(one.get("displayName") or wanted), str(one["appId"])) for one in found), None)


def _principal(kind: Kind, entry: dict[str, str]) -> Principal:
    detail = entry.get({"User": "userPrincipalName", "ServicePrincipal": "appId"}.get(kind, "")) or ""
    return Principal(entry["id"], kind, str(entry.get("displayName") or entry["id"]), detail)


def _unseen(wanted: str, principal_type: str) -> Principal | Problem:
    """Take an object id on trust if the account can't read the directory."""
    if is_guid(wanted) and principal_type:
        return Principal(wanted, KINDS[principal_type], wanted, on_trust=True)
    return Problem(
        "principal",
        f"We can't look up {wanted!r}: you aren't allowed to read the directory.",
        "That's usual for service principals and guests.",
        "Set principal to the object id, and principal_type to user, group or service-principal.",
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
