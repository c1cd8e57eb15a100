"""The calls that create and change a resource group and an instance: the plan shows them, apply makes them."""

from __future__ import annotations

from ..core.codegen import model
from ..core.kinds import run_tags
from ..core.recipes import Call
from ..subscription.held import identity_body
from .findings import Findings


def create_group(found: Findings) -> Call:
    """Create the resource group."""
    arguments = (found.group.name, {"location": found.wanted.region, "tags": run_tags(found.run_id)})
    return Call("resources", found.subscription.id, "resource_groups.create_or_update", arguments)


def create(found: Findings) -> Call:
    """Create the instance, or create one that failed again."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

    # A PUT replaces everything, so it has to include what an instance that failed already has.
    identity = identity_body(found.identities, found.wanted_identities) if found.wanted_identities.any else None
    tags, access = found.tags or None, {"public_network_access": "Disabled"} if found.is_closed else {}
    body = model(DigitalTwinsDescription, location=found.wanted.region, tags=tags, identity=identity, **access)
    arguments = (found.group.name, found.wanted.instance_name, body)
    return Call("digital_twins", found.subscription.id, "digital_twins.begin_create_or_update", arguments)


def update(found: Findings) -> Call:
    """Add the tags and the identity that the instance is missing."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription

    if found.has_failed:
        return create(found)
    tags = found.tags if found.missing_tags else None
    identity = identity_body(found.identities, found.wanted_identities) if found.missing_identity else None
    patch = model(DigitalTwinsPatchDescription, tags=tags, identity=identity)
    arguments = (found.group.name, found.wanted.instance_name, patch)
    return Call("digital_twins", found.subscription.id, "digital_twins.begin_update", arguments)
