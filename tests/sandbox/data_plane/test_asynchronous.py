"""Azure's asynchronous client speaks to the data plane as the synchronous one does."""

from __future__ import annotations

import asyncio
from typing import Any

from azure.core.credentials import AccessToken
from azure.digitaltwins.core.aio import DigitalTwinsClient

from tests.azure import credential
from tests.sandbox.finished_instance import Place

from .sample_models import MODELS, floor, patch, room, to


class AsyncCredential:
    """Hands out the owner's tokens to asynchronous clients."""

    def __init__(self, place: Place) -> None:
        self._inner = credential(place.sandbox, "owner")

    async def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        return self._inner.get_token(*scopes, **more)

    async def close(self) -> None: ...

    async def __aenter__(self) -> AsyncCredential:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def test_a_graph_is_made_and_queried(place: Place) -> None:
    async def scenario() -> list[Any]:
        settings = place.sandbox.client_settings
        client = DigitalTwinsClient(place.host, AsyncCredential(place), **settings)
        try:
            await client.create_models(MODELS)
            rooms = [client.upsert_digital_twin(f"r{number}", room()) for number in range(5)]
            await asyncio.gather(client.upsert_digital_twin("f1", floor()), *rooms)
            await asyncio.gather(*(client.upsert_relationship("f1", f"c{n}", to(f"r{n}")) for n in range(5)))
            await client.update_digital_twin("r1", [patch("add", "/name", "Kitchen")])
            place.clock.advance(10)
            text = "SELECT R.name FROM digitaltwins F JOIN R RELATED F.contains WHERE F.$dtId = 'f1'"
            return [row async for row in client.query_twins(text)]
        finally:
            await client._client.close()  # this SDK forgot its public close()

    rows = asyncio.run(scenario())
    assert sorted(rows, key=len) == [{}, {}, {}, {}, {"name": "Kitchen"}]
