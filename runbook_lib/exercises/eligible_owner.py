"""Exercise: an Owner who's eligible but not active."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from ..steps.access.step import AssignAccess
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look

_ELIF = person("eligible-owner")
_REQUESTS, _VERSION = "Microsoft.Authorization/roleAssignmentScheduleRequests", "2020-10-01"


class EligibleOwner(Exercise):
    """Owner on paper, Reader in fact."""

    name = "eligible-owner"
    title = "Owner, but not now"
    who = "eligible-owner"
    people = ("eligible-owner",)
    story = (
        "Elif stands in for Olivia this week. The list of owners has her name on it, so she starts to give herself"
        " access to the data of an instance. The page won't let her."
    )
    symptom = '"I am one of the owners. Why is Add role assignment greyed out for me?"'
    goal = "Elif has given herself Azure Digital Twins Data Owner at the instance. She has no permanent role as Owner."
    hints = (
        "Being on the list isn't the same as having the role now. What does 00-start-here say of Elif?",
        "Elif is eligible for Owner (Privileged Identity Management): she can activate it herself, for some hours.",
        "Activate Owner with a reason, wait until it works, and then use 02-assign-access as eligible-owner.",
    )
    why = (
        "Privileged Identity Management keeps strong roles asleep: Elif is eligible for Owner and activates it when she"
        " needs it, with a reason and for a limited time. Until then she's a Reader. A permanent Owner role would work,"
        " and would do away with what the company set up on purpose."
    )

    def _stage(self) -> None:
        staging.instance(self.place, self.region)

    def _look(self) -> Look:
        now = access.Access(self.place)
        mine = staging.creators(self.place, self.place.instance, _ELIF.id)
        owner = [one for one in mine if one.role == "Owner"]
        data = [one for one in mine if one.role == access.DATA_OWNER]
        seen = [now.told(self.who), now.listed("Elif", _ELIF.id)]
        seen += [f"Elif is Owner: {'activated by herself' if one.own else 'given by somebody else'}." for one in owner]
        seen += [f"Her role for the data was given by {'herself' if one.own else 'somebody else'}." for one in data]
        good = any(one.own for one in data) and all(one.own for one in owner)
        return Look(now.writes(self.who) and good, tuple(seen))

    def _activation(self) -> tuple[str, dict[str, Any]]:
        """Return path and body of the request that activates Owner."""
        scope = self.place.subscription_scope
        properties = {
            "principalId": _ELIF.id,
            "roleDefinitionId": staging.definition(self.place, "Owner"),
            "requestType": "SelfActivate",
            "justification": "Give access to the data",
            "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT1H"}},
        }
        path = f"{scope}/providers/{_REQUESTS}/{uuid.uuid4()}?api-version={_VERSION}"
        return path, {"properties": properties}

    def _repair(self) -> None:
        context = self.bench.context(self.who)
        staging.accepted(context.clients.arm.exchange("PUT", *self._activation()))
        step = AssignAccess(context, self._values())
        context.waiting.until(lambda: None if step.plan().blocked else True, staging.PROPAGATION_SECONDS)
        step.apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        path, body = self._activation()
        url = f"https://management.azure.com{path}"
        activate = f"az rest --method put --url '{url}' --body '{json.dumps(body)}'"
        given = access.assign_command(self.who, access.DATA_OWNER, _ELIF.id, self.place.instance)
        return (Command(self.who, activate), given)


EXERCISE = EligibleOwner
