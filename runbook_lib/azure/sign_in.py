"""Signing in to Azure with azure-identity: once for a whole run and the next ones, and to the tenant that was named."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..display.plain import quoted
from ..errors import InputError
from ..parameters.naming_rules import is_guid
from .clouds import Cloud

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.identity import AuthenticationRecord, DeviceCodeCredential, InteractiveBrowserCredential

TIMEOUTS = {"connection_timeout": 10, "read_timeout": 60}
"""Seconds. azure-core's own are 300 each."""
CACHE = "adt-setup-runbook"
"""What azure-identity calls this guide's tokens in the keyring, or in ~/.IdentityService where there's none."""


def azure_credential(way: str, tenant: str, cloud: Cloud, folder: Path) -> TokenCredential:
    """Return the azure-identity credential for a way to sign in.

    `folder` keeps who signed in with a browser or a device code.
    """
    from azure import identity

    from .retries import PatientRetries, PatientTransport

    patient: dict[str, Any] = {"authority": cloud.authority, "retry_policy_class": PatientRetries, **TIMEOUTS}
    allowed: dict[str, Any] = {"additionally_allowed_tenants": [tenant]} if tenant else {}
    if way in ("browser", "device-code"):
        kind = identity.InteractiveBrowserCredential if way == "browser" else identity.DeviceCodeCredential
        file = folder / f"{cloud.name}-{tenant or 'home'}.json".lower()
        named: dict[str, Any] = {"tenant_id": tenant} if tenant else {}
        return OneSignIn(kind, file, **_storage(file.parent), **named, **patient)
    if way == "service-principal":
        made: TokenCredential = identity.EnvironmentCredential(**allowed, **patient)
    else:
        # A managed identity's credential insists on retries of its own, for the endpoint of its machine.
        patient = {"transport": PatientTransport(**TIMEOUTS)}
        made = (
            _managed_identity(patient)
            if way == "managed-identity"
            else identity.DefaultAzureCredential(authority=cloud.authority, **allowed, **patient)
        )
    return InTenant(made, tenant, cloud) if tenant else made


def sign_out(folder: Path) -> list[str]:
    """Forget everyone who signed in with a browser or a device code, and their tokens; return their sign-in names.

    azure-identity has no call for this, so its own cache is emptied. Raises OSError, and what the keyring raises.
    """
    from azure.identity._persistent_cache import _load_persistent_cache

    records = sorted(folder.glob("*.json")) if folder.is_dir() else []
    names = {found.username for found in map(_recorded, records) if found}
    for record in records:
        record.unlink(missing_ok=True)
    if options := _storage(folder).get("cache_persistence_options"):
        for is_cae in (False, True):  # azure-identity keeps tokens that can be revoked at once apart
            _load_persistent_cache(options, is_cae)._persistence.save("{}")
    return sorted(names)


def claims_of(token: str) -> Mapping[str, Any]:
    """Return the claims of an access token, unverified; empty if it isn't a JSON Web Token."""
    parts = token.split(".")
    if len(parts) < 2:
        return {}
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return decoded


