"""Draws the instance that you create, with what comes with it."""

from __future__ import annotations

from ..core.picture import Picture
from ..core.results import Plan
from ..directory.kinds import ROLE
from ..network.picture import draw_group, draw_instance, draw_new_instance, draw_topology
from .findings import Findings
from .plan import own_access


def depict(found: Findings, plan: Plan, picture: Picture) -> None:
    """Draw what exists, and where what you want would go."""
    draw_group(picture, found.subscription.name, found.group_scope, there=found.group.found != "no")
    if found.instance:
        draw_instance(picture, found.subscription.name, found.instance, gets_identity=found.missing_identity)
    else:
        draw_new_instance(picture, found.scope, gets_identity=found.missing_identity)
    own, left_out = own_access(found), any(problem.field == "grant_access" for problem in plan.problems)
    picture.box(own.id, own.member, own.role, there=found.has_access, mark="blocked" if left_out else "")
    picture.line(found.scope, ROLE.line, own.id)
    if found.topology:
        draw_topology(picture, found.topology)
