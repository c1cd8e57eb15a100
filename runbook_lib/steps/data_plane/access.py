"""The way to an instance's data: which host, and whether the account is let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.permissions import GRANTERS, MissingPermission, smallest_role
from ...azure.resource_ids import group_of, name_of, subscription_of
from ...azure.waiting import timed_out
from ...parameters import ClientParameters
from ..core.context import Context, Progress
from ..core.plan_builder import PlanBuilder
from ..core.problems import WHO_GRANTS, Problem
from ..directory import role_assignments
from ..directory.role_assignments import PROPAGATION_SECONDS
from ..subscription import existing_instance, resources
from . import kinds, probe

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


READ = tuple(one.action for one in kinds.READ)
WRITE = READ + tuple(one.action for one in kinds.WRITE)
"""The data actions that looking, and building, need."""

Entry = Literal["open", "soon", "closed"]
"""Whether the data can be used: now; once a role that is assigned takes effect; or not."""


@dataclass(frozen=True)
class Host:
    """An instance as its clients know it."""

    name: str
    """Host name, without a scheme."""
    scope: str = ""
    """Resource id of the instance; empty when the account only knows its host name."""
    subscription: str = ""
    """Id of its subscription; empty likewise."""
    private: bool = False
    """True when it is known to answer to private endpoints only."""

    @property
    def url(self) -> str:
        """What code asks for: the host name with `https://` once."""
        return f"https://{self.name}"

    @property
    def base(self) -> str:
        """What the ids of everything in it begin with, in plans and in the journal."""
        return self.scope or self.url

    @property
    def az_name(self) -> dict[str, str]:
        """Options that name the instance in an `az dt` command; a host name is as good as a name there."""
        if not self.scope:
            return {"dt_name": self.name}
        return {"dt_name": name_of(self.scope), "resource_group": group_of(self.scope)}

    @property
    def explorer(self) -> str:
        """Where Azure Digital Twins Explorer, the portal's window on an instance's data, is opened for this one."""
        if not self.scope:
            # Explorer's own address, for who cannot see the instance in the portal (how-to-use-...-explorer article).
            return f"https://explorer.digitaltwins.azure.net > Azure Digital Twins URL: {self.url} > Save"
        return f"{name_of(self.scope)} > Overview > Open Azure Digital Twins Explorer (preview)"


def find_host(clients: Clients, wanted: ClientParameters, builder: PlanBuilder) -> Host | None:
    """Return the instance that was meant; else note why there is none, and return None."""
    if wanted.host_name:
        builder.choices.append(("Host name", wanted.host_name))
        known = resources.instance_at(clients, wanted.host_name)
        return _host(known) if known else Host(wanted.host_name)
    there = existing_instance.find(clients, wanted, builder, pending=False)
    if there is None:
        return None
    builder.choices.append(("Host name", str(there.instance.host_name)))
    return _host(there.instance)


def _host(instance: DigitalTwinsDescription) -> Host:
    private = str(instance.public_network_access or "").rpartition(".")[2].lower() == "disabled"
    return Host(str(instance.host_name).lower(), str(instance.id), subscription_of(str(instance.id)), private)


def enter(clients: Clients, host: Host, actions: Sequence[str], builder: PlanBuilder) -> Entry:
    """Try to read the data, and look for a role that allows the data actions; note what is missing.

    Raises what the client raises, except for the refusal that a role cures.
    """
    reading = _read(clients, host)
    accepted = reading.result == "accepted"
    role = assigned(clients, host, actions)
    if reading.result == "shut out" or (role and not accepted and host.private):
        builder.refuse(
            "",
            "The instance refuses calls from here: its public network access is off.",
            meaning="It answers to private endpoints only, whatever role somebody has.",
            remedy=probe.HOW_TO_COME_IN,
        )
        return "closed"
    if role and not accepted:
        builder.refuse(
            "",
            "Your role for the data does not work yet (403 with an empty body).",
            meaning=f"{role} is assigned; a new role can take up to 10 minutes to work.",
            remedy="Go on: this waits for it.",
            blocking=False,
        )
        return "soon"
    if accepted and role is not False:
        return "open"
    builder.problems.append(_closed(clients, host, actions, accepted))
    return "closed"


def wait_for_access(context: Context, host: Host, progress: Progress, seconds: float) -> None:
    """Wait until the instance lets the account in. Raises TimedOut."""
    progress.phase("Waiting for the role to take effect", PROPAGATION_SECONDS)
    if not context.waiting.until(lambda: _accepted(context.clients, host) or None, seconds, first=1):
        raise timed_out("waiting for the role to take effect", seconds)


def _accepted(clients: Clients, host: Host) -> bool:
    return _read(clients, host).result == "accepted"


def _read(clients: Clients, host: Host) -> probe.Reading:
    return probe.read(clients, host.name, probe.myself(clients))


def assigned(clients: Clients, host: Host, actions: Sequence[str]) -> str | Literal[False] | None:
    """Return the role that allows the data actions, False when there is none, None when that cannot be seen."""
    if not host.scope:
        return None
    who = clients.target.account().object_id

    def look() -> str | Literal[False]:
        roles = role_assignments.data_roles(clients, host.subscription, host.scope, actions)
        there = role_assignments.assignments_of(clients, host.subscription, host.scope, who)
        return next((one.role for one in there if one.role_id.lower() in roles), False)

    return ask(look, {403: None})


def _closed(clients: Clients, host: Host, actions: Sequence[str], accepted: bool) -> Problem:
    # The last one is the one that asks for most: who may read, lacks it.
    action = actions[-1]
    account, role = clients.target.account(), smallest_role(action, data=True)
    message = (
        f"You may read the instance's data, but not do {action}."
        if accepted
        else "The instance refuses to show you its data: 403 with an empty body."
    )
    meaning = (
        f"{account.name} has no role for the instance's data that allows it. Owner and Contributor manage the instance "
        "and give no access to its data."
    )
    scope = host.scope or host.name
    remedy = (
        f"Get the role {role}: run 02-assign-access, for yourself, if you are allowed to assign roles. If not, send "
        f"the message to {GRANTERS}. A new role can take up to 10 minutes to work."
    )
    missing = MissingPermission((action,), scope, role, account.name, account.object_id)
    return Problem("", message, meaning, remedy, WHO_GRANTS, "permission", missing=missing)
