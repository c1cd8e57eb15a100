"""What an import job reads and writes: NDJSON in sections, and a log of the same form (concepts-apis-sdks article)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

SECTIONS = ("Models", "Twins", "Relationships")
"""What a file can have after its header, in this order; each is optional."""


class InputInvalid(Exception):
    """A file that isn't one. The text is modelled."""


@dataclass(frozen=True)
class JobInput:
    """The content of a file."""

    sections: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many models, twins and relationships there are."""
        return sum(map(len, self.sections.values()))


def read_input(content: bytes) -> JobInput:
    """Read a file. Raises InputInvalid, with the line's number."""
    sections: dict[str, list[dict[str, Any]]] = {}
    current = ""
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        entry = _entry(line, number)
        if "Section" not in entry:
            if not current:
                raise InputInvalid(f"Line {number}: the file must start with the section Header.")
            sections[current].append(entry)
            continue
        order = ("Header", *SECTIONS)
        name = entry["Section"]
        if name not in order or name in sections or (not current and name != "Header"):
            raise InputInvalid(f"Line {number}: the section '{name}' is not expected here.")
        if current and order.index(name) < order.index(current):
            raise InputInvalid(f"Line {number}: the section '{name}' must come before '{current}'.")
        current = name
        sections[current] = []
    if not sections.get("Header"):
        raise InputInvalid("The file has no header.")
    return JobInput({name: entries for name, entries in sections.items() if name != "Header"})


def _entry(line: bytes, number: int) -> dict[str, Any]:
    try:
        entry = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise InputInvalid(f"Line {number} is not a JSON object.")
    return entry


def log_line(time: str, job: str, details: dict[str, Any], kind: str = "Info") -> bytes:
    """Return a line of the log."""
    line = {"timestamp": time, "jobId": job, "jobType": "Import", "logType": kind, "details": details}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
