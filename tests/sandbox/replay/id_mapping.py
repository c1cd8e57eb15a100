"""What the recordings call things by, and what the sandbox calls them by."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import requests

from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID

from .exchanges import Exchange

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
KNOWN = {
    "00000000-0000-0000-0000-000000000000": TRAINING_ID,
    "54826b22-38d6-4fb2-bad9-b7b93a3e9c5a": TENANT_ID,
    "eastus2euap": "eastus2",  # a region for Microsoft's own tests
}


class Translation:
    """Translates recorded requests; learns new names from pairs of answers while a scenario goes on."""

    def __init__(self, **known: str) -> None:
        self._words = {**KNOWN, **known}

    def text(self, recorded: str) -> str:
        """Translate a text, longest names first: an address is known as a whole before the ids in it."""
        for word in sorted(self._words, key=len, reverse=True):
            recorded = recorded.replace(word, self._words[word])
        return recorded

    def body(self, recorded: Any) -> str | None:
        """Translate a body into the text that is sent."""
        if recorded is None:
            return None
        return self.text(recorded if isinstance(recorded, str) else json.dumps(recorded))

    def learn(self, exchange: Exchange, answer: requests.Response) -> None:
        """Note the ids in the same places of both bodies, and where to look at a running operation."""
        for name in ("azure-asyncoperation", "location"):
            if name in exchange.headers and name in answer.headers:
                theirs, ours = exchange.headers[name], answer.headers[name]
                # The address as a whole and, because some were edited for publication, its last part alone.
                self._words |= {theirs: ours, _last_part(theirs): _last_part(ours)}
        if exchange.body is not None and answer.content and answer.ok:
            self._pair(exchange.body, answer.json())

    def _pair(self, theirs: Any, ours: Any) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                self._pair(theirs[key], ours[key])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self._pair(one, other)
        elif isinstance(theirs, str) and isinstance(ours, str) and _ID.fullmatch(theirs) and _ID.fullmatch(ours):
            self._words.setdefault(theirs, ours)


def _last_part(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]
