"""What the signed-in account can do: decided from its effective actions, never from role names."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..errors import PermissionMissing
from ..parameters.naming_rules import is_guid
from .access_limits import AccessLimits, EligibleRole
from .actions import allows, matches
from .answers import ask
from .clouds import PUBLIC, Cloud
from .resource_ids import name_of, subscription_of

if TYPE_CHECKING:
    from .clients import Clients
    from .target import Account

ASSIGN_ROLES = "Microsoft.Authorization/roleAssignments/write"
CREATE_GROUP = "Microsoft.Resources/subscriptions/resourceGroups/write"
CREATE_INSTANCE = "Microsoft.DigitalTwins/digitalTwinsInstances/write"
REGISTER = "Microsoft.DigitalTwins/register/action"

GRANTERS = "an Owner or a User Access Administrator of the subscription"
"""Who to ask for a missing permission, according to the article (digital-twins-setup-permissions include)."""
WHO_GRANTS = f"{GRANTERS[0].upper()}{GRANTERS[1:]}."
"""The same as a sentence."""

# The first matching row names the smallest built-in role that allows the action (built-in roles reference).
_SMALLEST_ROLES = (
    ("Microsoft.Authorization/roleAssignments/*", "Role Based Access Control Administrator"),
    ("*/read", "Reader"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Managed Identity Operator"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/*", "Managed Identity Contributor"),
    ("Microsoft.Network/privateDnsZones/*", "Private DNS Zone Contributor"),
    ("Microsoft.Network/*", "Network Contributor"),
    ("*", "Contributor"),
)
_SMALLEST_DATA_ROLES = (
    ("Microsoft.DigitalTwins/*/read", "Azure Digital Twins Data Reader"),
    ("Microsoft.DigitalTwins/query/action", "Azure Digital Twins Data Reader"),
    ("*", "Azure Digital Twins Data Owner"),
)

_NETWORK_ROLES = ("Private DNS Zone Contributor",)
_CONTRIBUTED = ("Network Contributor", *_NETWORK_ROLES, "Managed Identity Contributor", "Managed Identity Operator")
# Roles that make smaller ones unnecessary.
_CONTAINED: Mapping[str, tuple[str, ...]] = {
    "Contributor": (*_CONTRIBUTED, "Reader"),
    "Network Contributor": _NETWORK_ROLES,
    "Azure Digital Twins Data Owner": ("Azure Digital Twins Data Reader",),
}


def smallest_role(action: str, *, data: bool = False) -> str:
    """Return the smallest built-in role that allows the action."""
    rows = _SMALLEST_DATA_ROLES if data else _SMALLEST_ROLES
    return next(role for pattern, role in rows if matches(pattern, action))


def smallest_roles(roles: Iterable[str]) -> list[str]:
    """Drop the roles that another one of them contains; keep the order."""
    wanted = list(dict.fromkeys(roles))
    return [role for role in wanted if not any(role in _CONTAINED.get(other, ()) for other in wanted)]


def contains(role: str, other: str) -> bool:
    """Tell whether a role allows everything that this guide needs another one for."""
    return role == other or other in _CONTAINED.get(role, ())


@dataclass(frozen=True)
class MissingPermission:
    """Something that an account isn't allowed to do, and the role that would allow it."""

    actions: tuple[str, ...]
    scope: str
    role: str
    """The smallest built-in role that allows it."""
    who: str = ""
    """Sign-in name of the account."""
    object_id: str = ""
    command: str = ""
    """The `az` command that someone else could run instead."""
    eligible: EligibleRole | None = None
    """The role that the account only has to activate; then nobody else is needed."""
    kind: str = "User"
    """Azure's type of the account."""
    by_oneself: bool = False
    """Whether the account can give itself the role, so that nobody else is needed."""
    cloud: Cloud = PUBLIC
    """Where the scope is."""

    @property
    def advice(self) -> tuple[str, str, str]:
        """What it means, what to do, and who can do it."""
        if self.eligible:
            active = f"{self.eligible.name} at {self.eligible.scope}"
            meaning = f"{self.who} is eligible for {active}, but the role isn't active."
            remedy = f"You're eligible for {self.eligible.name} here: activate it, then run this again."
            command = self.cloud.command(self.eligible.command)
            return meaning, f"{remedy}\nPortal: {self.eligible.page}\nCommand: {command}", "You."
        actions = "this action" if len(self.actions) == 1 else "these actions"
        meaning = f"{self.who} has no role there that allows {actions}. The smallest role that does is {self.role}."
        remedy = f"Have someone else do it, or get the role {self.role}. The message to send is ready."
        return meaning, remedy, WHO_GRANTS


