"""One set-up (00 to 03), measured against what people would take instead, in one run and on the same machine.

Run: `RUNBOOK_AZ=... python -m tests.benchmarks.headless [--rounds 5]`. Each round measures every way once, on an empty
sandbox in which nothing takes time, so that a busy moment of the machine meets all of them. A first round that doesn't
count lets Python compile what each way imports, as it has on a machine that isn't new. The table shows medians and
ratios. Targets: the guide at most 0.8 times `az`, 0.3 times plain papermill, and 1.3 times the official clients with
one kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from runbook_lib import sandbox
from runbook_lib.guide import NOTEBOOKS
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID, persona

NAME, GROUP = "measured-twins", "rg-digital-twins"
SCOPE = (
    f"/subscriptions/{TRAINING_ID}/resourceGroups/{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/{NAME}"
)
DATA_OWNER = "Azure Digital Twins Data Owner"
VALUES = {"sign_in": "setup-pipeline", "instance_name": NAME}
BY_SDK = f"""
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.digitaltwins.core import DigitalTwinsClient
import time
credential = DefaultAzureCredential()
resources = ResourceManagementClient(credential, {TRAINING_ID!r})
resources.providers.register("Microsoft.DigitalTwins")
while resources.providers.get("Microsoft.DigitalTwins").registration_state != "Registered":
    time.sleep(0.05)
resources.resource_groups.create_or_update({GROUP!r}, {{"location": "westeurope"}})
twins = AzureDigitalTwinsManagementClient(credential, {TRAINING_ID!r}).digital_twins
made = twins.begin_create_or_update({GROUP!r}, {NAME!r}, {{"location": "westeurope"}}, polling_interval=0).result()
AuthorizationManagementClient(credential, {TRAINING_ID!r}).role_assignments.create(
    {SCOPE!r}, "5f3c0d1e-0000-4000-8000-000000000001",
    {{"properties": {{"principalId": {persona("setup-pipeline").id!r}, "principalType": "ServicePrincipal",
     "roleDefinitionId": "/subscriptions/{TRAINING_ID}/providers/Microsoft.Authorization/roleDefinitions/"
     "bcd981a7-7f74-457b-83e1-cceb9e632ffe"}}}})
patch = {{"identity": {{"type": "SystemAssigned"}}}}
twins.begin_update({GROUP!r}, {NAME!r}, patch, polling_interval=0).result()
print(list(DigitalTwinsClient("https://" + made.host_name, credential).list_models()))
"""
KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("1")
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


def az_commands(secret: Mapping[str, str]) -> list[list[str]]:
    """Return what somebody types for the same set-up, with the core commands of the Azure CLI."""
    host = f"https://{NAME}.api.weu.digitaltwins.azure.net"
    who = ["--assignee-object-id", persona("setup-pipeline").id, "--assignee-principal-type", "ServicePrincipal"]
    sign_in = ["--username", secret["AZURE_CLIENT_ID"], "--password", secret["AZURE_CLIENT_SECRET"]]
    kind = "Microsoft.DigitalTwins/digitalTwinsInstances"
    made = ["--name", NAME, "--resource-group", GROUP, "--resource-type", kind]
    models = ["--url", f"{host}/models?api-version=2023-10-31", "--resource", "https://digitaltwins.azure.net"]
    identity = json.dumps({"identity": {"type": "SystemAssigned"}})
    address = f"https://management.azure.com{SCOPE}?api-version=2023-01-31"
    return [
        ["login", "--service-principal", *sign_in, "--tenant", TENANT_ID],
        ["account", "show"],
        ["provider", "register", "--namespace", "Microsoft.DigitalTwins", "--wait"],
        ["provider", "show", "--namespace", "Microsoft.DigitalTwins"],
        ["group", "create", "--name", GROUP, "--location", "westeurope"],
        ["resource", "create", *made, "--location", "westeurope", "--properties", "{}"],
        ["resource", "show", "--ids", SCOPE],
        ["role", "assignment", "create", *who, "--role", DATA_OWNER, "--scope", SCOPE],
        ["role", "assignment", "list", "--scope", SCOPE],
        ["rest", "--method", "get", *models],
        ["rest", "--method", "patch", "--url", address, "--body", identity],
        ["resource", "show", "--ids", SCOPE],
    ]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settings = sandbox.start(home, pace=sandbox.Pace.INSTANT)
        try:
            ways = _ways(Path(folder), home, settings)
            times: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(rounds + 1):
                for name, way in ways.items():
                    sandbox.reset(home)
                    began = time.monotonic()
                    way()
                    times[name] += [time.monotonic() - began] if number else []
        finally:
            sandbox.stop(home)
    _print(times)


def _ways(folder: Path, home: Path, settings: sandbox.Settings) -> dict[str, Callable[[], None]]:
    places = {"RUNBOOK_HOME": str(home), "HOME": str(folder), "AZURE_CONFIG_DIR": str(folder / "az")}
    options = [part for name, value in VALUES.items() for part in ("-p", name, value)]

    def call(*command: str, **more: str) -> None:
        secret = sandbox.service_principal_environment(settings)  # a new one after each reset
        led = {**os.environ, **sandbox.environment(settings), **secret, **places, **more}
        led.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode, imports are most of each way's time
        done = subprocess.run(command, env=led, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def guide() -> None:
        call(str(Path(sys.executable).parent / "runbook"), "run", *options, *(one.name for one in NOTEBOOKS[:4]))

    def papermill() -> None:
        record = folder / "plain"
        shutil.rmtree(record, ignore_errors=True)
        record.mkdir()
        for one in NOTEBOOKS[:4]:
            target = str(record / one.path.name)
            call(sys.executable, "-m", "papermill", str(one.path), target, *options, RUNBOOK_RUN_DIR=str(record))

    def by_az() -> None:
        for command in az_commands(sandbox.service_principal_environment(settings)):
            call(os.environ["RUNBOOK_AZ"], *command)

    ways: dict[str, Callable[[], None]] = {
        "guide, headless": guide,
        "plain papermill": papermill,
        "official clients": lambda: call(sys.executable, "-c", BY_SDK),
        "one empty kernel": lambda: call(sys.executable, "-c", KERNEL),
    }
    return {**ways, "az, 12 commands": by_az} if os.environ.get("RUNBOOK_AZ") else ways


def _print(times: Mapping[str, list[float]]) -> None:
    medians = {name: statistics.median(found) for name, found in times.items()}
    guide = medians["guide, headless"]
    for name, found in times.items():
        print(f"{name:<20} {medians[name]:6.2f} s   ({min(found):.2f} to {max(found):.2f})")
    bare = medians["official clients"] + medians["one empty kernel"]
    print(f"guide : clients and kernel   {guide / bare:5.2f}   (target 1.3)")
    print(f"guide : plain papermill      {guide / medians['plain papermill']:5.2f}   (target 0.3)")
    if az := medians.get("az, 12 commands"):
        print(f"guide : az                   {guide / az:5.2f}   (target 0.8)")
    print(f"load of the machine          {os.getloadavg()[0]:5.2f}")


if __name__ == "__main__":
    main()
