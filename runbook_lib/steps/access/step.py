"""The article's second part: set up user access, and check that it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from ...azure.permissions import Permissions
from ...azure.resource_ids import group_of
from ...explain.translate import explaining
from ...parameters import DATA_ROLES, AssignAccessParameters, problems
from ...record.change import Change
from ..core.context import Progress
from ..core.creation import make, settle_rest
from ..core.kinds import Places
from ..core.picture import Picture
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..core.step import Choice, Hint
from ..data_plane import probe
from ..directory import holders, principals, role_assignments
from ..directory.holders import Holder
from ..directory.kinds import ROLE
from ..directory.principals import Principal
from ..directory.role_assignments import PROPAGATION_SECONDS, NewAssignment
from ..network.picture import draw_instance
from ..subscription.existing_instance import ExistingInstance, find
from ..subscription.step import SubscriptionStep


@dataclass(frozen=True)
class Findings(ExistingInstance[AssignAccessParameters]):
    """What exists."""

    run_id: str
    principal: Principal
    present: Sequence[role_assignments.Assignment]
    """Assignments that let the principal read the instance's data, even if inherited or through a group."""
    reading: dict[str, str]
    """The roles that allow reading data: names by GUID."""
    holders: Sequence[Holder] = ()
    """Everyone who has one of them."""

    @property
    def new(self) -> NewAssignment:
        """The requested assignment."""
        who, where = self.principal, (self.run_id, self.subscription.id, self.scope)
        return NewAssignment(*where, self.wanted.role, who.object_id, who.kind, who.name)

    @property
    def host_name(self) -> str:
        """Host name of the instance, without a scheme."""
        return str(self.instance.host_name)

    @property
    def existing(self) -> role_assignments.Assignment | None:
        """The requested assignment, if it already exists."""
        return self.new.among(self.present)


