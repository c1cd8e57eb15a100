"""An instance whose events flow under managed identities, made by somebody else than the step that is tested."""

from __future__ import annotations

from typing import Any

from azure.digitaltwins.core import DigitalTwinsEventRoute
from azure.mgmt.digitaltwins.models import DigitalTwinsIdentity, DigitalTwinsPatchDescription
from azure.mgmt.msi.models import Identity

from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_OWNER, EVENT_HUBS_DATA_OWNER
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps.identity.step import ManagedIdentity
from tests import azure

from .world import GROUP, World

GROUP_SCOPE = f"/subscriptions/{TRAINING_ID}/resourceGroups/{GROUP}"
NAME = "my-first-twins"
SCOPE = f"{GROUP_SCOPE}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/{NAME}"
HOST = f"https://{NAME}.api.weu.digitaltwins.azure.net"
BUS = f"{GROUP_SCOPE}/providers/Microsoft.EventHub/namespaces/twins-bus"
CLUSTER = f"{GROUP_SCOPE}/providers/Microsoft.Kusto/clusters/twinsadx"
VERSIONS = {"eventhub": "2024-01-01", "kusto": "2023-08-15", "servicebus": "2024-01-01", "storage": "2023-05-01"}


def identity_step(world: World, who: str = "owner", **values: Any) -> ManagedIdentity:
    return ManagedIdentity(world.context(who), values)


def instance(world: World, name: str = NAME) -> Any:
    return azure.management(world.sandbox).digital_twins.get(GROUP, name)


def identity_of(world: World) -> dict[str, Any]:
    """What the instance says of its identities; empty when it has none."""
    identity = instance(world).identity
    return {} if identity is None else dict(identity.as_dict())


def somebody_makes_identity(world: World, name: str, group: str = GROUP) -> Any:
    """Make a user-assigned identity, not through a step."""
    clients = world.context().clients
    made = clients.identities(TRAINING_ID).user_assigned_identities.create_or_update(
        group, name, Identity(location="westeurope")
    )
    world.clock.advance(60)
    return made


def somebody_changes(world: World, kind: str, *identity_ids: str) -> None:
    """Change the identities of the instance, not through a step."""
    users: Any = {one: {} for one in identity_ids} or None
    patch = DigitalTwinsPatchDescription(identity=DigitalTwinsIdentity(type=kind, user_assigned_identities=users))
    azure.management(world.sandbox).digital_twins.begin_update(GROUP, NAME, patch, polling=False)
    world.clock.advance(60)


def somebody_adds_endpoint(world: World, name: str, user_identity: str = "", to: str = NAME) -> None:
    """Add an endpoint that signs in with an identity: the instance's own, or a user-assigned one."""
    reference = {"type": "UserAssigned", "userAssignedIdentity": user_identity} if user_identity else None
    properties = {
        "endpointType": "EventHub",
        "authenticationType": "IdentityBased",
        "entityPath": name,
        "endpointUri": "sb://twins-bus.servicebus.windows.net",
        **({"identity": reference} if reference else {}),
    }
    operations: Any = azure.management(world.sandbox).digital_twins_endpoint
    operations.begin_create_or_update(GROUP, to, name, {"properties": properties}, polling=False)
    world.clock.advance(60)


def owner_gets_the_data(world: World) -> None:
    """Give the owner full access to the instance's data."""
    world.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)


def somebody_adds_route(world: World, name: str, endpoint: str, wanted: str = "true") -> None:
    """Add an event route; it takes a role for the data."""
    client = azure.data_plane(world.sandbox, "owner", HOST)
    client.upsert_event_route(name, DigitalTwinsEventRoute(endpoint_name=endpoint, filter=wanted))


def somebody_keeps_history(world: World, principal_id: str) -> None:
    """Add a data history connection, with everything that it needs, under the instance's own identity."""
    somebody_puts(world, BUS)
    somebody_puts(world, f"{BUS}/eventhubs/history")
    somebody_puts(world, CLUSTER)
    somebody_puts(world, f"{CLUSTER}/databases/history")
    world.somebody_assigns(EVENT_HUBS_DATA_OWNER, principal_id, f"{BUS}/eventhubs/history", kind="ServicePrincipal")
    world.somebody_assigns(CONTRIBUTOR, principal_id, f"{CLUSTER}/databases/history", kind="ServicePrincipal")
    properties = {
        "connectionType": "AzureDataExplorer",
        "adxResourceId": CLUSTER,
        "adxDatabaseName": "history",
        "adxEndpointUri": "https://twinsadx.westeurope.kusto.windows.net",
        "eventHubNamespaceResourceId": BUS,
        "eventHubEndpointUri": "sb://twins-bus.servicebus.windows.net",
        "eventHubEntityPath": "history",
        "adxTwinLifecycleEventsTableName": "AdtTwins",
    }
    operations: Any = azure.management(world.sandbox).time_series_database_connections
    operations.begin_create_or_update(GROUP, NAME, "plant-history", {"properties": properties}, polling=False)
    world.clock.advance(120)


def somebody_puts(world: World, path: str, by: str = "owner") -> None:
    namespace = path.rpartition("/providers/Microsoft.")[2].partition("/")[0].lower()
    answer = azure.http(world.sandbox, by).put(
        f"https://management.azure.com{path}",
        params={"api-version": VERSIONS[namespace]},
        json={"location": "westeurope", "properties": {}},
    )
    assert answer.status_code in (200, 201, 202), answer.text
    world.clock.advance(300)
