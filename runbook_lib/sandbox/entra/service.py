"""The routes of login.microsoftonline.com."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ..context import Context
from ..http import Answer, Request, Route, Routes, ServiceError
from ..world import DOMAIN, TENANT_ID
from . import errors, first_version, pages
from .devices import Devices
from .grants import Grants
from .personas import personas
from .sign_ins import SignIns

HOST = "https://login.microsoftonline.com"
_ANOTHER_PAGE = "Another web page sent this form. Open the sign-in page yourself, and decide there."
SHARED_TENANTS = frozenset({"common", "organizations"})
ALIASES = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]

Handler = Callable[[Request, dict[str, str]], Answer]


class Entra:
    """The token service of one tenant."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._devices = Devices(context.store, context.clock, context.pace)
        self._sign_ins = SignIns(context.store, context.clock)
        self._grants = Grants(context.store, context.clock, context.tokens, self._devices, self._sign_ins)
        self.routes: Routes[Handler] = Routes(
            (
                Route("GET", "/common/discovery/instance", self._instance),
                Route("GET", "/common/userrealm/{user}", self._user_realm),
                Route("GET", "/device", self._show_device_page),
                Route("POST", "/device", self._answer_device_page),
                Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
                Route("GET", "/{tenant}/.well-known/openid-configuration", self._first_configuration),
                Route("GET", "/{tenant}/discovery/v2.0/keys", self._keys),
                Route("GET", "/{tenant}/discovery/keys", self._keys),
                Route("POST", "/{tenant}/oauth2/v2.0/devicecode", self._device_code),
                Route("POST", "/{tenant}/oauth2/v2.0/token", self._token),
                Route("POST", "/{tenant}/oauth2/devicecode", self._first_device_code),
                Route("POST", "/{tenant}/oauth2/token", self._first_token),
                Route("GET", "/{tenant}/oauth2/authorize", self._first_authorize),
                Route("POST", "/{tenant}/oauth2/authorize", self._first_authorize),
                Route("GET", "/{tenant}/oauth2/v2.0/authorize", self._authorize),
                Route("POST", "/{tenant}/oauth2/v2.0/authorize", self._authorize),
                Route("POST", "/{tenant}/login", self._answer_sign_in_page),
                Route("GET", "/{tenant}/oauth2/v2.0/logout", self._sign_out),
                Route("POST", "/{tenant}/oauth2/v2.0/logout", self._sign_out),
                Route("GET", "/common/oauth2/nativeclient", self._native_client),
            )
        )

    def handle(self, request: Request) -> Answer:
        """Answer a request to the token service."""
        correlation_id = request.headers.get("client-request-id", "")
        found = self.routes.find(request.method, request.path)
        try:
            if request.refusal:
                raise request.refusal
            if found is None:
                raise self._no_route(request)
            route, values = found
            answer = route.handler(request, values)
        except errors.EntraError as error:
            answer = error.envelope(self._context.clock.now(), correlation_id)
        answer.headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
        if correlation_id:
            answer.headers.setdefault("client-request-id", correlation_id)
        return answer

    def action(self, _: Request) -> str:
        """Name no action: anyone who can reach the token service can ask it."""
        return ""

    def _no_route(self, request: Request) -> ServiceError:
        if self.routes.methods(request.path):
            return errors.EntraError(
                405,
                "invalid_request",
                900561,
                (
                    f"The endpoint only accepts {', '.join(self.routes.methods(request.path))} requests. "
                    f"Received a {request.method} request."
                ),
            )
        return ServiceError(404, "NotFound", "The sandbox has no such page of the token service.")

    def _instance(self, request: Request, _: dict[str, str]) -> Answer:
        path = urlsplit(request.parameter("authorization_endpoint")).path
        tenant = path.strip("/").partition("/")[0] or "common"
        return Answer(
            200,
            {
                "tenant_discovery_endpoint": f"{HOST}/{tenant}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {
                        "preferred_network": ALIASES[0],
                        "preferred_cache": "login.windows.net",
                        "aliases": ALIASES,
                    }
                ],
            },
        )

    def _configuration(self, _: Request, values: dict[str, str]) -> Answer:
        tenant = resolve_tenant(values["tenant"], discovery=True)
        # For the shared tenants, the real service also leaves the issuer as a template.
        issuer = "{tenantid}" if tenant in SHARED_TENANTS else tenant
        return Answer(200, _openid_configuration(f"{HOST}/{tenant}", f"{HOST}/{issuer}/v2.0"))

    def _keys(self, _: Request, values: dict[str, str]) -> Answer:
        resolve_tenant(values["tenant"], discovery=True)
        return Answer(200, self._context.tokens.jwks())

    def _user_realm(self, _: Request, values: dict[str, str]) -> Answer:
        name, domain = values["user"], values["user"].rpartition("@")[2].lower()
        known = {"cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline"}
        if domain != DOMAIN:
            return Answer(200, {"ver": "1.0", "account_type": "Unknown", "login": name, **known})
        return Answer(200, {"ver": "1.0", "account_type": "Managed", "domain_name": domain, "login": name, **known})

    def _device_code(self, request: Request, values: dict[str, str]) -> Answer:
        tenant = resolve_tenant(values["tenant"])
        return Answer(200, self._devices.begin(request.form(), tenant), dict(errors.NO_STORE))

    def _token(self, request: Request, values: dict[str, str]) -> Answer:
        tenant = resolve_tenant(values["tenant"])
        return Answer(200, self._grants.grant(request.form(), tenant), dict(errors.NO_STORE))

    def _first_configuration(self, _: Request, values: dict[str, str]) -> Answer:
        tenant = resolve_tenant(values["tenant"], discovery=True)
        issuer = "{tenantid}" if tenant in SHARED_TENANTS else tenant
        body = _openid_configuration(f"{HOST}/{tenant}", f"https://sts.windows.net/{issuer}/")
        return Answer(200, first_version.configuration(body))

    def _first_device_code(self, request: Request, values: dict[str, str]) -> Answer:
        form = first_version.form(request.form())
        begun = self._devices.begin(form, resolve_tenant(values["tenant"]))
        return Answer(200, first_version.device_code(begun), dict(errors.NO_STORE))

    def _first_token(self, request: Request, values: dict[str, str]) -> Answer:
        form = first_version.form(request.form())
        granted = self._grants.grant(form, resolve_tenant(values["tenant"]))
        return Answer(200, first_version.token(granted, self._context.clock.now()), dict(errors.NO_STORE))

    def _first_authorize(self, request: Request, values: dict[str, str]) -> Answer:
        return self._authorize(first_version.authorization(request), values)

    def _authorize(self, request: Request, values: dict[str, str]) -> Answer:
        return self._sign_ins.show(request, resolve_tenant(values["tenant"]))

    def _answer_sign_in_page(self, request: Request, values: dict[str, str]) -> Answer:
        if _is_from_another_page(request):
            return pages.refusal_page(_ANOTHER_PAGE)
        return self._sign_ins.decide(request, resolve_tenant(values["tenant"]))

    def _sign_out(self, request: Request, values: dict[str, str]) -> Answer:
        resolve_tenant(values["tenant"])
        return self._sign_ins.sign_out(request)

    def _native_client(self, _: Request, _values: dict[str, str]) -> Answer:
        return pages.back_in_program_page()

    def _show_device_page(self, request: Request, _: dict[str, str]) -> Answer:
        return pages.device_page(personas(self._context.store), user_code=request.parameter("user_code"))

    def _answer_device_page(self, request: Request, _: dict[str, str]) -> Answer:
        if _is_from_another_page(request):
            return pages.refusal_page(_ANOTHER_PAGE)
        form = request.form()
        return self._devices.decide(form.get("user_code", ""), form.get("persona", ""), form.get("decision", "approve"))


def _is_from_another_page(request: Request) -> bool:
    """Tell whether a browser sent this for a page that isn't ours, which must not decide in a person's place.

    Programs send neither header. A browser that doesn't know the first one sends the second with every form.
    """
    site, origin = request.headers.get("sec-fetch-site", "none"), request.headers.get("origin", HOST)
    return site not in ("none", "same-origin") or origin != HOST


def resolve_tenant(tenant: str, *, discovery: bool = False) -> str:
    """Return the tenant's id, or the shared name as it is. Raises EntraError 90002 for every other tenant."""
    wanted = tenant.lower()
    if wanted in SHARED_TENANTS:
        return wanted
    if wanted in (TENANT_ID, DOMAIN):
        return TENANT_ID
    raise errors.unknown_tenant(tenant, discovery=discovery)


_CLAIMS = (
    "sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name msgraph_host aud exp iat auth_time acr "
    "nonce preferred_username name tid ver at_hash c_hash email"
)


def _openid_configuration(base: str, issuer: str) -> dict[str, Any]:
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": _CLAIMS.split(),
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }
