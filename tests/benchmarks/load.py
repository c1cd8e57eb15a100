"""How the sandbox bears load: a class of 200 that does the guide's calls at once, and the latency of a simple GET.

Run: `python -m tests.benchmarks.load [--users 200] [--gets 20000]`. Server and client share the machine, so on two
cores each has about one. Targets: no error at all; p99 of a simple GET at 16 connections below 20 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import requests

from runbook_lib import sandbox
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.regions import REGIONS
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID

from .wire import Reply, Wire

LOGIN = "https://login.microsoftonline.com"
ARM = "https://management.azure.com"
GRAPH = "https://graph.microsoft.com"
TWINS = "https://digitaltwins.azure.net"
SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
PROVIDER = "providers/Microsoft.DigitalTwins"
FORM = "application/x-www-form-urlencoded"
INSTANCES_PER_REGION = 10
"""Azure's quota; learners beyond it share an instance."""


class Learner:
    """Somebody who signs in and goes through the guide once."""

    def __init__(self, settings: sandbox.Settings, number: int) -> None:
        self._wire = Wire(settings)
        self._who = ("owner", "operator")[number % 2]
        self._name = f"class-{number % (len(REGIONS) * INSTANCES_PER_REGION)}"
        self._region = REGIONS[number % len(REGIONS)]
        self.replies: list[tuple[str, Reply]] = []

    async def go(self) -> None:
        """Sign in, create an instance, take access, and read from it."""
        try:
            tokens = await self.sign_in()
            await self._look_around(tokens[ARM], tokens[GRAPH])
            scope = await self._create(tokens[ARM])
            await self._take_access(tokens[ARM], scope)
            await self._prove(tokens[TWINS])
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _send(self, method: str, address: str, body: bytes = b"", token: str = "", kind: str = "") -> Reply:
        reply = await self._wire.send(method, address, body, token=token, kind=kind or "application/json")
        self.replies.append((f"{method} {address.partition('?')[0]}", reply))
        return reply

    async def _form(self, path: str, **values: str) -> Reply:
        return await self._send("POST", f"{LOGIN}{path}", urlencode(values).encode(), kind=FORM)

    async def _arm(self, token: str, method: str, path: str, version: str, body: object = None) -> Reply:
        content = b"" if body is None else json.dumps(body).encode()
        return await self._send(method, f"{ARM}{path}?api-version={version}", content, token)

    async def sign_in(self) -> dict[str, str]:
        """Sign in with a device code; return an access token for each service."""
        client = {"client_id": AZURE_CLI_APP_ID}
        scope = f"{ARM}/.default offline_access openid profile"
        flow = (await self._form(f"/{TENANT_ID}/oauth2/v2.0/devicecode", **client, scope=scope)).json()
        await self._form("/device", user_code=flow["user_code"], persona=self._who, decision="approve")
        token_path, grant = f"/{TENANT_ID}/oauth2/v2.0/token", "urn:ietf:params:oauth:grant-type:device_code"
        first = await self._form(token_path, **client, grant_type=grant, device_code=flow["device_code"])
        tokens = {ARM: first.json()["access_token"]}
        for audience in (GRAPH, TWINS):
            refresh = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
            reply = await self._form(token_path, **client, **refresh, scope=f"{audience}/.default")
            tokens[audience] = reply.json()["access_token"]
        return tokens

    async def _look_around(self, arm: str, graph: str) -> None:
        await self._arm(arm, "GET", "/subscriptions", "2022-12-01")
        await self._send("GET", f"{GRAPH}/v1.0/me", token=graph)
        await self._arm(arm, "GET", f"{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions", "2022-04-01")
        await self._arm(arm, "POST", f"{SUBSCRIPTION}/{PROVIDER}/register", "2022-09-01")
        await self._arm(arm, "GET", f"{SUBSCRIPTION}/{PROVIDER}", "2022-09-01")

    async def _create(self, token: str) -> str:
        group = f"{SUBSCRIPTION}/resourceGroups/rg-{self._name}"
        body: dict[str, object] = {"location": self._region.name}
        await self._arm(token, "PUT", group, "2022-09-01", body)
        check = f"{SUBSCRIPTION}/{PROVIDER}/locations/{self._region.name}/checkNameAvailability"
        wanted = {"name": self._name, "type": "Microsoft.DigitalTwins/digitalTwinsInstances"}
        await self._arm(token, "POST", check, "2023-01-31", wanted)
        instance = f"{group}/{PROVIDER}/digitalTwinsInstances/{self._name}"
        made = await self._arm(token, "PUT", instance, "2023-01-31", body)
        if "azure-asyncoperation" in made.headers:
            await self._send("GET", made.headers["azure-asyncoperation"], token=token)
        shown = await self._arm(token, "GET", instance, "2023-01-31")
        assert shown.json()["properties"]["provisioningState"] == "Succeeded", shown.body
        return instance

    async def _take_access(self, token: str, scope: str) -> None:
        who = peek(token)["oid"]
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}/{who}")
        role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{DATA_OWNER}"
        body = {"properties": {"roleDefinitionId": role, "principalId": who, "principalType": "User"}}
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        await self._arm(token, "PUT", f"{path}/{name}", "2022-04-01", body)
        await self._arm(token, "GET", path, "2022-04-01")

    async def _prove(self, token: str) -> None:
        host = f"https://{self._name}.api.{self._region.code}.digitaltwins.azure.net"
        await self._send("GET", f"{host}/models?api-version=2023-10-31", token=token)
        query = json.dumps({"query": "SELECT * FROM digitaltwins"}).encode()
        await self._send("POST", f"{host}/query?api-version=2023-10-31", query, token)


