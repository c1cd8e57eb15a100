"""Exercise: a role that an identity needs was removed."""

from __future__ import annotations

from collections.abc import Iterator

from . import events, staging
from .place import Command
from .shape import Exercise, Look


class RoleRemoved(Exercise):
    """Everything is green, and nothing arrives."""

    name = "role-removed"
    title = "All green, and nothing arrives"
    story = (
        "After an audit, roles that nobody could explain were removed. One of them belonged to an object id with no"
        " name beside it. The instance, its identity and its endpoint look healthy."
    )
    symptom = '"The endpoint says Succeeded, the twins change, and the event hub stays empty."'
    goal = "The instance's own identity has the role that it needs to send to the event hub."
    hints = (
        "A healthy endpoint says that it was created, not that it may send. What does it sign in with?",
        "Look at the event hub's Access control (IAM). Is the instance's identity there?",
        "Give the identity (its object id is on the instance's Identity page) Azure Event Hubs Data Sender at the hub.",
    )
    why = (
        "An identity-based endpoint sends as the instance's identity, and Event Hubs asks for a role with the data"
        " action to send: Azure Event Hubs Data Sender. Contributor manages the hub and sends nothing. Azure doesn't"
        " check the role when it shows the endpoint's state, so everything looks healthy."
    )

    def _stage(self) -> None:
        events.stage(self.place, self.region, role=False)

    def _look(self) -> Look:
        works = bool(events.sends(self.place)) and events.state(self.place) == "Succeeded"
        return Look(works, events.told(self.place))

    def _repair(self) -> None:
        who, hub = events.principal(self.place), events.hub(self.place)
        staging.assign(self.place, events.SENDER, who, hub, kind="ServicePrincipal")

    def commands(self) -> Iterator[Command]:
        """Return the solution."""
        yield events.role_command(self.place, self.who)


EXERCISE = RoleRemoved
