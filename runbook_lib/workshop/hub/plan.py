"""What the Hub is told: written by the command that starts it, read by its processes."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..settings import Settings
from ..store import plain_code

VARIABLE = "RUNBOOK_HUB"
"""Environment variable with the path of the plan's file."""
TRAINER = "trainer"
PREFIX = "/services/board"
"""Where JupyterHub puts a service named board."""


@dataclass(frozen=True)
class HubPlan:
    """One Hub with its class."""

    folder: str
    """For everything of the Hub and its users."""
    host: str
    port: int
    hub_port: int
    proxy_port: int
    board_port: int
    code: str
    key: str
    """The class's key: the trainer's password."""
    settings: dict[str, object]
    codes: dict[str, str]
    """The personal sign-in code of each user."""
    consent: str
    """What users read before they sign in."""

    @property
    def board(self) -> str:
        """The board's address on this machine, for users' servers."""
        return f"http://127.0.0.1:{self.board_port}{PREFIX}"

    def write(self) -> Path:
        """Keep the plan, readable for its owner only."""
        path = Path(self.folder) / "hub.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        return path


def read_plan() -> HubPlan:
    """Return the plan that the environment names."""
    return HubPlan(**json.loads(Path(os.environ[VARIABLE]).read_text("utf-8")))


def user_name(name: str) -> str:
    """Return the Hub's name for a learner: JupyterHub has lower case only."""
    return " ".join(name.lower().split())


def sign_in_codes(settings: Settings, key: str) -> dict[str, str]:
    """Return a code for each name of the roster. It stays the same for the class, and nobody can work out another's."""
    return {user_name(name): _code(key, user_name(name)) for name in settings.names}


def _code(key: str, name: str) -> str:
    digest = hmac.new(key.encode(), name.encode(), hashlib.sha256).digest()
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return plain_code("".join(letters[byte % len(letters)] for byte in digest[:8]))