async def measure_class(settings: sandbox.Settings, users: int) -> None:
    """Let everybody begin at once."""
    learners = [Learner(settings, number) for number in range(users)]
    began = time.perf_counter()
    outcomes = await asyncio.gather(*(learner.go() for learner in learners), return_exceptions=True)
    took = time.perf_counter() - began
    replies = [found for learner in learners for found in learner.replies]
    wrong = Counter(f"{reply.status} {call}" for call, reply in replies if reply.status >= 400)
    broken = Counter(repr(outcome) for outcome in outcomes if outcome is not None)
    print(f"{users} learners at once: {len(replies)} calls in {took:.1f} s ({len(replies) / took:.0f}/s)")
    print(f"  errors: {sum(wrong.values()) + sum(broken.values())}")
    for text, count in [*wrong.most_common(5), *broken.most_common(5)]:
        print(f"    {count} x {text}")
    _show("  latency of a call", (reply.seconds for _, reply in replies))


async def measure_get(settings: sandbox.Settings, token: str, connections: int, gets: int) -> None:
    """Ask for the subscriptions over and over, on several connections at once."""
    wires = [Wire(settings) for _ in range(connections)]
    address = f"{ARM}/subscriptions?api-version=2022-12-01"
    seconds: list[float] = []

    async def ask(wire: Wire, times: int) -> None:
        for _ in range(times):
            reply = await wire.send("GET", address, token=token)
            assert reply.status == 200, reply.body
            seconds.append(reply.seconds)

    await asyncio.gather(*(ask(wire, 20) for wire in wires))
    seconds.clear()
    began = time.perf_counter()
    await asyncio.gather(*(ask(wire, gets // connections) for wire in wires))
    took = time.perf_counter() - began
    print(f"GET /subscriptions on {connections} connections: {len(seconds) / took:.0f}/s")
    _show("  latency", seconds)
    for wire in wires:
        await wire.close()


def _show(what: str, seconds: Iterable[float]) -> None:
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for name, share in shares.items()}
    print(f"{what}: " + ", ".join(f"{name} {value:.1f} ms" for name, value in at.items()))


def measure_put(settings: sandbox.Settings, token: str, times: int = 200) -> None:
    """Write with the transport that Azure's clients have: urllib3 leaves Nagle's algorithm on towards a proxy."""
    address = f"{ARM}{SUBSCRIPTION}/resourceGroups/rg-put?api-version=2022-09-01"
    seconds: list[float] = []
    with requests.Session() as session:
        session.trust_env = False
        session.proxies, session.verify = {"https": settings.client_url}, str(settings.ca_file)
        session.headers["Authorization"] = f"Bearer {token}"
        for _ in range(times):
            began = time.perf_counter()
            assert session.put(address, json={"location": "westeurope"}).ok
            seconds.append(time.perf_counter() - began)
    _show(f"PUT of a resource group with requests, {times} times", seconds)


async def _measure(settings: sandbox.Settings, users: int, gets: int) -> None:
    token = await _token(settings)
    for connections in (1, 16):
        await measure_get(settings, token, connections, gets)
    measure_put(settings, token)
    await measure_class(settings, users)


async def _token(settings: sandbox.Settings) -> str:
    learner = Learner(settings, 0)
    try:
        return (await learner.sign_in())[ARM]
    finally:
        await learner.close()


def main() -> None:
    """Start a sandbox of its own, measure, and stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--gets", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = sandbox.start(Path(folder), pace=sandbox.Pace.INSTANT)
        try:
            asyncio.run(_measure(settings, options.users, options.gets))
        finally:
            sandbox.stop(Path(folder))


if __name__ == "__main__":
    main()
