"""The calls that create and change a resource group and an instance: the plan shows them, apply makes them."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.codegen import model
from ..core.kinds import RUN_TAG
from ..core.recipes import Call
from ..subscription import resources
from .findings import Findings


def create_group(found: Findings) -> Call:
    """Create the resource group."""
    arguments = (found.group.name, {"location": found.wanted.region, "tags": {RUN_TAG: found.run_id}})
    return Call("resources", found.subscription.id, "resource_groups.create_or_update", arguments)


def create(found: Findings) -> Call:
    """Create the instance, or create one that failed again."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription, DigitalTwinsIdentity

    identity = model(DigitalTwinsIdentity, type="SystemAssigned") if found.wanted.system_identity else None
    tags = found.wanted.tags or None
    body = model(DigitalTwinsDescription, location=found.wanted.region, tags=tags, identity=identity)
    arguments = (found.group.name, found.wanted.instance_name, body)
    return Call("digital_twins", found.subscription.id, "digital_twins.begin_create_or_update", arguments)


def update(found: Findings) -> Call:
    """Add the tags and the identity that the instance is missing."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsIdentity, DigitalTwinsPatchDescription

    if found.instance and resources.state_of(found.instance) in ("Failed", "Canceled"):
        return create(found)
    # A patch replaces all tags, so it has to include the existing ones.
    tags = {**tags_of(found), **found.wanted.tags} if found.missing_tags else None
    identity = model(DigitalTwinsIdentity, type="SystemAssigned") if found.missing_identity else None
    patch = model(DigitalTwinsPatchDescription, tags=tags, identity=identity)
    arguments = (found.group.name, found.wanted.instance_name, patch)
    return Call("digital_twins", found.subscription.id, "digital_twins.begin_update", arguments)


def tags_of(found: Findings) -> Mapping[str, str]:
    """Return the tags that the instance has."""
    return (found.instance.tags or {}) if found.instance else {}
