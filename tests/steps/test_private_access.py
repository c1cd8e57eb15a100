"""Private access: every part is made once and found again, nobody is shut out unasked, and undo goes backwards."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.errors import AzureRefused, InputError, PermissionMissing, TimedOut
from runbook_lib.sandbox.roles import NETWORK_CONTRIBUTOR
from runbook_lib.sandbox.world import persona
from runbook_lib.steps.network import topology
from runbook_lib.steps.network.kinds import APPROVE_CONNECTION, JOIN_NETWORK, JOIN_SUBNET, JOIN_ZONE
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.steps.world import GROUP, Phases, World

PARTS = [
    "Virtual network",
    "Subnet",
    "Private endpoint",
    "Private DNS zone",
    "Virtual network link",
    "Private DNS zone group",
]
PRIVATE_NAME = "my-first-twins.api.weu.privatelink.digitaltwins.azure.net"


@pytest.fixture
def made(world: World) -> World:
    """A world with the instance, whose data the owner may read."""
    world.create(grant_access=True).apply()
    world.clock.advance(600)
    return world


def access(world: World, who: str = "owner", **values: Any) -> PrivateAccess:
    return PrivateAccess(world.context(who), values)


def kinds(step: PrivateAccess) -> list[str]:
    return [change.kind for change in step.plan().changes]


def instance(world: World) -> Any:
    return azure.management(world.sandbox).digital_twins.get(GROUP, "my-first-twins")


def put(world: World, resource_id: str, body: dict[str, Any]) -> str:
    """Make something in Azure, not through a step."""
    operations = azure.resources(world.sandbox).resources
    version = topology.version_of(resource_id)
    operations.begin_create_or_update_by_id(resource_id, body, api_version=version, polling=False)
    world.clock.advance(600)
    return resource_id


def made_network(world: World, name: str, space: list[str], subnets: dict[str, str]) -> str:
    listed = [{"name": each, "properties": {"addressPrefix": prefix}} for each, prefix in subnets.items()]
    body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": space}, "subnets": listed}}
    group = str(instance(world).id).partition("/providers/")[0]
    return put(world, f"{group}/providers/Microsoft.Network/virtualNetworks/{name}", body)


def checks(step: PrivateAccess) -> dict[str, tuple[str, str]]:
    return {check.name: (check.status, check.evidence) for check in step.verify().checks}


def test_it_makes_what_the_plan_said_and_a_second_plan_is_empty(made: World) -> None:
    step, phases = access(made), Phases()
    plan = step.plan()
    assert [change.kind for change in plan.changes] == PARTS
    assert not plan.problems
    assert len(plan.commands) == len(PARTS)
    assert any("by the hour" in note for note in plan.notes)
    outcome = step.apply(phases)
    assert outcome.made == plan.changes
    assert outcome.values["Private address"] == "10.20.0.4"
    assert phases.texts[1] == "Creating: virtual network vnet-my-first-twins"
    assert step.plan().empty
    assert step.apply().made == ()


def test_every_part_is_proved_and_public_access_is_left_alone(made: World) -> None:
    step = access(made)
    step.apply()
    found = checks(step)
    assert {status for status, _ in found.values()} == {"passed"}
    assert found["The instance has approved its connection"][1] == "Approved: Auto-Approved"
    assert (
        found["Inside the network, the host name resolves to the private address"][1] == f"{PRIVATE_NAME} -> 10.20.0.4"
    )
    assert found["Clients outside are let in"][1].startswith("200, an empty list of models")


def test_nothing_is_proved_before_it_is_made(made: World) -> None:
    found = checks(access(made))
    assert found["The private endpoint pe-my-first-twins exists"] == ("failed", "It doesn't exist.")
    assert found["Inside the network, the host name resolves to the private address"] == (
        "failed",
        f"{PRIVATE_NAME} -> nothing",
    )


def test_without_the_instance_there_is_nothing_to_do(world: World) -> None:
    with pytest.raises(InputError, match="can't see an instance 'my-first-twins'"):
        access(world, instance_name="my-first-twins").apply()
    assert not access(world).verify().passed


# What is there already


def test_an_existing_network_gets_a_subnet_of_its_own_addresses(made: World) -> None:
    network = made_network(made, "vnet-plant", ["10.1.0.0/24"], {"machines": "10.1.0.0/26"})
    step = access(made, virtual_network=network)
    plan = step.plan()
    assert [change.kind for change in plan.changes] == PARTS[1:]
    assert plan.changes[0].details == "10.1.0.64/27 in vnet-plant"
    step.apply()
    assert checks(step)["The private endpoint pe-my-first-twins exists"][0] == "passed"
    again = access(made, virtual_network="vnet-plant", subnet="machines", private_endpoint_name="pe-2")
    assert kinds(again) == ["Private endpoint", "Private DNS zone group"]


def test_a_network_without_room_is_refused_before_anything_is_made(made: World) -> None:
    made_network(made, "vnet-full", ["10.1.0.0/27"], {"machines": "10.1.0.0/27"})
    with pytest.raises(InputError, match="no room for a new subnet"):
        access(made, virtual_network="vnet-full").apply()
    assert made.journal.made("private-access") == ()


def test_a_private_endpoint_of_another_instance_is_left_alone(made: World) -> None:
    access(made).apply()
    made.somebody_makes("other-twins", finished=True)
    with pytest.raises(InputError, match="leads to another resource"):
        access(made, instance_name="other-twins", private_endpoint_name="pe-my-first-twins").apply()


def test_names_can_be_left_out_and_come_later(made: World) -> None:
    step = access(made, private_dns=False)
    plan = step.plan()
    assert [change.kind for change in plan.changes] == PARTS[:3]
    assert any("resolves to the public address" in note for note in plan.notes)
    step.apply()
    assert kinds(access(made)) == PARTS[3:]


def test_an_unregistered_provider_is_registered_on_the_way(made: World) -> None:
    made.somebody_unregisters("Microsoft.Network")
    plan = access(made).plan()
    assert [change.kind for change in plan.changes] == ["Resource provider", *PARTS]
    assert plan.commands[0].startswith("az provider register --namespace Microsoft.Network")
    assert len(plan.commands) == len(plan.changes)
    access(made).apply()
    assert access(made).plan().empty


# Approval


def test_a_request_waits_and_is_approved(made: World) -> None:
    step = access(made, request_approval=True)
    assert "--manual-request true" in "\n".join(step.plan().commands)
    outcome = step.apply()
    assert outcome.values["Connection state"] == "Pending"
    assert any("is waiting for someone to approve it" in note for note in outcome.notes)
    assert checks(step)["The instance has approved its connection"][0] == "not tried"
    approval = access(made, decision="approve")
    [change] = approval.plan().changes
    assert (change.kind, change.name) == ("Private endpoint connection", "pe-my-first-twins")
    assert change.details.endswith("Pending becomes Approved")
    assert "az dt network private-endpoint connection set" in approval.plan().commands[0]
    approval.apply()
    assert checks(approval)["The connection is Approved"][0] == "passed"
    assert approval.plan().empty


def test_rejecting_is_confirmed_and_cannot_be_taken_back(made: World) -> None:
    access(made).apply()
    step = access(made, decision="reject")
    [loss] = step.plan().losses
    assert "need a new private endpoint" in loss.effect
    with pytest.raises(InputError, match=r"Not confirmed: .*rejected for good"):
        step.apply()
    assert str(topology.connections(instance(made))[0]) == "pe-my-first-twins (Approved)"
    access(made, decision="reject", confirm=True).apply()
    assert step.plan().empty
    assert checks(step)["The connection is Rejected"][0] == "passed"
    with pytest.raises(AzureRefused) as caught:
        access(made, decision="approve").apply()
    assert "can't be approved" in caught.value.message
    assert "PrivateEndpointBadRequestException" in caught.value.meaning
    assert "Delete the private endpoint pe-my-first-twins" in caught.value.remedy


def test_a_decision_needs_a_connection(made: World) -> None:
    with pytest.raises(InputError, match="no connection to approve yet") as caught:
        access(made, decision="approve", request_approval=True).apply()
    assert "This run creates the new one" in caught.value.meaning
    with pytest.raises(InputError, match="no connection to reject yet"):
        access(made, decision="reject", connection="pe-elsewhere").apply()


def test_who_may_not_approve_makes_a_request(made: World) -> None:
    scope = str(instance(made).id).partition("/providers/")[0]
    made.somebody_assigns(NETWORK_CONTRIBUTOR, persona("reader").id, scope)
    step = access(made, "reader")
    [problem] = step.plan().problems
    assert (problem.blocking, problem.action) == (False, APPROVE_CONNECTION.action)
    assert "as a request that someone has to approve" in step.plan().changes[2].details
    assert step.apply().values["Connection state"] == "Pending"


def test_who_may_not_write_learns_of_every_action_that_is_missing(made: World) -> None:
    step = access(made, "reader")
    missing = {problem.action for problem in step.plan().problems if problem.blocking}
    writes = {f"Microsoft.Network/{kind}/write" for kind in ("virtualNetworks", "privateEndpoints", "privateDnsZones")}
    assert {*writes, *(one.action for one in (JOIN_SUBNET, JOIN_NETWORK, JOIN_ZONE))} < missing
    with pytest.raises(PermissionMissing) as caught:
        step.apply()
    assert caught.value.role == "Network Contributor"
    assert made.journal.made("private-access") == ()


# The public door


def test_switched_off_the_data_answers_403_although_the_role_is_there(made: World) -> None:
    access(made).apply()
    step = access(made, public_network_access="disabled", confirm=True)
    plan = step.plan()
    assert [change.details for change in plan.changes] == ["public network access: Enabled becomes Disabled"]
    assert "doesn't connect through pe-my-first-twins gets 403" in plan.losses[0].effect
    assert step.apply().values["Public network access"] == "Disabled"
    assert step.plan().empty
    status, evidence = checks(step)["Clients outside are refused, whatever their role"]
    assert status == "passed"
    assert evidence.startswith(
        "403, public network access disabled, 3 times in a row, although you have Azure Digital Twins Data Owner."
    )
    back = access(made, public_network_access="enabled")
    assert not back.plan().confirmation
    back.apply()
    assert checks(back)["Clients outside are let in"][0] == "passed"


def test_without_confirmation_nobody_is_shut_out(made: World) -> None:
    step = access(made, public_network_access="disabled", create_private_endpoint=False)
    assert "nobody can reach the data" in step.plan().losses[0].effect
    with pytest.raises(InputError, match="Not confirmed: my-first-twins: public network access will be turned off"):
        step.apply()
    assert topology.public_access(instance(made)) == "Enabled"


def test_without_a_role_only_the_refusal_of_outsiders_proves_anything(made: World) -> None:
    step = PrivateAccess(made.context("contributor"), {"public_network_access": "keep"})
    last = step.verify().checks[-1]
    assert (last.status, "proves nothing" in last.evidence) == ("not tried", True)
    access(made, public_network_access="disabled", confirm=True).apply()
    last = step.verify().checks[-1]
    assert (last.status, last.evidence.partition(",")[0]) == ("passed", "403")


# Going on, and back


def test_an_interrupted_run_goes_on(made: World) -> None:
    made.stuck = True
    with pytest.raises(TimedOut):
        access(made, timeout_minutes=1).apply()
    assert [c.kind for c in made.journal.unfinished("private-access").values()] == ["Virtual network"]
    made.stuck, phases = False, Phases()
    access(made).apply(phases)
    assert phases.texts[1] == "Waiting for what an earlier run started"
    assert sorted(change.kind for change in made.journal.made("private-access")) == sorted(PARTS)
    assert not made.journal.unfinished("private-access")


def test_undo_opens_the_public_door_first_and_goes_backwards(made: World) -> None:
    access(made, public_network_access="disabled", confirm=True).apply()
    undone = access(made).undo()
    assert [change.kind for change in undone.removed] == [
        "Block of public network access",
        "Private DNS zone group",
        "Private endpoint",
        "Virtual network link",
        "Private DNS zone",
        "Subnet",
        "Virtual network",
    ]
    assert topology.public_access(instance(made)) == "Enabled"
    left = azure.resources(made.sandbox).resources.list_by_resource_group(GROUP)
    assert [str(one.name) for one in left] == ["my-first-twins"]


def test_undo_keeps_what_others_have_come_to_use(made: World) -> None:
    step = access(made)
    step.apply()
    ids = {change.kind: change.resource_id for change in step.context.journal.made("private-access")}
    put(made, f"{ids['Virtual network']}/subnets/machines", {"properties": {"addressPrefix": "10.20.0.32/27"}})
    other = made_network(made, "vnet-other", ["10.1.0.0/24"], {})
    link = {"location": "global", "properties": {"virtualNetwork": {"id": other}, "registrationEnabled": False}}
    put(made, f"{ids['Private DNS zone']}/virtualNetworkLinks/theirs", link)
    kept = dict(step.undo().kept)
    assert kept["vnet-my-first-twins"] == "others use it: subnet machines"
    assert kept["privatelink.digitaltwins.azure.net"] == "others use it: link theirs"


def test_undo_leaves_alone_what_was_there_before(made: World) -> None:
    made_network(made, "vnet-my-first-twins", ["10.20.0.0/24"], {"private-endpoints": "10.20.0.0/27"})
    step = access(made)
    step.apply()
    assert [c.kind for c in step.undo().removed] == [
        "Private DNS zone group",
        "Private endpoint",
        "Virtual network link",
        "Private DNS zone",
    ]


def test_the_form_offers_what_is_there(made: World) -> None:
    step = access(made)
    step.apply()
    assert [c.value for c in step.choices("decision", {})] == ["keep", "approve", "reject"]
    assert [c.label for c in step.choices("virtual_network", {})] == ["vnet-my-first-twins (westeurope)"]
    assert [c.value for c in step.choices("subnet", {"virtual_network": "vnet-my-first-twins"})] == [
        "private-endpoints"
    ]
    assert [c.label for c in step.choices("connection", {})] == ["pe-my-first-twins (Approved)"]
    hint = step.hint("public_network_access", {})
    assert hint is not None and hint.text == "It's enabled now."
    known = step.hint("connection", {"connection": "pe-my-first-twins"})
    assert known is not None and known.text == "It's Approved now."
    unknown = step.hint("connection", {"connection": "pe-other"})
    assert unknown is not None and unknown.tone == "warning"
    assert unknown.text == "The instance has no connection 'pe-other'. It has: pe-my-first-twins (Approved)."


def test_clean_up_takes_all_of_it_with_the_instance_and_the_group(made: World) -> None:
    access(made).apply()
    step = made.clean_up(confirm_clean_up=True)
    assert {*PARTS, "Resource group"} <= {change.kind for change in step.plan().changes}
    step.apply()
    assert GROUP not in [group.name for group in azure.resources(made.sandbox).resource_groups.list()]
