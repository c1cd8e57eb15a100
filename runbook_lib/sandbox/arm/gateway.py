"""The gateway: which calls are admitted, and in which order each is checked before its provider sees it.

The order (behaviour notes, section 2.1): token, subscription, api-version, provider registered, type and location,
resource group, access, locks, linked scopes, parent. What follows (location conflict, identity) only the
provider knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from ..context import Context
from ..http import Request, Routes
from ..regions import here, normalize
from ..store import Store
from ..tokens import ARM_AUDIENCES, Caller, TokenProblem
from ..world import TENANT_ID
from . import elsewhere, errors
from .calls import ArmHandler, ArmRoute, Call, json_object
from .errors import ArmError
from .locks import locks_against
from .paths import NATIVE, Target, parse, resource_key
from .policy import check_policies
from .providers import NATIVE_VERSIONS, Provider, ResourceType, provider

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
REGISTRATION = "provider-registration"


class Gateway:
    """Admits calls to the handlers of a route table, or raises the ArmError that ARM answers with."""

    def __init__(self, context: Context, routes: Iterable[ArmRoute]) -> None:
        self._context = context
        self.routes: Routes[ArmHandler] = Routes(routes)

    def admit(self, request: Request) -> tuple[ArmRoute, Call]:
        """Check a request and return the row that serves it."""
        caller = self._caller(request)
        target = parse(request.path)
        self._check_subscription(target)
        self._check_native_version(request, target)
        owner = self._check_registered(target)
        route, values = self._find(request, target)
        if owner:
            self._check_type(request, target, owner)
        call = Call(request, caller, target, values)
        self._check_group(route, call)
        self._check_access(route, call)
        self._check_locks(call)
        self._check_links(route, call)
        self._check_parent(call, owner)
        if owner and (kind := owner.type(target.type)) and kind.tracked:
            check_policies(self._context.store, call, self._context.store.get("resource", target.scope))
        return route, call

    def action(self, request: Request) -> str:
        """Name the action that a request needs, for fault injection; empty when it needs none."""
        found = self.routes.find(request.method, request.path)
        return found[0].action.format_map(found[1]) if found else ""

    def _caller(self, request: Request) -> Caller:
        try:
            return self._context.tokens.check(request.headers.get("authorization", ""), ARM_AUDIENCES)
        except TokenProblem as problem:
            raise unauthorized(problem, self._context.clock.now()) from problem

    def _check_subscription(self, target: Target) -> None:
        if target.subscription and not self._context.store.get("subscription", target.subscription):
            if not GUID.fullmatch(target.subscription):
                raise errors.invalid_subscription_id(target.subscription)
            raise errors.subscription_not_found(target.subscription)

    def _check_native_version(self, request: Request, target: Target) -> None:
        version = request.parameter("api-version")
        if not version:
            raise errors.missing_api_version()
        if target.namespace == NATIVE and version.lower() not in NATIVE_VERSIONS:
            raise errors.invalid_api_version(version, NATIVE_VERSIONS)

    def _check_registered(self, target: Target) -> Provider | None:
        if target.namespace == NATIVE:
            return None
        owner = provider(target.namespace)
        if owner is None:
            if elsewhere.namespace_exists(target.namespace):
                raise errors.not_simulated(f"the provider {target.namespace}")
            raise errors.invalid_namespace(target.namespace)
        if target.subscription and not owner.free:
            self._check_registration(target.subscription, owner)
        return owner

    def _check_registration(self, subscription: str, owner: Provider) -> None:
        # Resources can be made while it's still registering (documented: do not block in that state).
        if registration(self._context.store, subscription, owner) not in ("Registering", "Registered"):
            raise errors.subscription_not_registered(owner.namespace)

    def _find(self, request: Request, target: Target) -> tuple[ArmRoute, dict[str, str]]:
        found = self.routes.find(request.method, request.path)
        if found is None and request.method == "HEAD":  # recorded for groups, documented for every resource
            found = self.routes.find("GET", request.path)
        if found:
            route, values = found
            assert isinstance(route, ArmRoute)
            return route, values
        if self.routes.methods(request.path):
            raise errors.method_not_allowed(request.method)
        if elsewhere.path_exists(request.path):
            raise errors.not_simulated(f"{request.method} {request.path}")
        if elsewhere.type_exists(target):
            raise errors.not_simulated(f"{target.namespace}/{target.type}")
        if target.namespace == NATIVE:
            raise errors.missing_subscription()
        raise errors.invalid_type(target.namespace, request.parameter("api-version"))

    def _check_type(self, request: Request, target: Target, owner: Provider) -> None:
        kind = owner.type(target.type)
        if kind is None:
            return  # the route knows a path that isn't a type of its own
        creates = request.method == "PUT" and kind.tracked
        location = self._new_location(request, kind, owner) if creates else normalize(target.location)
        version = request.parameter("api-version")
        if not owner.takes(version, kind) or (target.location and location not in here(kind.locations)):
            versions = kind.versions or owner.api_versions
            raise errors.no_registered_provider(location, version, kind.name, versions, here(kind.locations))

    @staticmethod
    def _new_location(request: Request, kind: ResourceType, owner: Provider) -> str:
        location = json_object(request).get("location")
        if not isinstance(location, str) or not location.strip():
            raise errors.location_required()
        if normalize(location) not in here(kind.locations):
            full_type = f"{owner.namespace}/{kind.name}"
            raise errors.location_not_available(location, full_type, here(kind.locations))
        return normalize(location)

    def _check_group(self, route: ArmRoute, call: Call) -> None:
        target = call.target
        if not target.group or not route.needs_group:
            return
        group = self._context.store.get("resource-group", resource_key(target.subscription, target.group))
        if group is None:
            # A caller without any rights learns nothing about what exists.
            if route.action and not self._context.access.has_role_over(call.caller, target.scope):
                raise self._refusal(route, call)
            raise errors.group_not_found(target.group)
        writes = call.request.method not in ("GET", "HEAD")
        if writes and group["properties"]["provisioningState"] == "Deleting":
            raise errors.group_being_deleted(group["name"])

    def _check_access(self, route: ArmRoute, call: Call) -> None:
        if not route.action:
            return
        access = self._context.access
        if route.anywhere:
            allowed = access.has_role_within(call.caller, call.target.scope)
        else:
            attributes = route.attributes(call) if route.attributes else {}
            allowed = access.permits(call.caller, _action(route, call), call.target.scope, attributes=attributes)
        if not allowed:
            raise self._refusal(route, call)

    def _check_locks(self, call: Call) -> None:
        """Refuse a change that a lock at the scope, above it or (for a deletion) below it forbids."""
        method, scope = call.request.method, call.target.scope
        if method not in ("GET", "HEAD") and not call.target.type.lower().startswith("locks"):
            found = locks_against(self._context.store, scope, deletes=method == "DELETE")
            if found:
                raise errors.scope_locked(scope, "delete" if method == "DELETE" else "write", found)

    def _check_links(self, route: ArmRoute, call: Call) -> None:
        for link in route.links(call) if route.links else ():
            if not self._context.access.permits(call.caller, link.action, link.scope):
                caller, held = call.caller, (_action(route, call), call.target.scope)
                missing = (link.shown, link.scope)
                raise errors.linked_authorization_failed(
                    caller.label, caller.object_id, held, missing, older=link.shown != link.action
                )

    def _check_parent(self, call: Call, owner: Provider | None) -> None:
        """Refuse a call on a child of a resource that doesn't exist."""
        root, _, below = call.target.type.partition("/")
        kind = owner.type(root) if owner and below else None
        if kind is None or not kind.tracked:
            return
        segments = call.target.scope.split("/")
        if not self._context.store.get("resource", "/".join(segments[:9])):
            raise errors.parent_not_found(segments[8])

    def _refusal(self, route: ArmRoute, call: Call) -> ArmError:
        caller = call.caller
        if deny := self._context.access.denial(caller, _action(route, call), call.target.scope):
            return errors.denied(caller.label, caller.object_id, _action(route, call), call.target.scope, deny)
        return errors.authorization_failed(caller.label, caller.object_id, _action(route, call), call.target.scope)


