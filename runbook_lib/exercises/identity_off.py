"""Exercise: the identity was switched off, and events stopped."""

from __future__ import annotations

from collections.abc import Iterator

from ..steps.identity.step import ManagedIdentity
from . import events, staging
from .place import Command
from .shape import Exercise, Look


class IdentityOff(Exercise):
    """Off and on again isn't as before."""

    name = "identity-off"
    title = "Switched off for a minute, and events stopped"
    story = (
        "The instance sends alarms to an event hub, and signs in there with its own identity. Somebody tidied up and"
        " turned the identity off."
    )
    symptom = '"No alarms since noon. Nobody touched the endpoint or the event hub!"'
    goal = "The endpoint alarms works under the instance's own identity, which is allowed to send to the event hub."
    hints = (
        "Follow the way of an event: the endpoint, what it signs in with, and what that is allowed to do.",
        "Each time it's turned on, an identity is a new one. Whose are the roles at the event hub now?",
        "Turn the identity on (03-managed-identity), give it Azure Event Hubs Data Sender, create the endpoint again.",
    )
    why = (
        "Turning a system-assigned identity off deletes it. Turned on again it's another one with another object id, so"
        " its old role belongs to nobody, and an endpoint that lost its identity doesn't come back by itself. All three"
        " need repair: the identity, its role at the event hub, and the endpoint, which is deleted and created again."
    )

    def _stage(self) -> None:
        from azure.mgmt.digitaltwins.models import DigitalTwinsIdentity, DigitalTwinsPatchDescription

        if events.state(self.place) == "Disabled":
            return  # An interrupted start came this far; a new identity would leave the old one's role behind.
        events.stage(self.place, self.region, role=True)
        context = self.bench.context(self.manager)
        begin = context.clients.digital_twins(self.place.subscription_id).digital_twins.begin_update
        off = DigitalTwinsPatchDescription(identity=DigitalTwinsIdentity(type="None"))
        where = (self.place.group, self.place.label)
        context.waiting.finish(begin, *where, off, seconds=600, doing="turning the identity off")

    def _look(self) -> Look:
        works = bool(events.sends(self.place)) and events.state(self.place) == "Succeeded"
        return Look(works, events.told(self.place))

    def _repair(self) -> None:
        ManagedIdentity(self.bench.context(self.who), self._values(system_assigned="on")).apply()
        who, hub = events.principal(self.place), events.hub(self.place)
        staging.assign(self.place, events.SENDER, who, hub, kind="ServicePrincipal")
        staging.delete(self.place, events.endpoint(self.place))
        staging.put(self.place, events.endpoint(self.place), events.endpoint_body(self.place))

    def commands(self) -> Iterator[Command]:
        """Return the solution."""
        on = {"identity": {"type": "SystemAssigned"}}
        yield events.rest_command(self.who, "patch", self.place.instance, on)
        yield events.role_command(self.place, self.who)
        there = events.endpoint(self.place)
        yield events.rest_command(self.who, "delete", there)
        yield events.rest_command(self.who, "put", there, events.endpoint_body(self.place))


EXERCISE = IdentityOff
