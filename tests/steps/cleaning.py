"""A guide that has run, and what cleaning up makes of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from azure.core.exceptions import HttpResponseError

from runbook_lib.record.change import Change
from runbook_lib.sandbox.roles import READER
from runbook_lib.steps.core.results import Plan
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure

from .plant import NAME
from .world import GROUP, World

EVERYTHING = ["Role", "Azure Digital Twins instance", "Resource group"]
"""The kinds of what the first parts of the guide make, in the order in which they go."""
WHOLE_GUIDE = [
    "Role",
    "Private DNS zone group",
    "Private endpoint",
    "Virtual network link",
    "Private DNS zone",
    "Subnet",
    "Virtual network",
    "User-assigned identity",
    "System-assigned identity",
    "User-assigned managed identity",
    "Azure Digital Twins instance",
    "Resource group",
]
FLOOR = {"@id": "dtmi:example:Floor;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2", "displayName": "Floor"}
"""A model that is not the guide's."""


def after_first_parts(world: World) -> World:
    """Run the guide until there is an instance, and access for its owner."""
    world.create().apply()
    world.assign().apply()
    world.clock.advance(600)
    world.slept.clear()
    return world


def after_all_parts(world: World) -> World:
    """Run the guide to its end."""
    context = after_first_parts(world).context()
    ManagedIdentity(context, {"associate_identity": "id-mine", "create_identity": True}).apply()
    PrivateAccess(context, {}).apply()
    BuildGraph(context, {}).apply()
    return world


def kinds(changes: Sequence[Change]) -> list[str]:
    return [change.kind for change in changes]


def staying(plan: Plan) -> str:
    """What the plan says of what stays, and of roles that nobody holds."""
    return "\n".join(block.text() for block in plan.blocks)


def exists(world: World, name: str = NAME) -> bool:
    """Whether there is an instance of that name in the group."""
    try:
        azure.management(world.sandbox).digital_twins.get(GROUP, name)
    except HttpResponseError:
        return False
    return True


def orphan(world: World, scope: str, role: str = READER, *, age: float = 3600) -> str:
    """Give a role to somebody who is then deleted from the directory."""
    who = str(uuid.uuid4())
    world.sandbox.cloud.store.put(
        "user", who, {"id": who, "displayName": "Leaver", "userPrincipalName": "l@contoso.com"}
    )
    world.somebody_assigns(role, who, scope)
    world.sandbox.cloud.store.delete("user", who)
    world.clock.advance(age)
    return who
