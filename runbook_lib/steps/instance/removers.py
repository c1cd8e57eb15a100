"""How the instance is removed, and what of others would go with it."""

from __future__ import annotations

from collections.abc import Sequence

from ...azure.resource_ids import group_of, names
from ...record.change import Change
from ..core.recipes import Call, az
from ..core.removal import Made, Removal, Remover, removes
from ..data_plane.contents import foreign_contents
from ..data_plane.removers import instance_of, is_in
from ..directory.role_assignments import left_behind
from ..subscription import resources
from .kinds import INSTANCE


@removes(INSTANCE)
class Instance(Remover):
    """The instance, with all its data."""

    tagged = True
    usual = 36  # recorded

    def blocker(self, removal: Removal) -> str:
        """Name what others have put into it, and the roles that others gave its own identity."""
        found = removal.clients.digital_twins(removal.subscription).digital_twins.get(*names(removal.id)[1:])
        noted = removal.context.journal.why_kept(removal.id)
        inside = foreign_contents(removal.clients, removal.subscription, found, removal.ours, noted)
        if inside:
            return f"others work with it: {inside}"
        identity = str(found.identity.principal_id or "") if found.identity else ""
        left = left_behind(removal.clients, removal.subscription, identity, removal.going) if identity else ""
        return f"its own identity would go with it, and {left}" if left else ""

    def forget(self, removal: Removal) -> None:
        """Forget the values that were kept."""
        removal.context.journal.forget_values(removal.id)

    def call(self, removal: Removal) -> Call:
        """Delete it. There is no recycle bin."""
        where = (removal.group, removal.change.name)
        return Call("digital_twins", removal.subscription, "digital_twins.begin_delete", where)

    def command(self, change: Change) -> str:
        """Write the same as an `az` command."""
        group = group_of(change.resource_id)
        return az("dt delete", dt_name=change.name, resource_group=group, yes=True)

    def contents(self, removal: Removal, made: Sequence[Made]) -> tuple[Made, ...]:
        """Return models, twins and relationships that this run made: they go with the instance."""
        data = [one for one in made if instance_of(one[1])]
        there = resources.instance(removal.clients, *names(removal.id)) if data else None
        return tuple(one for one in data if there and is_in(one[1], there))
