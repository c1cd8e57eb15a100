"""Speaks with the board."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from ..display.plain import one_line
from ..errors import InputError, RunbookError, Unreachable
from .membership import Membership
from .membership import now as now_here
from .messages import SIZE_LIMIT, Action, Join, Joined, Outcome, Report, Reports, parsed

_SECONDS = 10.0
_LATE_SECONDS = 10.0
"""How much later than promised the answer to a long wait can come."""


class Dismissed(InputError):
    """The board takes nothing more from this machine: the class is closed, or the token isn't known."""


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none: a token goes to the board only."""


def split_address(join_address: str) -> tuple[str, str]:
    """Return the board's address and the class code. Raises InputError for what isn't a join address."""
    parts = urlsplit(join_address if "//" in join_address else f"http://{join_address}")
    code = parts.path.strip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not code or parts.username:
        raise InputError(
            f"{one_line(join_address, 80)} isn't the address of a class.",
            remedy="Copy the whole address from the board, with the class code at its end.",
        )
    return f"{parts.scheme}://{parts.netloc}", code.rpartition("/")[2]


class Client:
    """The board at an address."""

    def __init__(self, address: str, token: str = "") -> None:
        self._address, self._token = address, token
        # The board is in the room. A proxy of the environment is the sandbox's, or leads out of the building.
        self._opener = build_opener(ProxyHandler({}), _NoRedirect())

    def join(self, code: str, name: str, personal: str) -> Membership:
        """Join a class. Raises InputError if the board refuses, with its reason, and Unreachable."""
        wanted = parsed(Join, {"code": code, "name": name, "personal": personal})
        found = parsed(Joined, self._ask("POST", "/api/join", wanted.model_dump_json()))
        values = found.model_dump()
        return Membership(address=self._address, code=code, joined=now_here(), **values)

    def report(self, reports: Sequence[Report]) -> None:
        """Send reports. Raises Dismissed, InputError and Unreachable."""
        message = Reports(sent=datetime.now(UTC), reports=tuple(reports))
        self._ask("POST", "/api/reports", message.model_dump_json())

    def actions(self, after: int, seconds: float) -> list[Action]:
        """Wait for what the trainer does. Raises as `report` does."""
        path = f"/api/actions?after={after}&wait={seconds:.0f}"
        found = json.loads(self._ask("GET", path, wait=seconds))
        return [parsed(Action, one) for one in found]

    def settle(self, action: int, outcome: Outcome) -> None:
        """Say what became of an action. Raises as `report` does."""
        self._ask("POST", f"/api/actions/{action}", outcome.model_dump_json())

    def leave(self) -> None:
        """Leave the class. Raises as `report` does."""
        self._ask("POST", "/api/leave", "{}")

    def _ask(self, method: str, path: str, body: str = "", wait: float = 0.0) -> bytes:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        request = Request(self._address + path, body.encode() or None, headers, method=method)  # noqa: S310  # checked
        try:
            with self._opener.open(request, timeout=_SECONDS + (wait + _LATE_SECONDS if wait else 0)) as answer:
                return bytes(answer.read(SIZE_LIMIT))
        except HTTPError as error:
            raise _refusal(error) from error
        except (OSError, HTTPException, ValueError) as error:
            raise Unreachable(
                f"The board at {self._address} doesn't answer: {one_line(error, 120)}",
                meaning="This machine isn't in the trainer's network, or the board isn't running.",
                remedy="Check the address and the network. Without a class, leave out --join.",
                who="You, or your trainer.",
            ) from error


def _refusal(error: HTTPError) -> RunbookError:
    try:
        found = json.loads(error.read(SIZE_LIMIT))["error"]
        code, message = str(found["code"]), one_line(found["message"], 300)
    except (OSError, HTTPException, ValueError, TypeError, KeyError):
        code, message = "", f"The board answers with HTTP status {error.code}."
    if error.code >= 500:
        return Unreachable(message, remedy="Wait, then try again.", who="Your trainer.")
    kind = Dismissed if code in ("class-closed", "unknown-token") else InputError
    return kind(message, code=code, who="You, or your trainer.")
