"""Azure's asynchronous clients for Python: another HTTP library (aiohttp) and another TLS path than the others take."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.digitaltwins.core.aio import DigitalTwinsClient
from azure.identity.aio import ClientSecretCredential
from azure.mgmt.authorization.aio import AuthorizationManagementClient
from azure.mgmt.digitaltwins.aio import AzureDigitalTwinsManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID, persona
from tests.sandbox.finished_instance import ROOM, model

PIPELINE = persona("setup-pipeline")


@pytest.fixture
def brisk() -> Iterator[Sandbox]:
    """A sandbox in which nothing takes time: these clients wait by themselves, on the real clock."""
    with Sandbox() as running:
        yield running


class Clients:
    """The clients of one application, all closed at the end."""

    def __init__(self, sandbox: Sandbox, stack: AsyncExitStack) -> None:
        self._settings = sandbox.client_settings
        self._stack = stack
        application = sandbox.cloud.store.get("application", PIPELINE.app_id)
        assert application is not None
        secret = application["secrets"][0]
        self._credential = ClientSecretCredential(TENANT_ID, PIPELINE.app_id, secret, **self._settings)

    async def management(self, kind: type[Any], **more: Any) -> Any:
        client = kind(self._credential, TRAINING_ID, **more, **self._settings)
        return await self._stack.enter_async_context(client)

    async def data(self, host: str) -> DigitalTwinsClient:
        return await self._stack.enter_async_context(DigitalTwinsClient(host, self._credential, **self._settings))

    async def close(self) -> None:
        await self._credential.close()


async def instance(clients: Clients) -> Any:
    """Make a group and an instance, from a subscription that was never used for it."""
    resources = await clients.management(ResourceManagementClient)
    await resources.providers.register("Microsoft.DigitalTwins")
    await resources.resource_groups.create_or_update("rg-async", {"location": "westeurope"})
    management = await clients.management(AzureDigitalTwinsManagementClient, polling_interval=0)
    begun = await management.digital_twins.begin_create_or_update("rg-async", "async-1", {"location": "westeurope"})
    made = await begun.result()
    assert made.provisioning_state == "Succeeded"
    assert [one.name async for one in management.digital_twins.list_by_resource_group("rg-async")] == ["async-1"]
    return made


async def walk(sandbox: Sandbox) -> None:
    """Sign in as an application, create, give access, use."""
    async with AsyncExitStack() as stack:
        clients = Clients(sandbox, stack)
        stack.push_async_callback(clients.close)
        made = await instance(clients)
        data = await clients.data(made.host_name)
        with pytest.raises(HttpResponseError) as refused:
            await data.create_models([model(ROOM)])
        assert refused.value.status_code == 403
        authorization = await clients.management(AuthorizationManagementClient)
        definition = f"/subscriptions/{TRAINING_ID}/providers/Microsoft.Authorization/roleDefinitions/{DATA_OWNER}"
        wanted = {"roleDefinitionId": definition, "principalId": PIPELINE.id, "principalType": "ServicePrincipal"}
        await authorization.role_assignments.create(made.id, str(uuid.uuid4()), {"properties": wanted})
        await data.create_models([model(ROOM)])
        await data.upsert_digital_twin("room-1", {"$metadata": {"$model": ROOM}})
        assert [twin["$dtId"] async for twin in data.query_twins("SELECT * FROM digitaltwins")] == ["room-1"]


def test_the_whole_way_with_asynchronous_clients(brisk: Sandbox) -> None:
    asyncio.run(walk(brisk))
