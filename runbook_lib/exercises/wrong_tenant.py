"""Exercise: a program that signs in to the wrong tenant, and a token that was pasted and has expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from . import staging
from .place import Command
from .shape import Exercise, Look

TENANT, TOKEN = "collector-tenant", "collector-token"
_FABRIKAM = "5b1e7c42-7a0d-4d5f-9f2c-3c6e0f9d8a11"
_LIFE = timedelta(hours=1)
"""How long an access token is good, roughly (Microsoft identity platform, access tokens)."""


class WrongTenant(Exercise):
    """A collector whose settings name another company's tenant, and a token of yesterday."""

    name = "wrong-tenant"
    title = "The wrong tenant, and a token that had its hour"
    story = (
        "The collector reads its settings from the tags of the instance. Somebody copied the tenant from Fabrikam's"
        " project, and the collector couldn't sign in. So a colleague pasted a token from her own terminal into the"
        " settings, and it ran. For an hour."
    )
    symptom = '"Yesterday AADSTS700016, then it ran, now ExpiredAuthenticationToken. Nobody changed anything!"'
    goal = (
        f"The collector signs in by itself, and keeps on doing so: the tag {TENANT} names the tenant that the"
        f" subscription trusts, and there's no tag {TOKEN}."
    )
    hints = (
        "Two errors, two causes. Which tenant does the subscription belong to, and which one do the settings name?",
        "00-start-here shows your tenant. An access token lives for about an hour, and a pasted one is never renewed.",
        f"Set the tag {TENANT} to the subscription's tenant, and remove the tag {TOKEN}.",
    )
    why = (
        "A subscription trusts exactly one tenant: a sign-in anywhere else is refused, or gives a token that Azure"
        " Resource Manager doesn't accept. A pasted token only hides that, until it expires. Programs should hold an"
        " identity and get tokens themselves, as Azure's clients do: those renew them in time. A token in a tag is also"
        " readable by everybody who can read the resource."
    )

    def _stage(self) -> None:
        past = self.bench.context(self.manager).waiting.today() - _LIFE
        tags = {TENANT: _FABRIKAM, TOKEN: f"pasted by hand, valid until {past:%Y-%m-%d %H:%M} UTC"}
        staging.instance(self.place, self.region, tags=tags)

    def _tags(self) -> Mapping[str, str] | None:
        there = self.place.found()
        return dict(there.tags or {}) if there else None

    @property
    def _home(self) -> str:
        """The tenant that the subscription trusts."""
        found = self.place.clients.subscriptions.subscriptions.get(self.place.subscription_id)
        return str(found.tenant_id)

    def _look(self) -> Look:
        tags = self._tags()
        if tags is None:
            return Look(False, ("The resource group has no such instance.",))
        home, named, token = self._home, tags.get(TENANT, ""), tags.get(TOKEN)
        seen = (
            f"The subscription trusts the tenant {home}.",
            f"The tag {TENANT} says {named}." if named else f"There's no tag {TENANT}.",
            f"There's no tag {TOKEN}." if token is None else f"The tag {TOKEN} says: {token}.",
        )
        return Look(named.lower() == home.lower() and token is None, seen)

    def _repair(self) -> None:
        staging.retag(self.place, {TENANT: self._home})

    def commands(self) -> Sequence[Command]:
        """Return the solution."""
        change = f"az tag update --resource-id {self.place.instance}"
        gone = self._tags() or {}
        return (
            Command(self.who, f"{change} --operation merge --tags {TENANT}={self._home}"),
            *(
                Command(self.who, f"{change} --operation delete --tags '{TOKEN}={value}'")
                for name, value in gone.items()
                if name == TOKEN
            ),
        )


EXERCISE = WrongTenant
