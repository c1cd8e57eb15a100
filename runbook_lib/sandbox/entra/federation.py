"""Workload identity federation: a token of another issuer instead of a secret (RFC 7523).

Rules and error numbers as in the article "Workload identity federation" and the error code reference. Modelled: the
keys of an issuer are given to the sandbox (`trust_issuer`), because it reads nothing from the network.
"""

from __future__ import annotations

from typing import Any

import jwt
from jwt.types import Options

from ..clock import Clock
from ..store import Document, Store
from . import errors

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "external-issuer"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
ALGORITHMS = ["RS256"]


def trust_issuer(store: Store, issuer: str, keys: dict[str, Any]) -> None:
    """Let the sandbox know an issuer's keys (a JSON Web Key Set), which Entra reads from the issuer's address."""
    store.put(ISSUER, issuer.rstrip("/").lower(), {"issuer": issuer, "keys": keys})


def is_identity(store: Store, client_id: str) -> bool:
    """Tell whether a client id is a user-assigned identity's."""
    return identity_of(store, client_id) is not None


def identity_of(store: Store, client_id: str) -> Document | None:
    """Return the user-assigned identity with that client id."""
    wanted = client_id.lower()
    return next(
        (
            resource
            for resource in store.list("resource")
            if resource["type"] == IDENTITIES and resource["properties"]["clientId"].lower() == wanted
        ),
        None,
    )


class Federation:
    """Checks assertions."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def principal(self, form: dict[str, str]) -> str:
        """Return the object id of the identity whose credential an assertion fits. Raises EntraError."""
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise errors.assertion_type()
        principal, trusted = self._trusted(form["client_id"])
        if not trusted:
            raise errors.no_federated_credential(form["client_id"])
        claims = self._claims(form["client_assertion"])
        self._match(claims, trusted)
        return principal

    def _trusted(self, client_id: str) -> tuple[str, list[dict[str, Any]]]:
        """Return an identity's or application's object id, and whose tokens it trusts."""
        if identity := identity_of(self._store, client_id):
            found = self._store.list("resource", f"{identity['id']}/federatedIdentityCredentials/")
            return identity["properties"]["principalId"], [each["properties"] for each in found]
        application = self._store.get("application", client_id)
        if application is None:
            return "", []
        return application["servicePrincipalId"], application.get("federatedIdentityCredentials", [])

    def _claims(self, assertion: str) -> dict[str, Any]:
        """Return the claims of an assertion, after its signature and its time are checked."""
        unread: Options = {"verify_signature": False, "verify_exp": False, "verify_aud": False}
        try:
            issuer = str(jwt.decode(assertion, options=unread).get("iss"))
            known = self._store.get(ISSUER, issuer.rstrip("/").lower())
            keys = jwt.PyJWKSet.from_dict(known["keys"]).keys if known else []
            named = jwt.get_unverified_header(assertion).get("kid")
        except jwt.PyJWTError as error:
            raise errors.malformed_assertion() from error
        key = next((each for each in keys if each.key_id == named), None)
        if key is None:
            raise errors.assertion_signature(issuer)
        lenient: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        try:
            claims: dict[str, Any] = jwt.decode(assertion, key, ALGORITHMS, options=lenient)
        except jwt.PyJWTError as error:
            raise errors.assertion_signature(issuer) from error
        now = self._clock.now().timestamp()
        if not claims.get("nbf", now) <= now < claims.get("exp", 0):
            raise errors.assertion_expired(self._clock.now())
        return claims

    @staticmethod
    def _match(claims: dict[str, Any], trusted: list[dict[str, Any]]) -> None:
        """Raise EntraError unless issuer, subject and audience fit one credential, letter for letter."""
        audiences = claims.get("aud")
        given = audiences if isinstance(audiences, list) else [audiences]
        same_issuer = [each for each in trusted if each["issuer"] == claims.get("iss")]
        if not same_issuer:
            raise errors.no_match(700211, "issuer", claims.get("iss"))
        same_subject = [each for each in same_issuer if each["subject"] == claims.get("sub")]
        if not same_subject:
            raise errors.no_match(700213, "subject", claims.get("sub"))
        if not any(set(each["audiences"]) & set(map(str, given)) for each in same_subject):
            raise errors.no_match(700212, "audience", given[0])
