"""The Hub's users: those of the roster, each with a code of their own, and the trainer."""

from __future__ import annotations

from secrets import compare_digest
from typing import Any

from jupyterhub.auth import Authenticator
from traitlets import Dict

from ..store import plain_code
from .plan import TRAINER, user_name


class RosterAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """Signs in by personal code, from the hand-out. JupyterHub's shared password would let anybody be anybody."""

    codes = Dict(config=True, help="The sign-in code of each user, and the trainer's password.")

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """Return the user's name if the code is theirs."""
        name, given = user_name(data["username"]), data["password"].strip()
        known = self.codes.get(name, "")
        shaped = given if name == TRAINER else plain_code(given)
        return name if known and compare_digest(shaped.encode(), known.encode()) else None
