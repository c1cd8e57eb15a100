"""Signing in with a device code (RFC 8628): a program shows a code, a person approves it in a browser."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from ..clock import Clock, Pace, moment, stamp
from ..http import Answer
from ..store import Document, Store
from . import applications, errors, pages, scopes
from .personas import personas

LIFETIME = timedelta(seconds=900)
"""How long a code is valid (recorded)."""
VERIFICATION_URI = "https://login.microsoftonline.com/device"
"""Azure's own is https://microsoft.com/devicelogin, a host that the sandbox doesn't answer for."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike


class Devices:
    """The device codes that are waiting for a person's decision."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        # Azure says 5 s; a lesson at a faster pace doesn't wait that long.
        self._interval = 5 if pace is Pace.REAL else 1

    def begin(self, form: dict[str, str], tenant: str) -> dict[str, Any]:
        """Issue a code. Raises EntraError for an unknown client or scope."""
        client_id = errors.required(form, "client_id")
        applications.require_known(self._store, client_id, tenant)
        scopes.requested(errors.required(form, "scope"), tenant)
        device_code = secrets.token_urlsafe(64)
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(9))
        key = hash_of(device_code)
        self._store.put(
            "device-code",
            key,
            {
                "key": key,
                "userCode": user_code,
                "clientId": client_id,
                "scope": form["scope"],
                "state": "pending",
                "userId": None,
                "expiresOn": stamp(self._clock.now() + LIFETIME),
                "polledOn": None,
            },
        )
        return {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": VERIFICATION_URI,
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": self._interval,
            "message": f"To sign in, use a web browser to open the page {VERIFICATION_URI} and enter the code "
            f"{user_code} to authenticate.",
        }

    def redeem(self, device_code: str, client_id: str) -> tuple[str, str]:
        """Return user id and scope of an approved code, and use the code up. Raises EntraError in all other cases."""
        key = hash_of(device_code)
        document = self._store.get("device-code", key)
        if document is None or document["clientId"] != client_id:
            raise errors.device_unknown()
        if self._expired(document):
            raise errors.device_expired()
        if document["state"] == "declined":
            raise errors.device_declined()
        if document["state"] == "pending":
            raise self._still_pending(key, document)
        self._store.delete("device-code", key)
        return document["userId"], document["scope"]

    def _still_pending(self, key: str, document: Document) -> errors.EntraError:
        now = self._clock.now()
        polled = document["polledOn"]
        self._store.put("device-code", key, document | {"polledOn": stamp(now)})
        # A second of grace: clients count the interval from when they sent the request.
        if polled and now - moment(polled) < timedelta(seconds=self._interval - 1):
            return errors.device_slow_down()
        return errors.device_pending()

    def _expired(self, document: Document) -> bool:
        return self._clock.now() >= moment(document["expiresOn"])

    def decide(self, user_code: str, persona: str, decision: str) -> Answer:
        """Approve or decline a code as a persona, and show the page that says so, or what was wrong."""
        wanted = user_code.strip().upper().replace("-", "").replace(" ", "")
        users = {user["persona"]: user for user in personas(self._store)}
        waiting = {document["userCode"]: document for document in self._waiting()}
        problem = ""
        if wanted not in waiting:
            problem = "This code is not known. It may have been used, or it is older than 15 minutes."
        elif decision != "decline" and persona not in users:
            problem = f"There is nobody called “{persona}” here. Choose one of the people below."
        if problem:
            return pages.device_page(list(users.values()), user_code=user_code, persona=persona, problem=problem)
        document = waiting[wanted]
        if decision == "decline":
            self._store.put("device-code", document["key"], document | {"state": "declined"})
            return pages.declined_page()
        user = users[persona]
        self._store.put("device-code", document["key"], document | {"state": "approved", "userId": user["id"]})
        return pages.approved_page(user["displayName"])

    def _waiting(self) -> list[Document]:
        documents = self._store.list("device-code")
        return [found for found in documents if found["state"] == "pending" and not self._expired(found)]


def hash_of(secret: str) -> str:
    """Return the key for a code or refresh token, so that a copy of the state file doesn't reveal it."""
    return hashlib.sha256(secret.encode()).hexdigest()
