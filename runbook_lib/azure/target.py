"""The target: the sandbox on this machine, or Azure. Only this module knows the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError, SandboxUnavailable
from ..parameters import SIGN_INS
from .clouds import PUBLIC, Cloud, cloud_of
from .environment import check_environment, explaining_settings
from .sign_in import TIMEOUTS, azure_credential, claims_of

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from requests import Session

    from ..sandbox import Settings

SignInAs = Callable[[str], "TokenCredential | None"]


@dataclass(frozen=True)
class Account:
    """Who is signed in, as the access token says."""

    object_id: str
    tenant_id: str
    name: str
    """Sign-in name of a user, client id of an application."""
    kind: Literal["User", "ServicePrincipal"]
    cloud: Cloud = PUBLIC

    def is_noted_as(self, who: str) -> bool:
        """Tell whether what Azure notes as a creator means this account: its sign-in name, client id or object id.

        A guest's name has several spellings: `live.com#me@home.org`, `me_home.org#EXT#@contoso.onmicrosoft.com`, and
        the plain address. Which of them Azure notes isn't documented, so each counts.
        """
        return bool(who) and _plain_name(who) in {_plain_name(self.name), self.object_id.lower()}


def _plain_name(name: str) -> str:
    """Return a sign-in name in lower case, a guest's as the plain address."""
    plain = name.lower().rpartition("live.com#")[2]
    if "#ext#" not in plain:
        return plain
    local, _, domain = plain.partition("#ext#")[0].rpartition("_")
    return f"{local}@{domain}"


def _nobody(object_id: str) -> None:
    return None


@dataclass(frozen=True)
class Target:
    """A place to work, and who is signed in there.

    A test makes one from an in-process sandbox: `Target("sandbox", credential, sandbox.client_settings)`.
    """

    name: str
    credential: TokenCredential
    client_settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Keyword arguments for every client of Azure; empty on Azure. They hold the sandbox's key, so aren't shown."""
    others: SignInAs = _nobody
    """Signs in as the principal with this object id, if that's possible without asking anyone."""
    cloud: Cloud = PUBLIC

    @cached_property
    def connections(self) -> Session:
        """The connections of all clients of the target, from one thread or several. `close` ends them."""
        from http.cookiejar import DefaultCookiePolicy

        from requests import Session

        session = Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # what's shared keeps nothing of anyone
        # Which proxy the environment names only matters to those who aren't told one, and it's looked up per request.
        session.trust_env = not self.client_settings
        return session

    def close(self) -> None:
        """End the connections that aren't in use. The next request opens its own."""
        if session := vars(self).get("connections"):
            session.close()

    def claims(self, scope: str = "") -> Mapping[str, Any]:
        """Return the claims of your own access token, unverified, for display. Signs in if necessary.

        Without a scope, it's the token for Azure Resource Manager.
        """
        with explaining_settings():
            token = self.credential.get_token(scope or self.cloud.arm_scope).token
        return claims_of(token)

    def account(self) -> Account:
        """Return who is signed in. Signs in if necessary; raises what azure-identity raises."""
        claims = self.claims()
        # `idtyp` is an optional claim; a token without delegated scopes is an application's too.
        application = claims.get("idtyp") == "app" or "scp" not in claims
        name = claims.get("upn") or claims.get("unique_name") or claims.get("preferred_username") or ""
        return Account(
            str(claims.get("oid", "")),
            str(claims.get("tid", "")),
            str(claims.get("appid") or claims.get("azp") or "") if application else str(name),
            "ServicePrincipal" if application else "User",
            self.cloud,
        )

    def sign_in_as(self, object_id: str) -> TokenCredential | None:
        """Return a credential for the principal with this object id; None if we can't sign in as it.

        On Azure that works only for yourself, in the sandbox for every persona.
        """
        if object_id.lower() == self.account().object_id.lower():
            return self.credential
        return self.others(object_id)


_kept: dict[tuple[object, ...], Target] | None = None


