"""How managed identities that a run switched on, associated or made are removed, unless something uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ...azure.answers import ask
from ...azure.resource_ids import SYSTEM_SUFFIX, name_of
from ...record.change import Change
from ...record.important_values import IDENTITY
from ..core.recipes import Call
from ..core.removal import Removal, Remover, removes
from ..directory.role_assignments import left_behind
from ..subscription import resources
from ..subscription.held import Held, held
from ..subscription.modification import changed_by_us
from . import changes, kinds, usage
from . import survey as identity_survey
from .survey import Identity

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


class _OfInstance(Remover):
    """Base of what an instance has. It goes by a change of the instance, which a lock against deletion allows."""

    locks: ClassVar[bool] = False
    usual: ClassVar[float] = kinds.OWN_IDENTITY.usual_seconds

    def scope(self, removal: Removal) -> str:
        """Return the instance's resource id: that is what is written."""
        return _instance_id(removal.change)

    def stamp(self, removal: Removal) -> str:
        """Return the object id of the identity."""
        instance = _instance(removal)
        identity = self._found(removal, instance) if instance else None
        return identity.object_id if identity else ""

    def is_ours(self, removal: Removal) -> bool:
        """Tell whether the signed-in account changed the instance last, after the run had begun to."""
        return changed_by_us(removal, _instance(removal))

    def other_maker(self, removal: Removal) -> str:
        """Return nothing: Azure doesn't note who changed the identities of an instance."""
        return ""

    def has_failed(self, removal: Removal) -> bool:
        """Return false: an instance has an identity or doesn't."""
        return False

    def exists(self, removal: Removal) -> bool:
        """Look for the identity at the instance."""
        instance = _instance(removal)
        return instance is not None and self._found(removal, instance) is not None

    def blocker(self, removal: Removal) -> str:
        """Name what signs in with it, and which events would stop."""
        instance = _instance(removal)
        identity = self._found(removal, instance) if instance else None
        if instance is None or identity is None:
            return ""
        return _stopping(removal, instance, identity)

    def call(self, removal: Removal) -> Call:
        """Take it from the instance, which has what goes before it no longer by then."""
        by_then = _held(removal)
        return changes.patch(_instance_id(removal.change), by_then, self._without(by_then, removal))

    def page(self, change: Change) -> str:
        """Say where the portal does it."""
        return self.portal.format(name=change.name, instance=name_of(_instance_id(change)))

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        return changes.command(replace(change, action="delete"))

    def _without(self, now: Held, removal: Removal) -> Held:
        return now.minus(removal.id.partition("#")[2])

    def _found(self, removal: Removal, instance: DigitalTwinsDescription) -> Identity | None:
        wanted = removal.id.partition("#")[2]
        return next((one for one in identity_survey.associated(instance) if one.is_named(wanted)), None)


@removes(kinds.ASSOCIATED)
class Association(_OfInstance):
    """That an instance has a user-assigned identity."""

    portal = "{instance} > Identity > User-assigned (preview) > {name} > Remove > Yes"


@removes(kinds.OWN_IDENTITY)
class OwnIdentity(_OfInstance):
    """An instance's own identity."""

    portal = "{instance} > Identity > System-assigned > Off > Save > Yes"

    def forget(self, removal: Removal) -> None:
        """Forget its object id."""
        removal.context.journal.forget_values(_instance_id(removal.change), IDENTITY)

    def blocker(self, removal: Removal) -> str:
        """Say what signs in with it, and which roles others gave it."""
        instance = _instance(removal)
        identity = self._found(removal, instance) if instance else None
        if identity is None:
            return ""
        return super().blocker(removal) or _left_behind(identity.object_id, removal)

    def _without(self, now: Held, removal: Removal) -> Held:
        return now.switched(on=False)

    def _found(self, removal: Removal, instance: DigitalTwinsDescription) -> Identity | None:
        return identity_survey.system_identity(removal.clients, instance)


@removes(kinds.IDENTITY)
class UserIdentity(Remover):
    """A user-assigned managed identity, when no instance has it and nobody gave it roles."""

    tagged = True
    at_once = True
    words = "identity delete"

    def blocker(self, removal: Removal) -> str:
        """Name instances that have it, with events that would stop, who else uses it, and roles that others gave."""
        if holders := list(_holders(removal)):
            names = ", ".join(str(instance.name) for instance, _ in holders)
            stopping = [_stopping(removal, instance, identity) for instance, identity in holders]
            return "\n".join([f"instances have it: {names}", *filter(None, stopping)])
        trusted = removal.clients.identities(removal.subscription).federated_identity_credentials
        if credentials := [str(one.name) for one in trusted.list(removal.group, removal.change.name)]:
            return f"others sign in with it: federated credential {', '.join(credentials)}"
        return _left_behind(str(self._read(removal)["properties"]["principalId"]), removal)

    def call(self, removal: Removal) -> Call:
        """Delete it, and its principal with it."""
        where = (removal.group, removal.change.name)
        return Call("identities", removal.subscription, "user_assigned_identities.delete", where)


def _instance_id(change: Change) -> str:
    """Return the id of the instance: what is associated stands behind a `#`, its own identity below it."""
    return change.resource_id.partition("#")[0].removesuffix(SYSTEM_SUFFIX)


def _instance(removal: Removal) -> DigitalTwinsDescription | None:
    name = name_of(_instance_id(removal.change))
    return resources.instance(removal.clients, removal.subscription, removal.group, name)


def _held(removal: Removal) -> Held:
    """Return the identities that the instance has once everything has gone that goes before."""
    instance, instance_id = _instance(removal), _instance_id(removal.change)
    now = held(instance) if instance else Held(system=False)
    users = (one for one in now.users if identity_survey.association_id(instance_id, one).lower() not in removal.going)
    system = now.system and f"{instance_id}{SYSTEM_SUFFIX}".lower() not in removal.going
    return Held(system, tuple(users))


def _holders(removal: Removal) -> Iterator[tuple[DigitalTwinsDescription, Identity]]:
    """Return the instances that have a user-assigned identity by then, in all subscriptions that the account sees."""
    for subscription in resources.everywhere(removal.clients, removal.subscription):
        for instance in _instances(removal, subscription):
            association = identity_survey.association_id(str(instance.id), removal.id).lower()
            mine = (one for one in identity_survey.associated(instance) if one.is_named(removal.id))
            if association not in removal.going and (identity := next(mine, None)):
                yield instance, identity


def _instances(removal: Removal, subscription: str) -> list[DigitalTwinsDescription]:
    # 409: the resource provider isn't registered. If you can't look at the identity's own subscription, nobody knows.
    nothing: dict[int, list[DigitalTwinsDescription]] = {404: [], 409: []}
    nothing |= {} if subscription == removal.subscription else {403: []}
    return ask(lambda: list(removal.clients.digital_twins(subscription).digital_twins.list()), nothing)


def _stopping(removal: Removal, instance: DigitalTwinsDescription, identity: Identity) -> str:
    """Say which endpoints and data history connections stop without an identity, and which events."""
    uses = [use for use in usage.uses(removal.clients, instance) if use.works_under(identity)]
    lines = [
        f"without it this stops: {use}. {use.events}" for use in uses if use.resource_id.lower() not in removal.going
    ]
    return "\n".join(lines)


def _left_behind(object_id: str, removal: Removal) -> str:
    return left_behind(removal.clients, removal.subscription, object_id, removal.going)
