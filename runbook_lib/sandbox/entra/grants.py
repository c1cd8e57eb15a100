"""The token endpoint: one method for each grant type."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

from ..clock import Clock, moment, stamp
from ..store import Document, Store
from ..tokens import LIFETIME, Caller, Tokens
from ..world import TENANT_ID, TENANT_NAME
from . import applications, authorization_errors, errors, scopes
from .devices import Devices, hash_of
from .federation import Federation, is_identity
from .sign_ins import SignIns

DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_LIFETIME = timedelta(days=90)
"""How long an unused refresh token lives (refresh token documentation)."""

Form = dict[str, str]


class Grants:
    """Turns secrets, authorization codes, approved device codes and refresh tokens into access tokens."""

    def __init__(self, store: Store, clock: Clock, tokens: Tokens, devices: Devices, sign_ins: SignIns) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._devices = devices
        self._sign_ins = sign_ins
        self._federation = Federation(store, clock)
        self._grants = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._authorization_code,
            DEVICE_CODE_GRANT: self._device_code,
            "refresh_token": self._refresh_token,
            "password": self._password,
        }

    def grant(self, form: Form, tenant: str) -> dict[str, Any]:
        """Return the answer to a token request. Raises EntraError if the request gets no token."""
        kind = errors.required(form, "grant_type")
        if kind not in self._grants:
            raise errors.unsupported_grant(kind)
        client_id = errors.required(form, "client_id")
        applications.require_known(self._store, client_id, tenant)
        return self._grants[kind](form, tenant)

    def _client_credentials(self, form: Form, tenant: str) -> dict[str, Any]:
        application = self._store.get("application", form["client_id"])
        if form.get("client_assertion") or (application is None and is_identity(self._store, form["client_id"])):
            return self._federated(form, tenant)
        if application is None:
            raise errors.secret_missing()
        _check_secret(form, application)
        resource = scopes.requested_by_application(errors.required(form, "scope"), tenant)
        caller = Caller(application["servicePrincipalId"], TENANT_ID, "servicePrincipal", application["appId"])
        return self._access_token(form, resource, caller)

    def _federated(self, form: Form, tenant: str) -> dict[str, Any]:
        """Grant a token to a user-assigned identity, for the token of an issuer that it trusts."""
        if not form.get("client_assertion"):
            raise errors.secret_missing()
        object_id = self._federation.principal(form)
        resource = scopes.requested_by_application(errors.required(form, "scope"), tenant)
        caller = Caller(object_id, TENANT_ID, "servicePrincipal", form["client_id"].lower())
        return self._access_token(form, resource, caller, appidacr="2")

    def _authorization_code(self, form: Form, tenant: str) -> dict[str, Any]:
        application = self._store.get("application", form["client_id"])
        if application:
            _check_secret(form, application)
        elif form.get("client_secret"):
            raise authorization_errors.public_client_with_secret()
        redeemed = self._sign_ins.redeem(form)
        resource = scopes.requested(form.get("scope") or redeemed.scope, tenant)
        return self._user_tokens(form, self._user(redeemed.user_id), resource, redeemed.nonce)

    def _device_code(self, form: Form, tenant: str) -> dict[str, Any]:
        # Azure accepts the code under either name (azure-docs issue 46110).
        code = form.get("device_code") or errors.required(form, "code")
        user_id, scope = self._devices.redeem(code, form["client_id"])
        return self._user_tokens(form, self._user(user_id), scopes.requested(scope, tenant))

    def _refresh_token(self, form: Form, tenant: str) -> dict[str, Any]:
        key = hash_of(errors.required(form, "refresh_token"))
        known = self._store.get("refresh-token", key)
        if known is None or known["clientId"] != form["client_id"]:
            raise errors.bad_refresh_token()
        if self._clock.now() - moment(known["issuedOn"]) >= REFRESH_LIFETIME:
            raise errors.old_refresh_token(known["issuedOn"])
        # One refresh token works for every audience. That's how a signed-in user reaches ARM, Graph and the data plane.
        return self._user_tokens(
            form, self._user(known["userId"]), scopes.requested(form.get("scope", "openid"), tenant)
        )

    def _password(self, form: Form, tenant: str) -> dict[str, Any]:
        resource = scopes.requested(errors.required(form, "scope"), tenant)
        name = errors.required(form, "username").lower()
        errors.required(form, "password")
        if not any(user["userPrincipalName"].lower() == name for user in self._store.list("user")):
            raise errors.unknown_user(TENANT_NAME)
        raise errors.second_factor_needed(resource.audience)

    def _user(self, user_id: str) -> Document:
        user = self._store.get("user", user_id)
        if user is None:
            raise errors.unknown_user(TENANT_NAME)
        if not user["accountEnabled"]:
            raise errors.account_disabled()
        return user

    def _user_tokens(self, form: Form, user: Document, resource: scopes.Resource, nonce: str = "") -> dict[str, Any]:
        client_id = form["client_id"]
        caller = Caller(user["id"], TENANT_ID, "user", client_id, user["userPrincipalName"])
        answer = self._access_token(form, resource, caller, name=user["displayName"], scp=resource.permission)
        answer |= {
            "scope": resource.granted(),
            "refresh_token": self._new_refresh_token(client_id, user["id"]),
            "id_token": self._id_token(client_id, user, nonce),
        }
        if form.get("client_info"):
            answer["client_info"] = _client_info(user["id"])
        if client_id == applications.AZURE_CLI_APP_ID:
            answer["foci"] = "1"  # the family of clients that can share a refresh token
        return answer

    def _access_token(self, form: Form, resource: scopes.Resource, caller: Caller, **claims: Any) -> dict[str, Any]:
        seconds = int(LIFETIME.total_seconds())
        if asked := _asked_contexts(form):
            claims["acrs"] = asked
        token = self._tokens.issue(resource.audience, caller, **claims)
        return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}

    def _new_refresh_token(self, client_id: str, user_id: str) -> str:
        token = secrets.token_urlsafe(64)
        document = {"clientId": client_id, "userId": user_id, "issuedOn": stamp(self._clock.now())}
        self._store.put("refresh-token", hash_of(token), document)
        return token

    def _id_token(self, client_id: str, user: Document, nonce: str) -> str:
        now = int(self._clock.now().timestamp())
        return self._tokens.sign(
            {
                "aud": client_id,
                "iss": f"https://login.microsoftonline.com/{TENANT_ID}/v2.0",
                "iat": now,
                "nbf": now,
                "exp": now + int(LIFETIME.total_seconds()),
                "name": user["displayName"],
                "oid": user["id"],
                "preferred_username": user["userPrincipalName"],
                "sub": user["id"],
                "tid": TENANT_ID,
                "ver": "2.0",
                **({"nonce": nonce} if nonce else {}),
            }
        )


def _asked_contexts(form: Form) -> list[str]:
    """Return the authentication contexts that a request asks for after a claims challenge.

    Modelled: everybody who signs in meets them at once, and a request that can't be read asks for none.
    """
    try:
        wanted = json.loads(form.get("claims") or "{}")["access_token"]["acrs"]
        return [str(one) for one in wanted.get("values") or [wanted["value"]]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _check_secret(form: Form, application: Document) -> None:
    if not form.get("client_secret"):
        raise errors.secret_missing()
    held = (secret.encode() for secret in application["secrets"])
    if not any(secrets.compare_digest(form["client_secret"].encode(), secret) for secret in held):
        raise errors.wrong_secret(application["appId"])


def _client_info(user_id: str) -> str:
    body = json.dumps({"uid": user_id, "utid": TENANT_ID}).encode()
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()