def keep_targets() -> None:
    """From now on, let `connect` return the same target, signed in, for the same values: for the notebooks of a run."""
    global _kept  # of this process, like its environment
    _kept = {}


def connect(target: str = "sandbox", sign_in: str = "", tenant: str = "") -> Target:
    """Return the target, which signs in when it needs its first token.

    Starts the sandbox if it isn't running. Raises InputError for an unknown target or way to sign in, and
    SandboxUnavailable if the sandbox doesn't start.
    """
    if target not in SIGN_INS:
        raise InputError(
            f"There is no target {target!r}.",
            meaning=f"The targets are: {', '.join(SIGN_INS)}.",
            remedy="Choose one of these.",
        )
    way = sign_in or SIGN_INS[target][0]
    if way not in SIGN_INS[target]:
        raise InputError(
            f"You can't sign in to the target {target} with {sign_in!r}.",
            meaning=f"You can use: {', '.join(SIGN_INS[target])}.",
            remedy="Choose one of these for sign_in, or leave it empty.",
        )
    settings = _started() if target == "sandbox" else None
    if settings is None:
        check_environment()
    kept = {} if _kept is None else _kept
    key = (settings, way, tenant)
    if key not in kept:
        kept[key] = sandbox_target(settings, way, tenant) if settings else _azure(way, tenant)
    return kept[key]


def _azure(way: str, tenant: str) -> Target:
    cloud = cloud_of()
    with explaining_settings():
        return Target("azure", azure_credential(way, tenant, cloud, sign_in_folder()), cloud=cloud)


def home() -> Path:
    """Return the folder where this product keeps its state and its records."""
    from .. import sandbox

    return sandbox.default_home()


def sign_in_folder() -> Path:
    """Return the folder that keeps who signed in with a browser or a device code."""
    return home() / "sign-in"


def sandbox_target(settings: Settings, sign_in: str, tenant: str = "") -> Target:
    """Return a running sandbox as a target, signed in as one of its personas.

    Without a tenant they sign in to their own, the only one in the sandbox.
    """
    from .. import sandbox

    credentials: dict[str, TokenCredential] = {}

    def credential(persona: str) -> TokenCredential:
        if persona not in credentials:
            credentials[persona] = _persona_credential(settings, persona, tenant)
        return credentials[persona]

    def others(object_id: str) -> TokenCredential | None:
        found = [who.name for who in sandbox.PERSONAS if who.id == object_id.lower()]
        return credential(found[0]) if found else None

    return Target("sandbox", credential(sign_in), sandbox.client_settings(settings), others)


def _started() -> Settings:
    from .. import sandbox

    try:
        return sandbox.start(sandbox.default_home())
    except sandbox.SandboxError as error:
        raise SandboxUnavailable(
            str(error), meaning="The sandbox didn't start.", remedy="Try `runbook sandbox start`.", who="You."
        ) from error


def _persona_credential(settings: Settings, persona: str, tenant: str) -> TokenCredential:
    """Return the real azure-identity credential, whose device code the sandbox approves for the persona."""
    from azure.identity import ClientSecretCredential, DeviceCodeCredential

    from .. import sandbox
    from .retries import PatientRetries

    # We name the authority because AZURE_AUTHORITY_HOST could point to another cloud on this machine.
    common: dict[str, Any] = {
        "authority": "login.microsoftonline.com",
        "retry_policy_class": PatientRetries,
        **TIMEOUTS,
        **sandbox.client_settings(settings),
    }
    if persona == "setup-pipeline":
        known = sandbox.service_principal_environment(settings)
        ids = (tenant or known["AZURE_TENANT_ID"], known["AZURE_CLIENT_ID"], known["AZURE_CLIENT_SECRET"])
        return ClientSecretCredential(*ids, **common)

    def approve(verification_uri: str, user_code: str, expires_on: Any) -> None:
        sandbox.approve(settings, user_code, persona)

    return DeviceCodeCredential(tenant_id=tenant or settings.tenant_id, prompt_callback=approve, **common)