class AssignAccess(SubscriptionStep[AssignAccessParameters, Findings]):
    """Gives a user, group or service principal access to the instance's data, and checks that it works."""

    id: ClassVar[str] = "assign-access"
    title: ClassVar[str] = "Set up user access permissions"
    action_label: ClassVar[str] = "Assign"
    parameters_type: ClassVar[type[AssignAccessParameters]] = AssignAccessParameters
    plan_title: ClassVar[str] = "Give access to {instance_name}"
    looking: ClassVar[str] = "Looking at who has access"
    checking: ClassVar[str] = "Looking for the role assignment"
    cannot_check: ClassVar[tuple[str, str]] = ("Access couldn't be checked", "The role assignment is listed")
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "role": {name: name for name in DATA_ROLES},
        "principal_type": {"": "any"} | {word: word.replace("-", " ") for word in principals.KINDS},
    }

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, instances, members by the beginning of their name, and roles."""
        if field == "principal":
            with explaining("reading the list"):
                return principals.offer(self.context.clients, self.given("principal", values))
        return super().choices(field, values)

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        """Look the member up in the directory."""
        wanted, kind = self.given("principal", values), self.given("principal_type", values)
        if field != "principal":
            return super().hint(field, values)
        if not wanted or "principal_type" in problems(self.parameters_type, values):
            return None
        with explaining("looking the member up"):
            found = principals.find(self.context.clients, wanted, kind)
        if isinstance(found, Principal):
            return Hint("good", " ".join(filter(None, (str(found), found.told))))
        return Hint("bad", " ".join(filter(None, (found.message, found.meaning))))

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        clients, wanted = self.context.clients, self.parameters
        there = find(clients, wanted, builder, pending=False)
        principal = builder.settle(principals.find(clients, wanted.principal, wanted.principal_type))
        builder.choices += [("Role", wanted.role), ("Member", str(principal) if principal else wanted.principal)]
        if there is None or principal is None:
            return None
        if builder.planned:
            return Findings(wanted, there.subscription, there.instance, builder.run_id, principal, (), {})
        where, group = (clients, there.subscription.id, there.scope), principal.kind == "Group"
        reading = role_assignments.data_roles(*where)
        assigned = role_assignments.assignments_of(*where, principal.object_id, group=group)
        present = [one for one in assigned if one.role_id.lower() in reading]
        return Findings(wanted, there.subscription, there.instance, builder.run_id, principal, present, reading)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        principal = found.principal
        if builder.planned:
            return self._assign(found, builder)
        if principal.on_trust:
            builder.notes.append(
                "You aren't allowed to read the directory. The object id and type are used as you gave them."
            )
        if principal.told:
            builder.notes.append(principal.told)
        described = "; ".join(one.describe(found.scope, principal.object_id) for one in found.present)
        present = f"has the role {described}" if described else "has no role for the data yet"
        builder.notes.append(f"{principal.name} {present}.")
        found = replace(found, holders=self._holders(found))
        if everybody := holders.table(found.holders):
            builder.blocks.append(everybody)
        else:
            builder.notes.append("Nobody has a role for the data here yet.")
        builder.notes.append(self._reading_now(found))
        return found if found.existing else self._assign(found, builder)

    def _holders(self, found: Findings) -> Sequence[Holder]:
        return holders.holders(self.context.clients, found.subscription.id, found.scope, found.reading)

    def _depict(self, found: Findings, plan: Plan, picture: Picture) -> None:
        draw_instance(picture, found.subscription.name, found.instance)
        for one in found.holders:
            inherited = "" if one.where == holders.HERE else f", {one.where}"
            picture.box(one.id, one.name, f"{one.role}{inherited}")
            picture.line(found.scope, ROLE.line, one.id)
        picture.box(found.new.id, found.new.member, found.new.role, there=False)
        picture.line(found.scope, ROLE.line, found.new.id)

    def _assign(self, found: Findings, builder: PlanBuilder) -> Findings:
        """Add the assignment, and the permission that it takes."""
        recipe, places = found.new.recipe(), Places(found.subscription.scope, instance=found.scope)
        builder.add(found.new.change, recipe)
        builder.allow(Permissions(self.context.clients), found.new.change, places, command=recipe.command)
        return found

    def _instance_of(self, found: Findings) -> str:
        return found.scope

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        if plan.changes:
            self._record_reading_before(found)
        made: tuple[Change, ...] = ()
        if plan.changes:
            progress.phase(f"Assigning {found.wanted.role}", ROLE.usual_seconds)
            assign = partial(role_assignments.assign, self.context.clients, found.new)
            made = make(self.context, self.id, plan.changes, f"assigning {found.wanted.role}", assign)
        settle_rest(self.context, self.id)
        found.keep_values(self.context)
        return self._outcome(found, made)

    def _reading_now(self, found: Findings) -> str:
        clients = self.context.clients
        someone = probe.tester(clients, found.principal)
        if someone is None:
            return f"Reading data as {found.principal.name} wasn't tried: this notebook can't sign in as them."
        reading = probe.read(clients, found.host_name, someone)
        return f"Reading data as {someone.name}, just now: {reading.result} ({reading.evidence})."

    def _record_reading_before(self, found: Findings) -> None:
        """Record the result of a read before the role is assigned, so that the check can compare."""
        with explaining("reading data before the role is assigned"):
            text = self._reading_now(found)
        self.context.journal.record("before", self.id, assignment=found.new.id, reading=text)

    def _outcome(self, found: Findings, made: tuple[Change, ...]) -> Outcome:
        values = {
            "Member": str(found.principal),
            "Role": found.wanted.role,
            "Name": str(found.instance.name),
            "Resource group": group_of(found.scope),
            "Host name": found.host_name,
        }
        title = f"{found.principal.name} {'has' if made else 'already had'} {found.wanted.role}"
        notes = ("A new role can take up to 10 minutes to work. The check waits for it.",) if made else ()
        return Outcome(self.id, title, values, made, notes)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        listed = [a.describe(found.scope, found.principal.object_id) for a in found.present]
        fitting = [a for a in found.present if a.role_id.lower() == DATA_ROLES[found.wanted.role]]
        evidence = "; ".join(listed) or "no assignment that gives access to the data"
        check = Check.of("The role assignment is listed", bool(fitting), evidence, "Run this step first.")
        checks = (check, self._check_by_reading(found, progress, bool(fitting)))
        who, where = found.principal.name, found.instance.name
        titles = f"{who} has access to {where}", f"{who} doesn't have access to {where}"
        everybody = holders.table(self._holders(found))
        blocks = (everybody,) if everybody else ()
        return Verification.of(self.id, checks, *titles, {"Host name": found.host_name}, blocks)

    def _check_by_reading(self, found: Findings, progress: Progress, listed: bool) -> Check:
        name, clients = "Reading data works", self.context.clients
        someone = probe.tester(clients, found.principal)
        if someone is None:
            reason = f"This notebook can't sign in as {found.principal.name}."
            return Check(name, "not tried", reason, probe.how_to_try(found.host_name, found.wanted.role))
        progress.phase(f"Reading data as {someone.name}", PROPAGATION_SECONDS)
        last = probe.steady(lambda: probe.read(clients, found.host_name, someone))
        minutes = self.parameters.timeout_minutes

        def accepted() -> bool | None:
            nonlocal last
            last = probe.steady(lambda: probe.read(clients, found.host_name, someone))
            return last.accepted or None

        if last.result == "refused" and listed:
            progress.phase("Waiting for the role to take effect", PROPAGATION_SECONDS)
            self.context.waiting.until(accepted, minutes * 60, first=1)
        if last.accepted:
            return Check(name, "passed", f"as {someone.name}: {self._before(found)}accepted ({last.evidence})")
        if last.result == "blocked":
            return Check(name, "not tried", f"as {someone.name}: {last.evidence}", probe.HOW_TO_COME_IN)
        remedy = (
            f"The role didn't take effect after {minutes} minute{'s' * (minutes > 1)}. Run this cell again."
            if listed
            else "Run this step first."
        )
        return Check(name, "failed", f"as {someone.name}: refused ({last.evidence})", remedy)

    def _before(self, found: Findings) -> str:
        noted = [e for e in self.context.journal.events(self.id) if e["event"] == "before"]
        mine = [e for e in noted if e.get("assignment") == found.new.id]
        return "refused before, now " if mine and ": refused (" in str(mine[-1].get("reading")) else ""