class OneSignIn:
    """Asks a person to sign in only if nobody has before, and for as long as the step can take: `timeout_minutes`.

    azure-identity keeps the tokens, encrypted by the system's keyring if there's one. Whose they are stands in a file
    of ours, which holds no secret.
    """

    def __init__(
        self, kind: type[InteractiveBrowserCredential | DeviceCodeCredential], record: Path, **options: Any
    ) -> None:
        """Use what `record` says, if it's of the same cloud. `options` are for azure-identity."""
        known = _known(record, options["authority"])
        if known:
            # With a record, its authority counts, and azure-identity refuses another one.
            options = {name: one for name, one in options.items() if name != "authority"}
            options["authentication_record"] = known
        self.credential = kind(disable_automatic_authentication=True, **options)
        self._record = record
        self._signed_in = known is not None
        # A form asks from several threads, and a person can only sign in once at a time.
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token. Raises ClientAuthenticationError when nobody has signed in in time."""
        if found := self._silently(scopes, options):
            return found
        with self._lock:
            return self._silently(scopes, options) or self._ask(scopes, options)

    def close(self) -> None:
        """End the connections."""
        self.credential.close()

    def _silently(self, scopes: tuple[str, ...], options: dict[str, Any]) -> AccessToken | None:
        from azure.identity import AuthenticationRequiredError

        if not self._signed_in:
            return None
        try:
            return self.credential.get_token(*scopes, **options)
        except AuthenticationRequiredError:
            return None

    def _ask(self, scopes: tuple[str, ...], options: dict[str, Any]) -> AccessToken:
        from .waiting import patience

        if (seconds := patience().whole) is not None:
            # azure-identity asks for its timeout when it's made; how long a step can take is known only now.
            vars(self.credential)["_timeout"] = int(seconds)
        found = self.credential.authenticate(scopes=scopes, **options)
        self._signed_in = True
        with suppress(OSError):
            _write(self._record, found.serialize())
        # The new token meets the claims that were asked for. Asking for them again would look past it.
        return self.credential.get_token(*scopes, **{name: one for name, one in options.items() if name != "claims"})


@dataclass
class InTenant:
    """Asks a credential for tokens of one tenant, and takes no others: some members of the default chain ignore it."""

    credential: TokenCredential
    tenant: str
    """Its id or one of its domains."""
    cloud: Cloud
    _ids: dict[str, str] = field(default_factory=dict)

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token, of this tenant unless the caller names another. Raises InputError for another one's."""
        asked = {"tenant_id": self.tenant, **options}
        token = self.credential.get_token(*scopes, **asked)
        home, wanted = str(claims_of(token.token).get("tid", "")), str(asked["tenant_id"])
        if home and home.lower() != self._id_of(wanted):
            raise InputError(
                f"The sign-in is for the tenant {home}, not for {wanted}.",
                meaning="A managed identity, and some other ways to sign in, have one tenant and no choice.",
                remedy="Leave tenant empty, name that tenant, or choose another sign_in.",
                who="You.",
            )
        return token

    def _id_of(self, tenant: str) -> str:
        if tenant not in self._ids:
            self._ids[tenant] = tenant.lower() if is_guid(tenant) else tenant_id(tenant, self.cloud)
        return self._ids[tenant]

    def close(self) -> None:
        """End the connections."""
        if close := getattr(self.credential, "close", None):
            close()


def tenant_id(domain: str, cloud: Cloud) -> str:
    """Return the id of the tenant that has a domain, as the sign-in's own public description says it.

    Documented (v2-protocols-oidc): the issuer holds the id. Raises InputError if there's no such tenant, and what
    azure-core raises without an answer.
    """
    from azure.core import PipelineClient
    from azure.core.pipeline import policies
    from azure.core.rest import HttpRequest, HttpResponse

    from .retries import PatientRetries

    settings: dict[str, Any] = {"policies": [policies.ProxyPolicy(), PatientRetries()], **TIMEOUTS}
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(f"https://{cloud.authority}", **settings)
    with client:
        address = f"https://{cloud.authority}/{domain}/v2.0/.well-known/openid-configuration"
        answer = client.send_request(HttpRequest("GET", address))
        issuer = str(answer.json().get("issuer", "")) if answer.status_code == 200 else ""
    found = urlsplit(issuer).path.strip("/").partition("/")[0]
    if not is_guid(found):
        raise InputError(
            f"There's no tenant {quoted(domain, 100)} in {cloud.title}.",
            meaning=f"{cloud.authority} doesn't know this domain.",
            remedy="Correct tenant: use the tenant's id, or one of its domains, as in contoso.onmicrosoft.com.",
            who="You.",
        )
    return found.lower()


def _managed_identity(patient: Mapping[str, Any]) -> TokenCredential:
    """Return the machine's identity, or the user-assigned one whose client id AZURE_CLIENT_ID is.

    The default chain of azure-identity reads the variable in the same way.
    """
    from azure import identity

    return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID") or None, **patient)


def _storage(folder: Path) -> dict[str, Any]:
    """Return the setting by which azure-identity keeps tokens; none if this machine can't keep any."""
    from azure.identity import TokenCachePersistenceOptions

    try:
        _private(folder)
        if sys.platform.startswith("linux"):
            _private(Path("~/.IdentityService").expanduser())
    except (OSError, RuntimeError):  # a machine without a home, or one that can only be read
        return {}
    return {"cache_persistence_options": TokenCachePersistenceOptions(name=CACHE, allow_unencrypted_storage=True)}


def _known(record: Path, authority: str) -> AuthenticationRecord | None:
    found = _recorded(record)
    return found if found and found.authority == authority else None


def _recorded(record: Path) -> AuthenticationRecord | None:
    from azure.identity import AuthenticationRecord

    try:
        return AuthenticationRecord.deserialize(record.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _private(folder: Path) -> None:
    """Make a folder that only its owner can enter, and that can be written. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not os.access(folder, os.W_OK):
        raise PermissionError(str(folder))


def _write(file: Path, text: str) -> None:
    """Write a file for its owner only; other kernels see all of it or nothing."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    new.replace(file)
