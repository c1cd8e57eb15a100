"""What a `scope` asks for: one resource, in one of the spellings that clients use, and its permissions."""

from __future__ import annotations

from dataclasses import dataclass

from ..tokens import ARM_AUDIENCES, DIGITAL_TWINS_AUDIENCES, GRAPH_APP_ID, GRAPH_AUDIENCES, STORAGE_AUDIENCES
from . import errors

ARM_APP_ID = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
"""The Windows Azure Service Management API (recorded in Graph). ARM itself refuses tokens for this spelling."""

OPENID_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})

# The delegated permission that a token for each resource carries (access token reference; ADT's app registration page).
_PERMISSIONS = (
    (ARM_AUDIENCES | {ARM_APP_ID}, "user_impersonation"),
    (DIGITAL_TWINS_AUDIENCES, "Read.Write"),
    (GRAPH_AUDIENCES, "User.Read"),
    (STORAGE_AUDIENCES, "user_impersonation"),
)


@dataclass(frozen=True)
class Resource:
    """The one resource of a request."""

    audience: str
    """As the client spelled it, because that goes into the token's `aud`."""
    permission: str

    def granted(self) -> str:
        """Write the `scope` of an answer. It must contain `.default`, or MSAL doesn't find the token in its cache."""
        return f"{self.audience}/{self.permission} {self.audience}/.default"


def requested(scope: str, tenant: str) -> Resource:
    """Read a scope. Raises EntraError if it's empty, or names two resources or an unknown one."""
    wanted = [part for part in scope.split() if part not in OPENID_SCOPES]
    if not scope.split():
        raise errors.missing_parameter("scope")
    resources = {_resource(part) for part in wanted} or {GRAPH_APP_ID}
    if len(resources) > 1:
        raise errors.several_resources(scope)
    audience = resources.pop()
    for audiences, permission in _PERMISSIONS:
        if audience in audiences:
            return Resource(audience, permission)
    raise errors.unknown_resource(audience, tenant)


def requested_by_application(scope: str, tenant: str) -> Resource:
    """Read the scope of a client-credentials request. Raises EntraError, also if it isn't `{resource}/.default`."""
    if scope and not scope.endswith("/.default"):
        raise errors.scope_needs_default(scope)
    return requested(scope, tenant)


def _resource(part: str) -> str:
    # `https://management.core.windows.net//.default` is the audience that ends in a slash.
    resource, slash, permission = part.rpartition("/")
    if not slash:
        return GRAPH_APP_ID  # a bare permission such as User.Read is Graph's
    if not resource or not permission:
        raise errors.bad_scope(part)
    return resource
