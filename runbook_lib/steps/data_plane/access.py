"""Access to an instance's data: which host, and whether the account has access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.clouds import AUTHORITY, cloud_at
from ...azure.permissions import ASSIGN_ROLES, GRANTERS, WHO_GRANTS, MissingPermission, Permissions, smallest_role
from ...azure.resource_ids import group_of, name_of, subscription_of
from ...azure.waiting import timed_out
from ...parameters import ClientParameters
from ..core.context import Context, Progress
from ..core.kinds import RequiredPermission
from ..core.plan_builder import PlanBuilder, lack
from ..core.problems import Problem, denied, not_allowed
from ..directory import role_assignments
from ..directory.role_assignments import PROPAGATION_SECONDS
from ..subscription import existing_instance, resources
from . import kinds, probe

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


READ = tuple(one.action for one in kinds.READ)
WRITE = READ + tuple(one.action for one in kinds.WRITE)
"""The data actions that reading and building need."""

Entry = Literal["open", "soon", "closed"]
"""Whether you can use the data: now, once an assigned role takes effect, or not."""


@dataclass(frozen=True)
class Host:
    """An instance as its clients know it."""

    name: str
    """Host name, without a scheme."""
    scope: str = ""
    """Resource id of the instance; empty if the account knows only its host name."""
    subscription: str = ""
    """Id of its subscription; also empty then."""
    private: bool = False
    """True if we know that it answers only through private endpoints."""

    @property
    def is_planned(self) -> bool:
        """Whether the instance doesn't exist yet, because an earlier step of the same plan would create it."""
        return self.name == resources.HOST_TO_COME

    @property
    def url(self) -> str:
        """What code needs: the host name with `https://` once."""
        return f"https://{self.name}"

    @property
    def base(self) -> str:
        """The beginning of the ids of everything in it, in plans and in the journal."""
        return self.scope or self.url

    @property
    def az_name(self) -> dict[str, str]:
        """Options that name the instance in an `az dt` command, which also accepts a host name."""
        if not self.scope:
            return {"dt_name": self.name}
        return {"dt_name": name_of(self.scope), "resource_group": group_of(self.scope)}

    @property
    def explorer(self) -> str:
        """Where to open Azure Digital Twins Explorer, which shows an instance's data, for this one."""
        if not self.scope:
            # Explorer's own address, if you can't see the instance in the portal (how-to-use-...-explorer article).
            return f"{cloud_at(self.name).explorer} > Azure Digital Twins URL: {self.url} > Save"
        return f"{name_of(self.scope)} > Overview > Open Azure Digital Twins Explorer (preview)"


def find_host(clients: Clients, wanted: ClientParameters, builder: PlanBuilder) -> Host | None:
    """Return the instance that you mean; otherwise add the reason to the plan and return None."""
    if wanted.host_name:
        builder.choices.append(("Host name", wanted.host_name))
        if (cloud := cloud_at(wanted.host_name)) != builder.cloud:
            builder.wrong(
                "host_name",
                f"{wanted.host_name} is in {cloud.title}, and you work in {builder.cloud.title}.",
                meaning="A sign-in to one cloud is worth nothing in another.",
                remedy=f"Sign in there: {AUTHORITY}=https://{cloud.authority}, or az cloud set --name {cloud.name}.",
            )
            return None
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
    """Try to read the data, and look for a role that allows the data actions; add what's missing to the plan.

    Raises what the client raises, except for a refusal because of a missing role.
    """
    if host.is_planned:
        builder.notes.append(f"This needs {smallest_role(actions[-1], data=True)} on the new instance.")
        return "open"
    reading = read(clients, host)
    role = assigned(clients, host, actions)
    if reading.result == "blocked" or (role and not reading.accepted and host.private):
        builder.refuse(
            "",
            "The instance refuses calls from here: its public network access is off.",
            meaning="It answers only through private endpoints, whatever your role.",
            remedy=probe.HOW_TO_COME_IN,
        )
        return "closed"
    verdict = Permissions(clients).may(actions[-1], host.scope, data=True) if host.scope else None
    if verdict and verdict.denied_by:
        builder.problems.append(denied(actions[-1], host.scope, verdict.denied_by))
        return "closed"
    if role and not reading.accepted:
        builder.refuse(
            "",
            "Your role for the data doesn't work yet (403 with an empty body).",
            meaning=f"{role} is assigned. A new role can take up to 10 minutes to work.",
            remedy="Go ahead. This step waits for it.",
            blocking=False,
        )
        return "soon"
    if reading.accepted and role is not False:
        return "open"
    if verdict and verdict.eligible:
        needed = RequiredPermission(actions[-1], "instance", data=True)
        builder.problems.append(not_allowed(lack(clients.target.account(), needed, verdict)))
        return "closed"
    builder.problems.append(_closed(clients, host, actions, reading.accepted))
    return "closed"


def wait_for_access(context: Context, host: Host, progress: Progress, seconds: float) -> None:
    """Wait until the account has access to the data. Raises TimedOut."""
    progress.phase("Waiting for the role to take effect", PROPAGATION_SECONDS)

    def works() -> bool | None:
        return probe.steady(lambda: read(context.clients, host)).accepted or None

    accepted = context.waiting.until(works, seconds, first=1)
    if not accepted:
        raise timed_out("waiting for the role to take effect", seconds)


def read(clients: Clients, host: Host) -> probe.Reading:
    """Read the data as the signed-in account, as `probe.read` does."""
    return probe.read(clients, host.name, probe.myself(clients))


def assigned(clients: Clients, host: Host, actions: Sequence[str]) -> str | Literal[False] | None:
    """Return the role that allows the data actions; False if there's none, None if the account can't see it."""
    if not host.scope:
        return None
    who = clients.target.account().object_id

    def look() -> str | Literal[False]:
        roles = role_assignments.data_roles(clients, host.subscription, host.scope, actions)
        there = role_assignments.assignments_of(clients, host.subscription, host.scope, who)
        return next((one.role for one in there if one.role_id.lower() in roles), False)

    return ask(look, {403: None})


def _closed(clients: Clients, host: Host, actions: Sequence[str], accepted: bool) -> Problem:
    # The last action needs most: if you can read, it's the missing one.
    action = actions[-1]
    account, role = clients.target.account(), smallest_role(action, data=True)
    message = (
        f"You can read the instance's data, but you can't do {action}."
        if accepted
        else "The instance doesn't let you read its data: 403 with an empty body."
    )
    meaning = (
        f"{account.name} has no role for the instance's data that allows it. Owner and Contributor manage the instance "
        "but give no access to its data."
    )
    scope = host.scope or host.name
    own = "Give yourself the role with 02-assign-access."
    others = f"Send the message to {GRANTERS}."
    assigns = Permissions(clients).may(ASSIGN_ROLES, host.scope).answer if host.scope else "unknown"
    advice = {"yes": own, "no": others, "unknown": f"If you can assign roles: {own} If not: {others}"}[assigns]
    remedy = f"Get the role {role}. {advice} A new role can take up to 10 minutes to work."
    mine, names = assigns == "yes", (account.name, account.object_id)
    missing = MissingPermission((action,), scope, role, *names, kind=account.kind, by_oneself=mine, cloud=account.cloud)
    who = "You." if mine else WHO_GRANTS
    return Problem("", message, meaning, remedy, who, "permission", missing=missing)
