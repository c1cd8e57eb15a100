"""The article's second part: set up user access, and prove that it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ...azure.permissions import Permissions
from ...explain.translate import explaining
from ...parameters import DATA_ROLES, AssignAccessParameters, problems
from ...record.change import Change
from ..clean_up import undo as clean_up_undo
from ..core.kinds import Places
from ..core.plan_builder import Draft, refusal
from ..core.recipes import Call, Way
from ..core.results import Check, Outcome, Plan, Proof, Undone
from ..core.step import Choice, Progress, Remark, Silent, Step
from ..data_plane import probe
from ..directory import holders, principals, role_assignments
from ..directory.principals import Principal
from ..directory.role_assignments import PROPAGATION_SECONDS
from ..subscription import resources
from ..subscription.existing_instance import offer_instances
from ..subscription.resources import Subscription

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


@dataclass(frozen=True)
class Findings:
    """What is there."""

    subscription: Subscription
    instance: DigitalTwinsDescription
    principal: Principal
    present: Sequence[role_assignments.Assignment]
    """Assignments that let the principal read data at the instance, inherited and through groups included."""
    role: str
    reading: dict[str, str]
    """The roles that read data: names by GUID."""

    @property
    def scope(self) -> str:
        """Resource id of the instance."""
        return str(self.instance.id)

    @property
    def host_name(self) -> str:
        """Host name of the instance, without a scheme."""
        return str(self.instance.host_name)

    @property
    def existing(self) -> role_assignments.Assignment | None:
        """The very assignment that is asked for, when it is there."""
        return role_assignments.matching(self.present, self.scope, DATA_ROLES[self.role], self.principal.object_id)


class AssignAccess(Step[AssignAccessParameters]):
    """Gives a user, group or service principal access to the instance's data, and proves that it works."""

    id: ClassVar[str] = "assign-access"
    title: ClassVar[str] = "Set up user access permissions"
    action_label: ClassVar[str] = "Assign"
    parameters_type: ClassVar[type[AssignAccessParameters]] = AssignAccessParameters

    def plan(self) -> Plan:
        """Look who has access now, and say what would be assigned."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Assign the role, unless it is assigned already."""
        progress.phase("Looking at who has access")
        plan, found = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if found is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without findings names what is in the way")
        if plan.changes:
            self._record_reading_before(found)
        for change in plan.changes:
            progress.phase(f"Assigning {found.role}", 2)
            with self.context.journal.doing(self.id, change), explaining(f"assigning {found.role}"):
                self._assign(found)
        self.context.journal.settle(self.id, self._wanted_id(found))
        outcome = self._outcome(found, plan.changes)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check that the assignment is listed, then read data as the member until that works or the time is over."""
        progress.phase("Looking for the role assignment")
        draft = Draft(self.id, "")
        with explaining("checking the access"):
            found = self._survey(draft)
            if found is None:
                problem = draft.problems[0]
                check = Check("The role assignment is listed", "failed", problem.message, problem.remedy)
                proof = Proof(self.id, "Access could not be checked", (check,))
            else:
                proof = self._prove(found, progress)
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Remove the role assignments that this run made."""
        return clean_up_undo.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups, instances, members by the beginning of their name, and roles."""
        if field == "role":
            return [Choice(name, name) for name in DATA_ROLES]
        if field == "principal_type":
            return [Choice("", "any"), *(Choice(word, word.replace("-", " ")) for word in principals.KINDS)]
        if field == "principal":
            with explaining("reading the list"):
                return principals.offer(self.context.clients, self.given("principal", values))
        return offer_instances(self, field, values)

    def remark(self, field: str, values: Mapping[str, Any]) -> Remark | None:
        """Look the member up in the directory."""
        wanted, kind = self.given("principal", values), self.given("principal_type", values)
        if field != "principal" or not wanted or "principal_type" in problems(self.parameters_type, values):
            return None
        draft = Draft(self.id, "")
        with explaining("looking the member up"):
            found = principals.find(self.context.clients, wanted, kind, draft)
        if found:
            return Remark("good", str(found))
        return Remark("bad", " ".join(filter(None, (draft.problems[0].message, draft.problems[0].meaning))))

    def _look(self) -> tuple[Plan, Findings | None]:
        draft = Draft(self.id, f"Give access to {self.parameters.instance_name}")
        with explaining("working out the plan"):
            found = self._survey(draft)
            if found:
                self._draw_up(found, draft)
        return draft.finish(), found

    def _survey(self, draft: Draft) -> Findings | None:
        clients, wanted = self.context.clients, self.parameters
        subscription = resources.choose_subscription(clients, wanted.subscription, draft)
        principal = principals.find(clients, wanted.principal, wanted.principal_type, draft)
        draft.choices += [
            ("Subscription", str(subscription) if subscription else wanted.subscription or "none"),
            ("Resource group", wanted.resource_group),
            ("Resource name", wanted.instance_name),
            ("Role", wanted.role),
            ("Member", str(principal) if principal else wanted.principal),
        ]
        if subscription is None:
            return None
        where = (wanted.resource_group, wanted.instance_name)
        instance = resources.require_instance(clients, subscription, *where, draft)
        if instance is None or principal is None:
            return None
        reading = role_assignments.data_roles(clients, subscription.id, str(instance.id))
        group = principal.kind == "Group"
        there = role_assignments.assignments_of(
            clients, subscription.id, str(instance.id), principal.object_id, group=group
        )
        present = [a for a in there if a.role_id.lower() in reading]
        return Findings(subscription, instance, principal, present, wanted.role, reading)

    def _draw_up(self, found: Findings, draft: Draft) -> None:
        clients, principal = self.context.clients, found.principal
        described = [a.describe(found.scope, principal.object_id) for a in found.present]
        draft.notes.append(f"{principal.name} has for the data now: {'; '.join(described) or 'no role'}.")
        everybody = holders.listed(clients, found.subscription.id, found.scope, found.reading)
        if everybody:
            draft.blocks.append(everybody)
        else:
            draft.notes.append("Nobody has a role for the data here yet.")
        draft.notes.append(self._reading_now(found))
        if found.existing:
            return
        command = role_assignments.command(found.scope, found.role, principal.object_id, principal.kind)
        change = Change("assign", "Role", found.role, self._wanted_id(found), f"to {principal.name} at the instance")
        page = role_assignments.page(str(found.instance.name), found.role, principal.name)
        draft.add(change, Way(page, command, (self._call(found),)))
        places = Places(found.subscription.scope, instance=found.scope)
        draft.allow(Permissions(clients), clients.target.account(), change, places, command=command)

    def _reading_now(self, found: Findings) -> str:
        clients = self.context.clients
        someone = probe.reader(clients, found.principal)
        if someone is None:
            return f"Reading data as {found.principal.name} was not tried: nobody can be signed in as them here."
        reading = probe.read(clients, found.host_name, someone)
        return f"Reading data as {someone.name}, just now: {reading.result} ({reading.evidence})."

    def _record_reading_before(self, found: Findings) -> None:
        """Keep what a read said before the role, for the proof: refused before, accepted after."""
        with explaining("reading data before the role is assigned"):
            text = self._reading_now(found)
        self.context.journal.record("before", self.id, assignment=self._wanted_id(found), reading=text)

    def _wanted_id(self, found: Findings) -> str:
        return role_assignments.assignment_id(found.scope, DATA_ROLES[found.role], found.principal.object_id)

    def _call(self, found: Findings) -> Call:
        principal = found.principal
        return role_assignments.assigning(
            found.subscription.id, found.scope, DATA_ROLES[found.role], principal.object_id, principal.kind
        )

    def _assign(self, found: Findings) -> None:
        principal = found.principal
        role_assignments.assign(
            self.context.clients, found.subscription.id, found.scope, DATA_ROLES[found.role], principal.object_id,
            principal.kind,
        )  # fmt: skip

    def _outcome(self, found: Findings, made: tuple[Change, ...]) -> Outcome:
        values = {
            "Member": str(found.principal),
            "Role": found.role,
            "Name": str(found.instance.name),
            "Resource group": resources.group_of(found.scope),
            "Host name": found.host_name,
        }
        verb = "has" if made else "had"
        title = f"{found.principal.name} {verb} {found.role}" + ("" if made else " already")
        notes = ("A new role can take up to 10 minutes to work; the proof waits for it.",) if made else ()
        return Outcome(self.id, title, values, made, notes)

    def _prove(self, found: Findings, progress: Progress) -> Proof:
        listed = [a.describe(found.scope, found.principal.object_id) for a in found.present]
        fitting = [a for a in found.present if a.role_id.lower() == DATA_ROLES[found.role]]
        evidence = "; ".join(listed) or "no assignment that gives access to the data"
        status: Any = "passed" if fitting else "failed"
        check = Check("The role assignment is listed", status, evidence, "" if fitting else "Run this step first.")
        checks = (check, self._proof_by_reading(found, progress, bool(fitting)))
        passed = all(one.status != "failed" for one in checks)
        title = f"{found.principal.name} has access to {found.instance.name}" if passed else "Access is not there"
        everybody = holders.listed(self.context.clients, found.subscription.id, found.scope, found.reading)
        return Proof(self.id, title, checks, {"Host name": found.host_name}, (everybody,) if everybody else ())

    def _proof_by_reading(self, found: Findings, progress: Progress, listed: bool) -> Check:
        name, clients = "Reading data works", self.context.clients
        someone = probe.reader(clients, found.principal)
        if someone is None:
            reason = f"Nobody can be signed in as {found.principal.name} here."
            return Check(name, "not tried", reason, probe.how_to_try(found.host_name, found.role))
        progress.phase(f"Reading data as {someone.name}", PROPAGATION_SECONDS)
        last = probe.read(clients, found.host_name, someone)
        minutes = self.parameters.timeout_minutes

        def accepted() -> bool | None:
            nonlocal last
            last = probe.read(clients, found.host_name, someone)
            return True if last.result == "accepted" else None

        if last.result == "refused" and listed:
            progress.phase("Waiting for the role to take effect", PROPAGATION_SECONDS)
            self.context.waiting.until(accepted, minutes * 60, first=1)
        if last.result == "accepted":
            return Check(name, "passed", f"as {someone.name}: {self._before(found)}accepted ({last.evidence})")
        if last.result == "shut out":
            return Check(name, "not tried", f"as {someone.name}: {last.evidence}", probe.HOW_TO_COME_IN)
        remedy = (
            f"The role did not take effect within {minutes} minutes; run this cell again."
            if listed
            else "Run this step first."
        )
        return Check(name, "failed", f"as {someone.name}: refused ({last.evidence})", remedy)

    def _before(self, found: Findings) -> str:
        noted = [e for e in self.context.journal.events(self.id) if e["event"] == "before"]
        mine = [e for e in noted if e.get("assignment") == self._wanted_id(found)]
        return "refused before, now " if mine and ": refused (" in str(mine[-1].get("reading")) else ""
