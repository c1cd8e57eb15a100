"""What happens between two runs, not through a step: places beside the usual ones, and parts that are gone."""

from __future__ import annotations

from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_OWNER
from runbook_lib.sandbox.world import PRODUCTION_ID, TRAINING_ID, persona
from runbook_lib.steps.network import topology
from tests import azure
from tests.steps.plant import GROUP_SCOPE, NAME, SCOPE
from tests.steps.world import GROUP, World

PRODUCTION = "Contoso Production"
IN_PRODUCTION = f"/subscriptions/{PRODUCTION_ID}"
OTHER_GROUP = "rg-other"
OTHER_GROUP_SCOPE = f"/subscriptions/{TRAINING_ID}/resourceGroups/{OTHER_GROUP}"
ANOTHER = "another-twins"
ANOTHER_HOST = f"{ANOTHER}.api.weu.digitaltwins.azure.net"
ANOTHER_SCOPE = SCOPE.replace(NAME, ANOTHER)
NAMESAKE_SCOPE = SCOPE.replace(GROUP_SCOPE, OTHER_GROUP_SCOPE)
NAMESAKE_HOST = f"{NAME}.api.neu.digitaltwins.azure.net"
NETWORK = f"{GROUP_SCOPE}/providers/{topology.NETWORKS}/vnet-{NAME}"
ENDPOINT = f"{GROUP_SCOPE}/providers/{topology.ENDPOINTS}/pe-{NAME}"
ZONE = f"{GROUP_SCOPE}/providers/{topology.ZONES}/{PUBLIC.private_zone}"


HUB_ZONE = f"/subscriptions/{PRODUCTION_ID}/resourceGroups/rg-hub/providers/{topology.ZONES}/{PUBLIC.private_zone}"


def zone_in_hub(world: World) -> None:
    """Somebody keeps the zone in another subscription, where the owner can use it, and takes ours away."""
    world.somebody_assigns(CONTRIBUTOR, persona("owner").id, IN_PRODUCTION, by="platform-owner")
    session = azure.http(world.sandbox, "platform-owner")
    for path, version in ((HUB_ZONE.partition("/providers/")[0], "2022-09-01"), (HUB_ZONE, "2024-06-01")):
        place = "westeurope" if path != HUB_ZONE else "global"
        answer = session.put(
            f"https://management.azure.com{path}", params={"api-version": version}, json={"location": place}
        )
        assert answer.ok, answer.text
        world.clock.advance(60)


def another_instance(world: World) -> None:
    """Somebody makes another instance beside the usual one, and lets the owner use its data."""
    world.somebody_makes_group()
    world.somebody_makes(ANOTHER, finished=True)
    world.somebody_assigns(DATA_OWNER, persona("owner").id, ANOTHER_SCOPE)


def a_namesake(world: World) -> None:
    """Somebody makes an instance of the usual name in another group and region, and lets the owner use its data."""
    azure.resources(world.sandbox).resource_groups.create_or_update(OTHER_GROUP, {"location": "northeurope"})
    body = DigitalTwinsDescription(location="northeurope")
    azure.management(world.sandbox).digital_twins.begin_create_or_update(OTHER_GROUP, NAME, body, polling=False)
    world.clock.advance(600)
    world.somebody_assigns(DATA_OWNER, persona("owner").id, NAMESAKE_SCOPE)


def group_gone(world: World) -> None:
    """Somebody deletes the resource group with all that is in it."""
    azure.resources(world.sandbox).resource_groups.begin_delete(GROUP, polling=False)
    world.clock.advance(600)


def endpoint_gone(world: World) -> None:
    """Somebody deletes the private endpoint; its network and zone stay."""
    _delete(world, ENDPOINT)


def network_gone(world: World) -> None:
    """Somebody deletes the private endpoint and the network that it lies in."""
    _delete(world, ENDPOINT)
    _delete(world, f"{ZONE}/virtualNetworkLinks/link-vnet-{NAME}")
    _delete(world, NETWORK)


def _delete(world: World, resource_id: str) -> None:
    operations = azure.resources(world.sandbox).resources
    operations.begin_delete_by_id(resource_id, api_version=topology.version_of(resource_id), polling=False)
    world.clock.advance(600)
