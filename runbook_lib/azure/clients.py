"""Azure's official clients for a target, each built on first use: importing them takes up to half a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .rest import Rest, pipeline

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineResponse
    from azure.digitaltwins.core import DigitalTwinsClient
    from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
    from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient
    from azure.mgmt.msi import ManagedServiceIdentityClient
    from azure.mgmt.resource.resources import ResourceManagementClient
    from azure.mgmt.resource.subscriptions import SubscriptionClient

    from .target import Target

DIGITAL_TWINS = "https://digitaltwins.azure.net"
"""The audience of tokens for the data of every instance (how-to-authenticate-client article)."""

T = TypeVar("T")
C = TypeVar("C", bound=AbstractContextManager[Any])


OnAnswer = Callable[["PipelineResponse[Any, Any]"], None]


class Clients:
    """The clients of one target. Keep them as long as the target; `close` ends their connections."""

    def __init__(self, target: Target, on_answer: OnAnswer = lambda _exchange: None) -> None:
        """`on_answer` is called with every answer that Azure gives, and the request that it answers."""
        self.target = target
        self._on_answer = on_answer
        self._built: dict[tuple[str, ...], Any] = {}
        self._open = ExitStack()
        # A form asks from several threads at once.
        self._lock = threading.RLock()

    def digital_twins(self, subscription: str) -> AzureDigitalTwinsManagementClient:
        """Return the client that manages instances; `subscription` is an id."""
        from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient

        return self._of_subscription(AzureDigitalTwinsManagementClient, subscription)

    def authorization(self, subscription: str) -> AuthorizationManagementClient:
        """Return the client of role definitions and assignments; `subscription` is an id."""
        # The package contains many API versions; unless you name one, every call looks up its own.
        from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient

        return self._of_subscription(AuthorizationManagementClient, subscription)

    def resources(self, subscription: str) -> ResourceManagementClient:
        """Return the client of resource groups and resource providers; `subscription` is an id."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        return self._of_subscription(ResourceManagementClient, subscription)

    def identities(self, subscription: str) -> ManagedServiceIdentityClient:
        """Return the client of managed identities; `subscription` is an id."""
        from azure.mgmt.msi import ManagedServiceIdentityClient

        return self._of_subscription(ManagedServiceIdentityClient, subscription)

    @cached_property
    def subscriptions(self) -> SubscriptionClient:
        """The client of the subscriptions that the account can see."""
        from azure.mgmt.resource.subscriptions import SubscriptionClient

        return self._open.enter_context(SubscriptionClient(self.target.credential, **self._management()))

    def data_plane(self, host_name: str, credential: TokenCredential | None = None) -> DigitalTwinsClient:
        """Return the client of an instance's data, for the signed-in account or the account of `credential`."""
        from azure.digitaltwins.core import DigitalTwinsClient

        from .retries import RenewedToken

        # The host name that Azure shows has no scheme; people paste it with one.
        host, signer = host_name.removeprefix("https://").rstrip("/").lower(), credential or self.target.credential

        def build() -> DigitalTwinsClient:
            policy = RenewedToken(signer, f"{DIGITAL_TWINS}/.default")
            return DigitalTwinsClient(f"https://{host}", signer, authentication_policy=policy, **self._settings())

        return self._once(("data-plane", host, str(id(signer))), build)

    def data_rest(self, host_name: str, audience: str = DIGITAL_TWINS) -> Rest:
        """Return a plain REST client of an instance's data, with tokens for `audience`."""
        return self._once(
            ("data-rest", host_name.lower(), audience), lambda: self._rest(f"https://{host_name}", audience)
        )

    @cached_property
    def graph(self) -> Rest:
        """Microsoft Graph v1.0."""
        return self._rest(f"{self.target.cloud.graph}/v1.0")

    @cached_property
    def arm(self) -> Rest:
        """Azure Resource Manager, for what the official clients leave out."""
        return self._rest(self.target.cloud.resource_manager)

    def close(self) -> None:
        """End all connections. The next use of a client builds it again."""
        self._built.clear()
        for name in ("subscriptions", "graph", "arm"):
            self.__dict__.pop(name, None)
        self._open.close()
        self.target.close()

    def _rest(self, base_url: str, audience: str = "") -> Rest:
        rest = Rest(base_url, self.target.credential, self._settings(), audience)
        self._open.callback(rest.close)
        return rest

    def _of_subscription(self, build: Callable[..., C], subscription: str) -> C:
        def opened() -> C:
            client: C = build(self.target.credential, subscription, **self._management())
            self._open.enter_context(client)
            return client

        return self._once((str(build), subscription.lower()), opened)

    def _once(self, key: tuple[str, ...], build: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._built:
                self._built[key] = build()
            return cast(T, self._built[key])

    def _management(self) -> dict[str, Any]:
        settings, cloud = self._settings(), self.target.cloud
        chain = pipeline(self.target.credential, cloud.arm_scope, settings)
        return {**settings, **cloud.client_options, "policies": chain}

    def _settings(self) -> dict[str, Any]:
        from azure.core.pipeline.transport import RequestsTransport

        from .retries import PatientRetries

        settings = {"connection_timeout": 10, "read_timeout": 60, **self.target.client_settings}
        # All clients share their connections: opening one takes longer than most requests.
        transport = RequestsTransport(session=self.target.connections, session_owner=False, **settings)
        hook, retries = self._on_answer, PatientRetries()
        return {"raw_response_hook": hook, "retry_policy": retries, "transport": transport, **settings}