def fixing_roles(missing_permissions: Sequence[MissingPermission]) -> dict[tuple[str, str], list[MissingPermission]]:
    """Return the fewest roles that allow everything: by role and scope, the permissions that it gives.

    At its scope and below, a role also gives what a smaller role would: roles are inherited.
    """
    wanted = {(one.role, one.scope.lower()): (one.role, one.scope) for one in missing_permissions}.values()
    widest = [one for one in wanted if not any(other != one and _covers(other, one) for other in wanted)]
    fixed: dict[tuple[str, str], list[MissingPermission]] = {one: [] for one in widest}
    for missing in missing_permissions:
        fixed[next(one for one in widest if _covers(one, (missing.role, missing.scope)))].append(missing)
    return fixed


def refused(missing_permissions: Sequence[MissingPermission]) -> str:
    """Say what isn't allowed, to follow "not allowed to do ": each action once, grouped by scope."""
    scopes: dict[str, dict[str, None]] = {}
    for missing in missing_permissions:
        scopes.setdefault(missing.scope, {}).update(dict.fromkeys(missing.actions))
    if len(scopes) == 1:
        ((scope, actions),) = scopes.items()
        first, *more = actions
        return "\n".join([f"this at {scope}:", *(f"- {one}" for one in actions)]) if more else f"{first} at {scope}."
    lines = [line for scope, actions in scopes.items() for line in (f"at {scope}:", *(f"- {one}" for one in actions))]
    return "\n".join(["this:", *lines])


EXTENSION = "az extension add --name azure-iot"
"""Adds `az dt`, which the Azure CLI doesn't have by itself."""


def runnable(commands: Iterable[tuple[str, str]], cloud: Cloud = PUBLIC) -> list[str]:
    """Return `az` commands, each given with the id of its subscription, after those that they need.

    These choose the cloud, add the extension `az dt`, and choose a subscription for it: it works in the current one.
    """
    lines: list[str] = []
    current = ""
    for command, subscription in commands:
        if command.startswith("az dt ") and subscription not in ("", current):
            lines.append(f"az account set --subscription {subscription}")
            current = subscription
        lines.append(command)
    first = [cloud.choosing] if lines and cloud.choosing else []
    return [*first, *([EXTENSION] if any(one.startswith("az dt ") for one in lines) else []), *lines]


def request_message(
    missing_permissions: Sequence[MissingPermission], subscriptions: Mapping[str, str] | None = None
) -> str:
    """Write one message to send to someone who can give access: do it for me, or give me a role.

    The reader needs nothing but Azure: each command and portal page is complete. Empty when nothing is missing
    that somebody else has to give. `subscriptions` says in which one a command works; else it's that of the scope.
    """
    asked = [one for one in missing_permissions if not (one.eligible or one.by_oneself)]
    if not asked:
        return ""
    who, object_id = asked[0].who or "my account", asked[0].object_id
    me = f"{who} (object id {object_id})" if object_id else who
    cloud = asked[0].cloud
    known = {one.command: subscription_of(one.scope) for one in asked if one.command}
    commands = runnable((known | {key: one for key, one in (subscriptions or {}).items() if key in known}).items())
    roles = [_how_to_give(role, scope, asked[0]) for role, scope in fixing_roles(asked)]
    role = next(iter(fixing_roles(asked)))[0] if len(roles) == 1 else ""
    lead = "2. Give me" if commands else "Give me"
    give = [f"{lead} the role {role}: {roles[0]}"] if role else _listed("", f"{lead} these roles", roles)
    return "\n".join(
        [
            f"Hello, I'm setting up Azure Digital Twins. {me} isn't allowed to do {refused(asked)}",
            *([] if cloud.is_default else [f"It's in {cloud.title} ({cloud.portal}): {cloud.choosing}"]),
            "Could you please do one of these?" if commands else "Could you please do this?",
            *(_listed("1. Do this step for me", "1. Do these steps for me", commands) if commands else ()),
            *give,
            f"To do this, you need to be {GRANTERS}.",
        ]
    )


