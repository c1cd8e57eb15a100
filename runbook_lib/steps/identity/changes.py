"""Changing the managed identities of an instance: the calls, which a plan shows, and making them.

Each call builds on what the instance has by then, so a plan with several changes has to take the earlier ones into
account.
"""

from __future__ import annotations

from ...azure.resource_ids import SYSTEM_SUFFIX, group_of, name_of, names
from ...record.change import Change
from ..core.codegen import model
from ..core.context import Context
from ..core.kinds import run_tags
from ..core.recipes import Call, az
from ..subscription.held import Held, held, identity_body
from . import kinds


def after(change: Change, now: Held) -> Held:
    """Return what an instance has once a change of its identities is made."""
    _, _, of_identity = change.resource_id.partition("#")
    if change.kind == kinds.OWN_IDENTITY.name:
        return now.switched(on=change.action != "delete")
    return now.minus(of_identity) if change.action == "delete" else now.plus(of_identity)


def patch(instance_id: str, before: Held, wanted: Held) -> Call:
    """Write the call that changes an instance's identities from those it has by then to those wanted."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription

    identity = identity_body(before, wanted)
    subscription, group, name = names(instance_id)
    arguments = (group, name, model(DigitalTwinsPatchDescription, identity=identity))
    return Call("digital_twins", subscription, "digital_twins.begin_update", arguments)


def command(change: Change) -> str:
    """Write a change of an instance's identities as an `az` command."""
    instance_id, _, of_identity = change.resource_id.removesuffix(SYSTEM_SUFFIX).partition("#")
    verb = "remove" if change.action == "delete" else "assign"
    where = {"dt_name": name_of(instance_id), "resource_group": group_of(instance_id)}
    which: dict[str, str | bool] = {"mi_user_assigned": of_identity} if of_identity else {"mi_system_assigned": True}
    return az(f"dt identity {verb}", **where, **which)


def creating(identity_id: str, region: str, run_id: str) -> Call:
    """Write the call that creates a user-assigned identity, which carries the run's id as a tag."""
    from azure.mgmt.msi.models import Identity

    subscription, group, name = names(identity_id)
    arguments = (group, name, model(Identity, location=region, tags=run_tags(run_id) or None))
    return Call("identities", subscription, "user_assigned_identities.create_or_update", arguments)


def make(context: Context, change: Change, instance_id: str, seconds: float, doing: str) -> None:
    """Make a change of an instance's identities, unless it's already made, and wait until Azure has finished.

    Raises TimedOut after `seconds`; `doing` is what that error calls the change.
    """
    subscription, group, name = names(instance_id)
    now = held(context.clients.digital_twins(subscription).digital_twins.get(group, name))
    if (wanted := after(change, now)) != now:
        call = patch(instance_id, now, wanted)
        context.waiting.finish(call.bound(context.clients), seconds=seconds, doing=doing)
