"""The recorded exchanges, read from the folder that `AZURE_SPECS_DIR` names; they are never copied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

RECORDINGS = {
    "controlplane-privateendpoint-digitaltwins": "private endpoint of an instance, by the Azure CLI (2021)",
    "arm-graph-selected": "groups, roles, locks, identities, directory, by the Azure CLI (2020-2024)",
    "dataplane-success": "models, twins, relationships, queries, by the Python SDK (2020)",
    "dataplane-errors": "the data plane's refusals, by the Python SDK (2020)",
}
"""Each recording and what it shows, in the order of the table."""


@dataclass(frozen=True)
class Exchange:
    """One request as a client of Microsoft's sent it, and the real service's answer."""

    recording: str
    number: int
    scenario: str
    """The test of Microsoft's from which it is; what belongs to one scenario happened in one world."""
    method: str
    uri: str
    """Percent-encoded as it was sent."""
    sent: Any
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: Any

    @property
    def key(self) -> tuple[str, int]:
        """What the lists of preparations and differences call it by."""
        return self.recording, self.number

    def __str__(self) -> str:
        return f"{self.recording} {self.number}: {self.method} {unquote(self.uri)} -> {self.status}"


def read(folder: str, recording: str) -> list[Exchange]:
    """Read one recording, in the recorded order."""
    text = (Path(folder) / "recordings" / f"{recording}.json").read_text("utf-8")
    return [_exchange(recording, number, entry) for number, entry in enumerate(json.loads(text)["interactions"])]


@cache
def kept_headers(folder: str, recording: str) -> frozenset[str]:
    """Name the headers that a recording shows anywhere.

    All recordings were published with their headers cut; one that never occurs in a recording was cut, and its
    absence says nothing.
    """
    return frozenset(name for exchange in read(folder, recording) for name in exchange.headers)


def _exchange(recording: str, number: int, entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    return Exchange(
        recording,
        number,
        Path(entry.get("file", recording)).stem,
        request["method"],
        request["uri"],
        request["body"],
        response["status"],
        response["headers"],
        response["body"],
    )