def _action(route: ArmRoute, call: Call) -> str:
    return route.action.format_map(call.values)


_AUDIENCES = ",".join(
    f"'https://management.{name}'" for name in ("core.windows.net/", "core.windows.net", "azure.com/", "azure.com")
)


def unauthorized(problem: TokenProblem, now: datetime) -> ArmError:
    """Return the 401 that fits a token problem, with its `WWW-Authenticate` header."""
    code, message = {
        "missing": ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
        "expired": ("ExpiredAuthenticationToken", _expired(problem, now)),
        "audience": (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource "
            f"'{problem.claims.get('audience')}'. It should exactly match with one of the allowed audiences "
            f"{_AUDIENCES}.",
        ),
        "tenant": ("InvalidAuthenticationTokenTenant", _wrong_tenant(problem)),
    }.get(problem.reason, ("InvalidAuthenticationToken", "The access token is invalid."))
    authority = f"https://login.windows.net/{TENANT_ID}"
    challenge = f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
    return ArmError(401, code, message, headers={**errors.GATEWAY, "WWW-Authenticate": challenge})


def _expired(problem: TokenProblem, now: datetime) -> str:
    expiry = datetime.fromtimestamp(problem.claims.get("expired_at") or 0, UTC)
    return (
        f"The access token expiry UTC time '{_american(expiry)}' is earlier than current UTC time '{_american(now)}'."
    )


def registration(store: Store, subscription: str, owner: Provider) -> str:
    """Return the registration state of a provider in a subscription."""
    found = store.get(REGISTRATION, f"{subscription}/{owner.namespace}")
    return str(found["state"]) if found else "Registered" if owner.registered else "NotRegistered"


def _american(moment: datetime) -> str:
    """Write a time as the service does: `5/13/2024 6:05:58 PM`."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def _wrong_tenant(problem: TokenProblem) -> str:
    home = f"https://login.windows.net/{TENANT_ID}"
    return (
        f"The access token is from the wrong issuer '{problem.claims.get('issuer')}'. It must match the tenant "
        f"'https://sts.windows.net/{TENANT_ID}/' associated with this subscription. Please use the authority (URL) "
        f"'{home}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to "
        "the services, but information about new tenant could take time to propagate (up to an hour). If you just "
        "transferred your subscription and see this error message, please try back later."
    )
