"""What proves access: one harmless read of the instance's data, made as the member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...azure.clients import Clients
from ..directory.principals import Principal, by_ids, members

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

HOW_TO_COME_IN = "Run this inside the virtual network, or switch public network access on (04-private-access)."
"""For those who are shut out."""


@dataclass(frozen=True)
class Reader:
    """Somebody who can be signed in to try it: the member, or somebody in the group."""

    credential: TokenCredential
    name: str


@dataclass(frozen=True)
class Reading:
    """What came of a try."""

    result: Literal["accepted", "refused", "shut out"]
    """Shut out is who comes from outside while public network access is off, with or without a role."""
    evidence: str


def reader(clients: Clients, principal: Principal) -> Reader | None:
    """Return somebody who can be signed in to try it as the principal; None when nobody can."""
    if principal.kind != "Group":
        credential = clients.target.sign_in_as(principal.object_id)
        return Reader(credential, principal.name) if credential else None
    for member in sorted(
        members(clients, principal.object_id), key=lambda one: one != clients.target.account().object_id
    ):
        if credential := clients.target.sign_in_as(member):
            return Reader(credential, f"{_name(clients, member)}, a member of {principal.name}")
    return None


def read(clients: Clients, host_name: str, as_whom: Reader) -> Reading:
    """List the models of the instance. Raises what the client raises, except for the refusal that a role cures."""
    from azure.core.exceptions import HttpResponseError

    try:
        found = list(clients.data_plane(host_name, as_whom.credential).list_models())
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        body = error.response.text() if error.response else ""
        if "public network access" in body.lower():
            return Reading("shut out", "403, public network access disabled")
        # The service says nothing more than the status; that is worth showing as it is.
        return Reading("refused", f"403 with {body or 'an empty body'}")
    return Reading("accepted", f"200, {len(found)} models" if found else "200, an empty list of models")


def myself(clients: Clients) -> Reader:
    """Return the signed-in account as the one that tries it."""
    return Reader(clients.target.credential, clients.target.account().name)


def how_to_try(host_name: str, role: str) -> str:
    """Say what a member who cannot be signed in here should run."""
    name = host_name.partition(".")[0]
    return f"Let the member run, once signed in with `az login`: az dt model list --dt-name {name}  ({role} is enough)"


def _name(clients: Clients, object_id: str) -> str:
    found = by_ids(clients.graph, [object_id])
    return str(found[0].get("displayName") or object_id) if found else object_id
