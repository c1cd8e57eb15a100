"""Exercise: a subscription in which the resource provider isn't registered."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.instance.step import CreateInstance
from ..steps.subscription.resources import NAMESPACE
from . import access, staging
from .bench import person
from .place import Command
from .shape import Exercise, Look


class UnregisteredProvider(Exercise):
    """What works in one subscription fails in the next."""

    name = "unregistered-provider"
    title = "It works in training and fails in production"
    who = manager = "platform-owner"
    people = ("platform-owner",)
    subscription = "Contoso Production"
    registers = False
    story = (
        "Paula owns both subscriptions. Training has had instances for months. Today she creates the first one in"
        " production, with the same template."
    )
    symptom = '"MissingSubscriptionRegistration. But I am Owner, and the same template works in training!"'
    goal = "The resource group in Contoso Production has the instance that the card names."
    hints = (
        "The message isn't about Paula's role. What differs between the two subscriptions?",
        "Compare the subscriptions' resource providers. Which one does an Azure Digital Twins instance need?",
        "Register Microsoft.DigitalTwins in Contoso Production, as 00-start-here does, and create the instance then.",
    )
    why = (
        "A subscription uses a service only after its resource provider is registered, once per subscription. The"
        " portal does that silently; templates, SDKs and REST calls don't. It takes the action"
        " Microsoft.DigitalTwins/register, which Contributor and Owner have, and a minute or so."
    )

    def _stage(self) -> None:
        staging.unregister(self.place)

    def _look(self) -> Look:
        now = access.Access(self.place, self.place.scope)
        state, there = staging.registration(self.place), self.place.found()
        about = f"The instance {self.place.label} is there: {there.provisioning_state}." if there else "There's none."
        roles = now.listed("Paula", person(self.who).id)
        seen = (f"{NAMESPACE} in {self.subscription}: {state}.", f"Instance in the resource group? {about}", roles)
        return Look(there is not None and there.provisioning_state == "Succeeded", seen)

    def _extra(self) -> str:
        return staging.registration(self.place)

    def _repair(self) -> None:
        staging.register(self.place)
        CreateInstance(self.bench.context(self.who), self._values(region=self.region)).apply()

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        register = f"az provider register --namespace {NAMESPACE} --subscription {self.place.subscription_id} --wait"
        return (Command(self.who, register), staging.create_command(self.place, self.who, self.region))

    def _take_back(self) -> None:
        staging.unregister(self.place)

    def _where(self) -> list[tuple[str, str]]:
        return [("Subscription", self.subscription), *super()._where(), ("Region", self.region)]


EXERCISE = UnregisteredProvider
