"""A test of access: one harmless read of the instance's data, as the member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ...azure.clients import Clients
from ...azure.clouds import cloud_at
from ...azure.permissions import EXTENSION
from ..directory.principals import Principal, by_ids, members

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

IN_A_ROW = 3
"""How many equal reads in a row count as proof."""
HOW_TO_COME_IN = "Run this inside the virtual network, or turn on public network access (04-private-access)."
"""What to do if public network access is off."""


@dataclass(frozen=True)
class Tester:
    """Someone we can sign in as to try it: the member, or a member of the group."""

    credential: TokenCredential
    name: str


@dataclass(frozen=True)
class Reading:
    """The result of a try."""

    result: Literal["accepted", "refused", "blocked"]
    """Blocked: you connect from outside while public network access is off, with or without a role."""
    evidence: str

    @property
    def accepted(self) -> bool:
        """True when the instance answered."""
        return self.result == "accepted"


def tester(clients: Clients, principal: Principal) -> Tester | None:
    """Return someone we can sign in as to try it for the principal; None if there's nobody."""
    if principal.kind != "Group":
        credential = clients.target.sign_in_as(principal.object_id)
        return Tester(credential, principal.name) if credential else None
    me = clients.target.account().object_id
    for member in sorted(members(clients, principal.object_id), key=lambda one: one != me):
        if credential := clients.target.sign_in_as(member):
            return Tester(credential, f"{_name(clients, member)}, a member of {principal.name}")
    return None


def read(clients: Clients, host_name: str, as_whom: Tester) -> Reading:
    """List the models of the instance. Raises what the client raises, except for a refusal because of roles."""
    from azure.core.exceptions import HttpResponseError

    try:
        found = list(clients.data_plane(host_name, as_whom.credential).list_models())
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        body = error.response.text() if error.response else ""
        if "public network access" in body.lower():
            return Reading("blocked", "403, public network access disabled")
        # The service sends nothing but the status, which is worth showing as it is.
        return Reading("refused", f"403 with {body or 'an empty body'}")
    return Reading("accepted", f"200, {len(found)} models" if found else "200, an empty list of models")


def steady(look: Callable[[], Reading], *, accepted: bool = True) -> Reading:
    """Look several times, and return the first reading that isn't as it should be, otherwise the last.

    One read proves little: while a new role or setting spreads, Azure's servers differ.
    """
    for _ in range(IN_A_ROW - 1):
        if (reading := look()).accepted != accepted:
            return reading
    last = look()
    return replace(last, evidence=f"{last.evidence}, {IN_A_ROW} times in a row") if last.accepted == accepted else last


def myself(clients: Clients) -> Tester:
    """Return the signed-in account as the one that tries it."""
    return Tester(clients.target.credential, clients.target.account().name)


def how_to_try(host_name: str, role: str) -> str:
    """Say what a member should run if we can't sign in as them."""
    command = f"az dt model list --dt-name {host_name}"  # a name alone would need a role to look it up
    first = cloud_at(host_name).command("az login")
    return f"Have the member run `{first}` and `{EXTENSION}`, then: {command}  ({role} is enough)"


def _name(clients: Clients, object_id: str) -> str:
    found = by_ids(clients.graph, [object_id])
    return str(found[0].get("displayName") or object_id) if found else object_id
