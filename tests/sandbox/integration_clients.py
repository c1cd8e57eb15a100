"""Azure's own clients for what Azure Digital Twins integrates with.

Not in `tests/azure.py`, because the one for networks is slow to import.
"""

from __future__ import annotations

from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.world import TRAINING_ID

from ..azure import credential, keep


def identities(sandbox: Sandbox, persona_name: str = "owner") -> ManagedServiceIdentityClient:
    """Client for user-assigned identities."""
    return keep(
        sandbox, ManagedServiceIdentityClient(credential(sandbox, persona_name), TRAINING_ID, **sandbox.client_settings)
    )


def network(sandbox: Sandbox, persona_name: str = "owner") -> NetworkManagementClient:
    """Client for virtual networks and private endpoints; polls without waiting, because the tests own the clock."""
    return keep(
        sandbox,
        NetworkManagementClient(
            credential(sandbox, persona_name), TRAINING_ID, polling_interval=0, **sandbox.client_settings
        ),
    )


def private_dns(sandbox: Sandbox, persona_name: str = "owner") -> PrivateDnsManagementClient:
    """Client for private DNS zones."""
    return keep(
        sandbox,
        PrivateDnsManagementClient(
            credential(sandbox, persona_name), TRAINING_ID, polling_interval=0, **sandbox.client_settings
        ),
    )
