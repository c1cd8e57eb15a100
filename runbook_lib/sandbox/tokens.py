"""Access tokens: issued by the token service, checked by every other service, as on Azure."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from .clock import Clock
from .clouds import inward, outward
from .store import Store
from .world import DIGITAL_TWINS_APP_ID, TENANT_ID, derive_id

ASKED_CLAIM = {"acrs": {"essential": True, "value": "c1"}}
"""What a claims challenge asks for: the authentication context c1 (Conditional Access)."""
LIFETIME = timedelta(seconds=3600 + 299)
"""60 to 90 minutes on Azure (access token reference); ours are always the same, so that lessons can be repeated."""

VERIFIED_TOKENS = 2048
"""How many tokens with a valid signature are remembered."""

ARM_AUDIENCES = frozenset(
    f"https://management.{name}{slash}" for name in ("core.windows.net", "azure.com") for slash in ("", "/")
)
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_AUDIENCES = frozenset({"https://graph.microsoft.com", "https://graph.microsoft.com/", GRAPH_APP_ID})
DIGITAL_TWINS_AUDIENCES = frozenset(
    {"https://digitaltwins.azure.net", "https://digitaltwins.azure.net/", DIGITAL_TWINS_APP_ID}
)

STORAGE_AUDIENCES = frozenset(
    {"https://storage.azure.com", "https://storage.azure.com/", "e406a681-f3d4-42a8-90b6-c2b029497af1"}
)

# The sandbox's clock decides on expiry, not PyJWT's, so that a test can let a token grow old.
_LENIENT: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}


@dataclass(frozen=True)
class Caller:
    """Who sent a request, as the token says."""

    object_id: str
    tenant_id: str
    kind: str
    """`user` or `servicePrincipal`."""
    app_id: str
    name: str = ""
    """User principal name; empty for a service principal."""

    @property
    def label(self) -> str:
        """How Azure names the caller in its refusals: sign-in name of a user, client id of an application."""
        return self.name or self.app_id


class TokenProblem(Exception):
    """A token that isn't accepted. `reason` is one of missing, malformed, signature, expired, audience, tenant."""

    def __init__(self, reason: str, **claims: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.claims = claims
        """What the service's message quotes: `expired_at`, `audience`, `issuer`."""


class Tokens:
    """Signs and checks tokens with a key from the store, because clients keep tokens across a restart."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        document = store.get("signing-key", "current")
        if document is None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            document = {"pem": pem.decode()}
            store.put("signing-key", "current", document)
        loaded = serialization.load_pem_private_key(document["pem"].encode(), None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        self._key = loaded
        self._public_key = loaded.public_key()
        # A client sends the same token with every request; checking the signature would be most of the cost.
        self._verified = lru_cache(maxsize=VERIFIED_TOKENS)(self._read)
        numbers = loaded.public_key().public_numbers()
        self.key_id = derive_id("key", str(numbers.n)).replace("-", "")

    def jwks(self) -> dict[str, Any]:
        """Return the public key as the discovery endpoint publishes it."""
        entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**entry, "use": "sig", "kid": self.key_id, "x5t": self.key_id}]}

    def issue(self, audience: str, caller: Caller, **claims: Any) -> str:
        """Sign an access token (v1 claims) for `audience`; claims given as keywords replace the usual ones."""
        now = self._clock.now()
        body: dict[str, Any] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{caller.tenant_id}/",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "appid": caller.app_id,
            "appidacr": "0" if caller.kind == "user" else "1",
            "idp": f"https://sts.windows.net/{caller.tenant_id}/",
            "oid": caller.object_id,
            "sub": caller.object_id,
            "tid": caller.tenant_id,
            "ver": "1.0",
        }
        if caller.kind == "user":
            body |= {"upn": caller.name, "unique_name": caller.name, "scp": "user_impersonation", "amr": ["pwd"]}
        else:
            body["idtyp"] = "app"
        return self.sign(body | claims)

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign any claims: for id tokens, and for tests that need a token with one mistake."""
        return jwt.encode(
            outward(claims), self._key, algorithm="RS256", headers={"kid": self.key_id, "x5t": self.key_id}
        )

    def check(self, authorization: str, audiences: frozenset[str]) -> Caller:
        """Return whom an `Authorization` header identifies. Raises TokenProblem if the token isn't valid."""
        scheme, _, token = authorization.partition(" ")
        if not authorization or scheme.lower() != "bearer" or not token.strip():
            raise TokenProblem("missing")
        return self._accept(self._verified(token.strip()), audiences)

    def expired(self, authorization: str) -> str:
        """Return the same header with an expired token. A token that isn't ours stays as it is."""
        scheme, _, token = authorization.partition(" ")
        try:
            claims = self._verified(token.strip())
        except TokenProblem:
            return authorization
        return f"{scheme} {self.sign({**claims, 'exp': int(self._clock.now().timestamp())})}"

    def _read(self, token: str) -> dict[str, Any]:
        """Check a token's form, key and signature, and return its claims, which are checked at each use."""
        try:
            if jwt.get_unverified_header(token).get("kid") != self.key_id:
                raise TokenProblem("signature")
            return jwt.decode(token, self._public_key, algorithms=["RS256"], options=_LENIENT)
        except jwt.InvalidSignatureError as error:
            raise TokenProblem("signature") from error
        except (jwt.PyJWTError, RecursionError) as error:
            raise TokenProblem("malformed") from error

    def _accept(self, claims: dict[str, Any], audiences: frozenset[str]) -> Caller:
        expiry, audience = claims.get("exp"), claims.get("aud")
        if not isinstance(expiry, int) or not isinstance(audience, str):
            raise TokenProblem("malformed")
        if expiry <= self._clock.now().timestamp():
            raise TokenProblem("expired", expired_at=expiry)
        # Each cloud takes only tokens of its own.
        if outward(audience) != audience or inward(audience) not in audiences:
            raise TokenProblem("audience", audience=audience)
        if claims.get("tid") != TENANT_ID:
            raise TokenProblem("tenant", issuer=claims.get("iss"))
        return Caller(
            claims.get("oid", ""),
            claims["tid"],
            "servicePrincipal" if claims.get("idtyp") == "app" else "user",
            claims.get("appid", ""),
            claims.get("upn", ""),
        )


def peek(token: str) -> dict[str, Any]:
    """Return a token's claims without checking anything: only to show, never to decide."""
    body = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return decoded
