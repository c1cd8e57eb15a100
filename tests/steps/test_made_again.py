"""A part that a colleague made again keeps what holds it: removing that would take it, or break it."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.sandbox.roles import EVENT_HUBS_DATA_OWNER
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.sandbox.control_plane import ARM, version_for

from .cleaning import after_first_parts, kinds, staying
from .plant import BUS, SCOPE, instance, somebody_puts
from .test_ownership import MADE_AGAIN, writes
from .world import World


def colleague(world: World, method: str, path: str, body: Any = None) -> Any:
    """Let a colleague ask Azure for something, and wait until it's done; return the answer's body."""
    answer = azure.http(world.sandbox, "operator").request(
        method, ARM + path, params={"api-version": version_for(path)}, json=body
    )
    assert answer.status_code < 300, answer.text
    world.clock.advance(600)
    return answer.json() if answer.text else {}


@pytest.fixture
def private(ready: World) -> World:
    """A world whose instance has a private endpoint of this run."""
    PrivateAccess(after_first_parts(ready).context(), {}).apply()
    return ready


def ids(world: World) -> dict[str, str]:
    """The resource ids of what the run made, by kind."""
    return {change.kind: change.resource_id for change in world.journal.made()}


def cleaned(world: World) -> tuple[list[str], str]:
    """Clean up; return the kinds that went, and what was said of those that stay."""
    step = world.clean_up(confirm_clean_up=True)
    told = staying(step.plan())
    return kinds(step.apply().made), told


def endpoint_to(subnet: str) -> dict[str, Any]:
    connection = {"name": "theirs", "properties": {"privateLinkServiceId": SCOPE, "groupIds": ["API"]}}
    return {
        "location": "westeurope",
        "properties": {"subnet": {"id": subnet}, "privateLinkServiceConnections": [connection]},
    }


def zones(*zone_ids: str) -> dict[str, Any]:
    configs = [
        {"name": f"zone-{number}", "properties": {"privateDnsZoneId": one}} for number, one in enumerate(zone_ids)
    ]
    return {"properties": {"privateDnsZoneConfigs": configs}}


def test_a_subnet_made_again_keeps_its_network(private: World) -> None:
    there = ids(private)
    colleague(private, "DELETE", there["Private endpoint"])
    colleague(private, "DELETE", there["Subnet"])
    colleague(private, "PUT", there["Subnet"], {"properties": {"addressPrefix": "10.20.0.128/27"}})
    went, told = cleaned(private)
    assert not {"Subnet", "Virtual network"} & set(went)
    assert "others use it: subnet private-endpoints" in told
    assert colleague(private, "GET", there["Subnet"])


def test_a_private_endpoint_made_again_keeps_all_that_it_needs(private: World) -> None:
    there = ids(private)
    colleague(private, "DELETE", there["Private endpoint"])
    colleague(private, "PUT", there["Private endpoint"], endpoint_to(there["Subnet"]))
    colleague(private, "PUT", there["Private DNS zone group"], zones(there["Private DNS zone"]))
    step = private.clean_up(confirm_clean_up=True)
    sent = writes(private, step.apply)
    assert not [one for one in sent if "Microsoft.Network" in one or one.endswith(SCOPE)]
    assert MADE_AGAIN in staying(step.plan())


def test_a_zone_group_to_which_a_colleague_added_a_zone_keeps_the_endpoint(private: World) -> None:
    there = ids(private)
    other = there["Private DNS zone"].rpartition("/")[0] + "/example.com"
    colleague(private, "PUT", other, {"location": "global"})
    colleague(private, "PUT", there["Private DNS zone group"], zones(there["Private DNS zone"], other))
    went, told = cleaned(private)
    assert "Private endpoint" not in went
    assert "others use it: private DNS zone group default" in told


def test_a_link_made_again_keeps_its_zone(private: World) -> None:
    there = ids(private)
    colleague(private, "DELETE", there["Virtual network link"])
    properties = {"registrationEnabled": False, "virtualNetwork": {"id": there["Virtual network"]}}
    colleague(private, "PUT", there["Virtual network link"], {"location": "global", "properties": properties})
    went, told = cleaned(private)
    assert not {"Virtual network link", "Private DNS zone"} & set(went)
    assert "others use it: link" in told


def test_a_subnet_that_is_made_again_while_clean_up_runs_keeps_its_network(private: World) -> None:
    there = ids(private)

    class Progress:
        """Lets the colleague act right before the subnet's turn."""

        def phase(self, text: str, usual_seconds: float = 0) -> None:
            if text.startswith("Removing Subnet"):
                colleague(private, "DELETE", there["Subnet"])
                colleague(private, "PUT", there["Subnet"], {"properties": {"addressPrefix": "10.20.0.128/27"}})

    private.clean_up(confirm_clean_up=True).apply(Progress())
    assert colleague(private, "GET", there["Subnet"])


def test_an_identity_that_trusts_others_stays(ready: World) -> None:
    after_first_parts(ready)
    ManagedIdentity(ready.context(), {"associate_identity": "id-mine", "create_identity": True}).apply()
    properties = {"issuer": "https://token.example.com", "subject": "pipeline", "audiences": ["api://exchange"]}
    there = ids(ready)["User-assigned managed identity"]
    colleague(ready, "PUT", f"{there}/federatedIdentityCredentials/build", {"properties": properties})
    went, told = cleaned(ready)
    assert "User-assigned managed identity" not in went
    assert "others sign in with it: federated credential build" in told


@pytest.mark.parametrize("how", ["with 01", "with 03"])
def test_an_instance_stays_with_its_identity_that_others_gave_a_role(ready: World, how: str) -> None:
    if how == "with 01":
        ready.create(system_identity=True).apply()
    else:
        ready.create().apply()
        ManagedIdentity(ready.context(), {}).apply()
    somebody_puts(ready, BUS)
    ready.somebody_assigns(EVENT_HUBS_DATA_OWNER, instance(ready).identity.principal_id, BUS, kind="ServicePrincipal")
    went, told = cleaned(ready)
    assert went == []
    assert f"these roles of it would stay behind, naming nobody: Azure Event Hubs Data Owner at {BUS}" in told
