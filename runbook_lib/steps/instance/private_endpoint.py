"""The private endpoint that you can create with an instance. Loaded only if you want one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...azure.resource_ids import name_of
from ...parameters import CreateInstanceParameters
from ...record.change import Change
from ..core.context import Context, Progress
from ..core.plan_builder import PlanBuilder
from ..core.results import Check
from ..network import changes
from ..network import checks as network_checks
from ..network import survey as network_survey
from ..network.plan import TopologyPlan
from ..network.topology import Topology, connections
from .findings import Findings

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


def choices(wanted: CreateInstanceParameters, zone_name: str) -> list[tuple[str, str]]:
    """Return what you chose, with the portal's labels."""
    network = wanted.virtual_network or network_survey.usual_network(wanted.instance_name)
    return [
        ("Private endpoint", wanted.private_endpoint_name or f"pe-{wanted.instance_name}"),
        ("Virtual network", name_of(network)),
        ("Subnet", wanted.subnet),
        ("Private DNS zone", (wanted.private_dns_zone or zone_name) if wanted.private_dns else "none"),
    ]


def survey(clients: Clients, found: Findings) -> Findings:
    """Add the existing parts of the private endpoint to the findings."""
    wanted = found.wanted
    return replace(found, topology=network_survey.survey(clients, wanted, found.scope, wanted.region, found.run_id))


def draw_up(found: Findings, may: Permissions, builder: PlanBuilder) -> Findings:
    """Add the missing parts to the plan."""
    plan = TopologyPlan(found.subscription, _topology(found), builder, may, found.places)
    plan.draw_up()
    builder.notes.append("Public network access stays on. To turn it off, use 04-private-access.")
    return replace(found, asks=plan.asks)


def make(context: Context, change: Change, found: Findings, seconds: float, progress: Progress) -> None:
    """Create one part, and wait until Azure has finished. Raises TimedOut after `seconds`."""
    topology = _topology(found)
    progress.phase(changes.phase(change), changes.usual_seconds(change))
    changes.create(context, change, topology, seconds, request=found.asks)


def settle(context: Context, found: Findings, seconds: float, progress: Progress) -> None:
    """Wait for the parts that an earlier run started. Raises TimedOut after `seconds`."""
    changes.settle(context, _topology(found), seconds, progress)


def checks(found: Findings, instance: DigitalTwinsDescription) -> list[Check]:
    """Check that the endpoint leads to the instance."""
    topology = _topology(found)
    own = next((one for one in connections(instance) if one.is_named(topology.endpoint_id)), None)
    return network_checks.checks(topology, own, str(instance.host_name or ""))


def _topology(found: Findings) -> Topology:
    assert found.topology, "the survey has looked at it"
    return found.topology
