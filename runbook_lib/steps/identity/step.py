"""The article's third part: enable or disable the instance's managed identities, and know what that would break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...azure.resource_ids import SYSTEM_SUFFIX, group_scope_of
from ...parameters import SWITCHES, ManagedIdentityParameters
from ...record.change import Change
from ..core.context import Progress
from ..core.picture import Picture
from ..core.plan_builder import PlanBuilder
from ..core.results import Outcome, Plan, Verification
from ..core.step import Choice
from ..network.picture import draw_instance
from ..subscription import registration, resources
from ..subscription.existing_instance import ExistingInstanceStep
from ..subscription.kinds import PROVIDER
from ..subscription.resources import Subscription
from . import changes, kinds
from . import survey as identity_survey
from .checks import important_values, verify
from .plan import Findings, draw_up, survey

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

_PHASES: Mapping[tuple[str, str], tuple[str, float]] = {
    ("register", PROVIDER.name): ("Registering the resource provider", PROVIDER.usual_seconds),
    ("create", kinds.IDENTITY.name): ("Creating the identity {}", kinds.IDENTITY.usual_seconds),
    ("create", kinds.OWN_IDENTITY.name): (
        "Turning on the system-assigned identity",
        kinds.OWN_IDENTITY.usual_seconds,
    ),
    ("delete", kinds.OWN_IDENTITY.name): (
        "Turning off the system-assigned identity",
        kinds.OWN_IDENTITY.usual_seconds,
    ),
    ("assign", kinds.ASSOCIATED.name): ("Associating {}", kinds.OWN_IDENTITY.usual_seconds),
    ("delete", kinds.ASSOCIATED.name): ("Removing {}", kinds.OWN_IDENTITY.usual_seconds),
}
"""What to say while making a change, and how many seconds it usually takes."""
_NO_ROLES = (
    "It has no roles yet, so it can't access anything. Give it a role on what it needs, for example an event hub: {}"
)
_GIVE = (
    "az role assignment create --assignee-object-id {} --assignee-principal-type ServicePrincipal "
    "--role 'Azure Event Hubs Data Sender' --scope <resource id of the event hub>"
)


class ManagedIdentity(ExistingInstanceStep[ManagedIdentityParameters, Findings]):
    """Turns the system-assigned identity on or off, and associates or removes user-assigned ones."""

    id: ClassVar[str] = "managed-identity"
    title: ClassVar[str] = "Enable or disable managed identity for the instance"
    action_label: ClassVar[str] = "Save"
    parameters_type: ClassVar[type[ManagedIdentityParameters]] = ManagedIdentityParameters
    plan_title: ClassVar[str] = "Managed identities of {instance_name}"
    looking: ClassVar[str] = "Looking at the identities"
    checking: ClassVar[str] = "Checking the identities"
    cannot_check: ClassVar[tuple[str, str]] = ("The identities couldn't be checked", "The instance exists")
    if_empty: ClassVar[str] = "Nothing to do: the identities already are as requested."
    usual_seconds: ClassVar[float] = kinds.OWN_IDENTITY.usual_seconds
    switch: ClassVar[str] = "system_assigned"
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        switch: dict(zip(SWITCHES, ("On", "Off", "Leave it as it is"), strict=True))
    }

    def _is_offered(self, field: str) -> bool:
        return field in ("associate_identity", "remove_identity") or super()._is_offered(field)

    def _offer(self, field: str, values: Mapping[str, Any], subscription: Subscription) -> Sequence[Choice]:
        if field == "associate_identity":
            return identity_survey.offer_identities(self.context.clients, subscription.id)
        if field == "remove_identity":
            there = self._instance(values)
            mine = identity_survey.associated(there) if there else []
            return [Choice("", "none"), *(Choice(one.resource_id, one.name) for one in mine)]
        return super()._offer(field, values, subscription)

    def _now(self, instance: DigitalTwinsDescription) -> str:
        if instance.identity and resources.has_system_identity(instance):
            return f"It's on now: object id {instance.identity.principal_id}."
        return "It's off now."

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        return survey(self.context.clients, self.parameters, builder)

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        return draw_up(self.context.clients, found, builder)

    def _depict(self, found: Findings, plan: Plan, picture: Picture) -> None:
        draw_instance(picture, found.subscription.name, found.instance)
        scope, group = found.scope, group_scope_of(found.scope)
        if found.requested:
            association = identity_survey.association_id(scope, found.requested.resource_id)
            picture.box(association, found.requested.name, kinds.ASSOCIATED.name, there=False)
            picture.line(scope, kinds.ASSOCIATED.line, association)
        for use in found.uses:
            stops = any(loss.name == use.name and loss.kind == use.kind for loss in plan.losses)
            picture.box(use.resource_id, use.name, f"{use.kind}: stops" if stops else use.kind, inside=group)
            owner = use.identity_id if use.identity_id.endswith(SYSTEM_SUFFIX) else f"{scope}#{use.identity_id}"
            picture.line(owner, "sends to", use.resource_id)

    def _phase(self, change: Change) -> tuple[str, float]:
        text, usual = _PHASES[change.action, change.kind]
        return text.format(change.name), usual

    def _make(self, change: Change, found: Findings, doing: str) -> None:
        context = self.context
        match change.action, change.kind:
            case "register", _:
                registration.register(context, found.subscription.id, self.seconds, change.name)
            case "create", kinds.IDENTITY.name:
                region = str(found.instance.location)
                changes.creating(change.resource_id, region, context.journal.run_id).run(context.clients)
            case _:
                changes.make(context, change, found.scope, self.seconds, doing)

    def _outcome(self, plan: Plan, after: Findings, made: tuple[Change, ...]) -> Outcome:
        lost = [f"{loss.kind} {loss.name}: {loss.effect}" for loss in plan.losses]
        notes = ["\n".join(["What has stopped or is left behind:", *lost])] if lost else []
        if any((change.action, change.kind) == ("create", kinds.OWN_IDENTITY.name) for change in made):
            command = _GIVE.format(after.system.object_id if after.system else "")
            notes.append(_NO_ROLES.format(self.context.clients.target.cloud.command(command)))
        title = f"The identities of {after.instance.name} {'have changed' if made else 'already were as requested'}"
        tone = "warning" if plan.losses else "good"
        return Outcome(self.id, title, important_values(after), made, tuple(notes), tone)  # type: ignore[arg-type]

    def _check(self, found: Findings, progress: Progress) -> Verification:
        return verify(self.context.clients, found, self.context.waiting, progress)
