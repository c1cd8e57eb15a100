"""04-private-access, run again with one parameter changed."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.steps.private_link.step import PrivateAccess
from tests.steps.world import World

from .network_rows import CONNECTED, WIRED, network_rows
from .places import (
    ANOTHER,
    IN_PRODUCTION,
    OTHER_GROUP,
    PRODUCTION,
    a_namesake,
    another_instance,
    endpoint_gone,
)
from .rerun import Rerun, prove, writes

INSTANCE = writes("PATCH digitalTwinsInstances/my-first-twins")
DECISION = writes("PUT privateEndpointConnections/*")
DISABLED = {"public_network_access": "disabled"}
CLOSED = "gets 403 for all data"


def make(world: World, **values: Any) -> PrivateAccess:
    return PrivateAccess(world.context(), values)


ROWS = (
    Rerun(
        "subscription",
        PRODUCTION,
        plan=PRODUCTION,
        asks=IN_PRODUCTION,
        refused=InputError,
        checks="no instance",
        passed=False,
    ),
    Rerun(
        "resource_group",
        OTHER_GROUP,
        meanwhile=a_namesake,
        plan=OTHER_GROUP,
        writes=WIRED,
        checks=f"{OTHER_GROUP}, linked to vnet-my-first-twins",
    ),
    Rerun(
        "instance_name",
        ANOTHER,
        meanwhile=another_instance,
        plan=f"create Private endpoint pe-{ANOTHER}",
        writes=writes(
            f"PUT virtualNetworks/vnet-{ANOTHER}",
            "PUT subnets/private-endpoints",
            f"PUT privateEndpoints/pe-{ANOTHER}",
            f"PUT virtualNetworkLinks/link-vnet-{ANOTHER}",
            "PUT privateDnsZoneGroups/default",
        ),
        checks=f"The private endpoint pe-{ANOTHER} is there",
    ),
    Rerun(
        "confirm",
        True,
        usual=DISABLED,
        first={},
        writes=INSTANCE,
        checks="Private access to my-first-twins is as asked for",
        reason="The plan asks for agreement, whether it has been given beforehand or not.",
    ),
    *network_rows(),
    Rerun(
        "create_private_endpoint",
        False,
        meanwhile=endpoint_gone,
        plan="Nothing to do",
        spares=CONNECTED,
        checks="Private access to my-first-twins is as asked for",
    ),
    Rerun(
        "request_approval",
        True,
        meanwhile=endpoint_gone,
        plan="as a request that somebody has to approve",
        writes=CONNECTED,
        checks="Pending",
    ),
    Rerun(
        "connection",
        "pe-two",
        usual={"decision": "approve", "create_private_endpoint": False},
        first={"private_endpoint_name": "pe-two", "request_approval": True},
        plan="Pending becomes Approved",
        writes=DECISION,
        checks="pe-two (Approved)",
    ),
    Rerun(
        "decision",
        "approve",
        usual={"request_approval": True},
        plan="Pending becomes Approved",
        writes=DECISION,
        checks="The connection is Approved",
    ),
    Rerun(
        "public_network_access",
        "disabled",
        usual={"confirm": True},
        plan=CLOSED,
        writes=INSTANCE,
        checks="Public network access is disabled",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.parameter}={row.value}")
def test_private_access(there: World, row: Rerun) -> None:
    prove(there, make, row)
