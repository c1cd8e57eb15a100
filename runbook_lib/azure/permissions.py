"""What the signed-in account can do: decided from its effective actions, never from role names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..errors import PermissionMissing
from .answers import ask

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


def matches(pattern: str, action: str) -> bool:
    """Tell whether an Azure action matches a pattern in a role.

    Case doesn't matter, and `*` spans segments. `/*/` also matches a single `/`: Managed Identity Operator contains
    `userAssignedIdentities/*/assign/action`, and the documentation says that it allows
    `userAssignedIdentities/assign/action`.
    """
    expression = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None


def allows(permissions: Iterable[Mapping[str, Any]], action: str, *, data: bool = False) -> bool:
    """Tell whether any of the permissions allows the action without excluding it again."""
    granted, withheld = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(
        any(matches(p, action) for p in entry.get(granted) or ())
        and not any(matches(p, action) for p in entry.get(withheld) or ())
        for entry in permissions
    )


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


def request_message(missing_permissions: Sequence[MissingPermission]) -> str:
    """Write one message to send to someone who can give access: do it for me, or give me a role.

    Empty when nothing is missing.
    """
    if not missing_permissions:
        return ""
    who, object_id = missing_permissions[0].who or "my account", missing_permissions[0].object_id
    me = f"{who} (object id {object_id})" if object_id else who
    commands = list(dict.fromkeys(one.command for one in missing_permissions if one.command))
    roles = {
        role: f'az role assignment create --assignee-object-id {object_id or "<my object id>"} --role "{role[0]}" '
        f"--scope {role[1]}"
        for role in fixing_roles(missing_permissions)
    }
    give = [f"2. Give me the role {role} there: {text}" for (role, _), text in roles.items()]
    return "\n".join(
        [
            f"Hello, I'm setting up Azure Digital Twins. {me} isn't allowed to do {refused(missing_permissions)}",
            "Could you please do one of these?",
            *_listed("1. Do this step for me", "1. Do these steps for me", commands),
            *(give if len(give) == 1 else _listed("", "2. Give me these roles", list(roles.values()))),
            f"To do this, you need to be {GRANTERS}.",
        ]
    )


def _listed(one: str, several: str, texts: Sequence[str]) -> list[str]:
    if len(texts) < 2:
        return [f"{one}: {texts[0]}" if texts else f"{one}."]
    return [f"{several}:", *(f"   {text}" for text in texts)]


def _covers(wide: tuple[str, str], narrow: tuple[str, str]) -> bool:
    """Tell whether one role at a scope gives everything that another one gives."""
    above, below = wide[1].lower().rstrip("/") + "/", narrow[1].lower().rstrip("/") + "/"
    return contains(wide[0], narrow[0]) and below.startswith(above)


def missing(
    action: str, scope: str, *, message: str = "", who: str = "", object_id: str = "", command: str = "", **more: Any
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
        request=request_message([MissingPermission((action,), scope, role, who, object_id, command)]),
        **more,
    )


Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """Whether an action is allowed at a scope."""

    answer: Answer
    action: str
    scope: str
    reason: str = ""
    """Why the answer is unknown; otherwise empty."""


@dataclass
class Permissions:
    """Effective permissions of the signed-in account, read from Azure once for each scope."""

    clients: Clients
    _known: dict[str, Sequence[Mapping[str, Any]] | str] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """Whose permissions these are."""
        return self.clients.target.account()

    def may(self, action: str, scope: str, *, data: bool = False) -> Verdict:
        """Tell whether the account can do `action` at `scope`, a subscription, resource group or resource id.

        Set `data` for an action of the data plane. Raises what the client raises.
        This API doesn't report deny assignments or policies: you meet those only when you act.
        """
        found = self._at(scope)
        if isinstance(found, str):
            return Verdict("unknown", action, scope, found)
        return Verdict("yes" if allows(found, action, data=data) else "no", action, scope)

    def _at(self, scope: str) -> Sequence[Mapping[str, Any]] | str:
        key = scope.lower()
        if key not in self._known:
            path, version = f"{scope}/providers/Microsoft.Authorization/permissions", {"api-version": "2022-04-01"}
            hidden = "Azure doesn't let you see your own permissions here."
            self._known[key] = ask(lambda: self.clients.arm.list(path, version), {403: hidden, 404: hidden})
        return self._known[key]
