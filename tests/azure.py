"""Azure's own clients, led into an in-process sandbox by nothing but a proxy and a CA file."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import requests
from azure.core.credentials import AccessToken, TokenCredential
from azure.digitaltwins.core import DigitalTwinsClient
from azure.identity import ClientSecretCredential, DeviceCodeCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient

from runbook_lib.sandbox import Sandbox, approve
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.tokens import Caller
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID, persona

ARM_SCOPE = "https://management.azure.com/.default"
DIGITAL_TWINS_SCOPE = "https://digitaltwins.azure.net/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"

_opened: WeakKeyDictionary[Sandbox, ExitStack] = WeakKeyDictionary()


def close_clients(sandbox: Sandbox) -> None:
    """Close every client that was built for a sandbox: an open connection would be reported as a leak."""
    if stack := _opened.pop(sandbox, None):
        stack.close()


class _Closable(Protocol):
    def close(self) -> object: ...


Client = TypeVar("Client", bound=_Closable)


def keep(sandbox: Sandbox, client: Client) -> Client:
    """Remember a client, for `close_clients`."""
    _opened.setdefault(sandbox, ExitStack()).callback(client.close)
    return client


def caller(persona_name: str) -> Caller:
    """Who a persona is, as the sandbox's token check would say."""
    who = persona(persona_name)
    if who.kind == "servicePrincipal":
        return Caller(who.id, TENANT_ID, who.kind, who.app_id)
    return Caller(who.id, TENANT_ID, who.kind, AZURE_CLI_APP_ID, who.user_principal_name)


def token(sandbox: Sandbox, persona_name: str, audience: str) -> str:
    """A valid access token, straight from the sandbox's token issuer."""
    return sandbox.cloud.tokens.issue(audience, caller(persona_name))


class _PersonaCredential:
    """Hands out tokens without a sign-in. They are said to expire at once, so that a moved clock leaves none stale."""

    def __init__(self, sandbox: Sandbox, persona_name: str) -> None:
        self._sandbox = sandbox
        self._persona = persona_name

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        audience = scopes[0].removesuffix("/.default")
        return AccessToken(token(self._sandbox, self._persona, audience), int(time.time()))


def credential(sandbox: Sandbox, persona_name: str) -> TokenCredential:
    """The quick way to act as a persona."""
    return _PersonaCredential(sandbox, persona_name)


def signed_in(sandbox: Sandbox, persona_name: str) -> TokenCredential:
    """The real way: the device code flow for a user, client credentials for the service principal."""
    who = persona(persona_name)
    if who.kind == "servicePrincipal":
        application = sandbox.cloud.store.get("application", who.app_id)
        assert application is not None
        secret = application["secrets"][0]
        return keep(sandbox, ClientSecretCredential(TENANT_ID, who.app_id, secret, **sandbox.client_settings))
    return keep(
        sandbox,
        DeviceCodeCredential(
            tenant_id=TENANT_ID,
            prompt_callback=lambda _uri, user_code, _expires: approve(sandbox.settings, user_code, persona_name),
            **sandbox.client_settings,
        ),
    )


def management(
    sandbox: Sandbox, persona_name: str = "owner", subscription_id: str = TRAINING_ID
) -> AzureDigitalTwinsManagementClient:
    """Client for instances; polls without waiting, because the tests own the clock."""
    return keep(
        sandbox,
        AzureDigitalTwinsManagementClient(
            credential(sandbox, persona_name), subscription_id, polling_interval=0, **sandbox.client_settings
        ),
    )


def authorization(
    sandbox: Sandbox, persona_name: str = "owner", subscription_id: str = TRAINING_ID
) -> AuthorizationManagementClient:
    """Client for role definitions, role assignments and permissions."""
    return keep(
        sandbox,
        AuthorizationManagementClient(credential(sandbox, persona_name), subscription_id, **sandbox.client_settings),
    )


def resources(
    sandbox: Sandbox, persona_name: str = "owner", subscription_id: str = TRAINING_ID
) -> ResourceManagementClient:
    """Client for resource groups and providers."""
    return keep(
        sandbox,
        ResourceManagementClient(
            credential(sandbox, persona_name), subscription_id, polling_interval=0, **sandbox.client_settings
        ),
    )


def subscriptions(sandbox: Sandbox, persona_name: str = "owner") -> SubscriptionClient:
    """Client for subscriptions and tenants."""
    return keep(sandbox, SubscriptionClient(credential(sandbox, persona_name), **sandbox.client_settings))


def data_plane(sandbox: Sandbox, persona_name: str, host_name: str) -> DigitalTwinsClient:
    """Client for one instance's data plane; `host_name` as the instance's `hostName` says."""
    client = DigitalTwinsClient(host_name, credential(sandbox, persona_name), **sandbox.client_settings)
    keep(sandbox, client._client)  # this SDK forgot its public close()
    return client


def http(sandbox: Sandbox, persona_name: str = "", audience: str = "https://management.azure.com") -> requests.Session:
    """A plain HTTP client in the sandbox, for what no SDK would send; with a persona it carries a token."""
    session = requests.Session()
    session.trust_env = False
    session.proxies.update(sandbox.client_settings["proxies"])
    session.verify = sandbox.client_settings["connection_verify"]
    if persona_name:
        session.headers["Authorization"] = f"Bearer {token(sandbox, persona_name, audience)}"
    return keep(sandbox, session)