def _how_to_give(role: str, scope: str, missing: MissingPermission) -> str:
    """Say how to give a role, as a command and in the portal."""
    command = f"az role assignment create --assignee-object-id {missing.object_id or '<my object id>'} "
    command += f'--assignee-principal-type {missing.kind} --role "{role}" --scope {shlex.quote(scope)}'
    page = f"{name_of(scope)} > Access control (IAM) > Add > Add role assignment > Role: {role}"
    return f"{command}\n   Portal: {page} > Members: {missing.who or 'me'} > Review + assign"


def _listed(one: str, several: str, texts: Sequence[str]) -> list[str]:
    if len(texts) < 2:
        return [f"{one}: {texts[0]}" if texts else f"{one}."]
    return [f"{several}:", *(f"   {text}" for text in texts)]


def _covers(wide: tuple[str, str], narrow: tuple[str, str]) -> bool:
    """Tell whether one role at a scope gives everything that another one gives."""
    above, below = wide[1].lower().rstrip("/") + "/", narrow[1].lower().rstrip("/") + "/"
    return contains(wide[0], narrow[0]) and below.startswith(above)


def missing(
    action: str,
    scope: str,
    *,
    message: str = "",
    who: str = "",
    object_id: str = "",
    command: str = "",
    cloud: Cloud = PUBLIC,
    **more: Any,
) -> PermissionMissing:
    """Make the error for an action that isn't allowed, with the role that would allow it and a message to send."""
    role = more.pop("role", "") or smallest_role(action)
    return PermissionMissing(
        message or f"{who or 'Your account'} isn't allowed to do {action} at {scope}.",
        meaning=more.pop("meaning", "") or "None of your roles at this scope or above allows this action.",
        remedy=f"Have someone else do this step, or get the role {role} at {scope}. Then run this again.",
        who=WHO_GRANTS,
        action=action,
        scope=scope,
        role=role,
        request=request_message(
            [MissingPermission((action,), scope, role, who, object_id, command, kind=_kind_of(who), cloud=cloud)]
        ),
        **more,
    )


def _kind_of(who: str) -> Literal["User", "ServicePrincipal"]:
    """Tell what an account is from the name that Azure's refusal gives it: an application's is its client id."""
    return "ServicePrincipal" if is_guid(who) else "User"


Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """Whether an action is allowed at a scope."""

    answer: Answer
    action: str
    scope: str
    reason: str = ""
    """Why the answer is unknown; otherwise empty."""
    eligible: EligibleRole | None = None
    """If the answer is no: the role that would make it a yes once the account activates it."""
    denied_by: str = ""
    """Name of the deny assignment that forbids it, whatever roles the account has."""


@dataclass
class Permissions:
    """Effective permissions of the signed-in account, read from Azure once for each scope."""

    clients: Clients
    _known: dict[str, Sequence[Mapping[str, Any]] | str] = field(default_factory=dict)
    _limits: AccessLimits = field(init=False)

    def __post_init__(self) -> None:
        self._limits = AccessLimits(self.clients)

    @property
    def account(self) -> Account:
        """Whose permissions these are."""
        return self.clients.target.account()

    def may(self, action: str, scope: str, *, data: bool = False) -> Verdict:
        """Tell whether the account can do `action` at `scope`, a subscription, resource group or resource id.

        Set `data` for an action of the data plane. Deny assignments count; a condition, and what can't be read, make
        it unknown. Azure Policy isn't looked at. Raises what the client raises.
        """
        found = self._at(scope)
        if isinstance(found, str):
            return Verdict("unknown", action, scope, found)
        denial, doubt = self._limits.denial(action, scope, data=data)
        if denial:  # then no other role would help either
            return Verdict("no", action, scope, denied_by=denial)
        if not allows(found, action, data=data):
            return Verdict("no", action, scope, eligible=self._limits.eligible(action, scope, data=data))
        doubt = doubt or self._limits.condition(action, scope, data=data)
        return Verdict("unknown" if doubt else "yes", action, scope, doubt)

    def _at(self, scope: str) -> Sequence[Mapping[str, Any]] | str:
        key = scope.lower()
        if key not in self._known:
            path, version = f"{scope}/providers/Microsoft.Authorization/permissions", {"api-version": "2022-04-01"}
            hidden = "Azure doesn't let you see your own permissions here."
            self._known[key] = ask(lambda: self.clients.arm.list(path, version), {403: hidden, 404: hidden})
        return self._known[key]
