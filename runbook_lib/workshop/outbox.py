"""What is to be reported. The record of a run is the outbox, so nothing is lost without network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ..record.journal import Journal
from ..steps.clean_up.step import CleanUp
from .messages import PLACES, REPORTS_AT_ONCE, Report

_EXERCISE: Mapping[str, str] = {
    "started": "open",
    "not tried": "working",
    "not yet": "stuck",
    "solved": "done",
    "hint": "working",
    "solution": "working",
    "reset": "undone",
}
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_./*,: -]")


def pending(folder: Path, sent: int, since: datetime) -> tuple[list[Report], int]:
    """Return the next reports from a record, and how many of its events will be dealt with once they're sent.

    `sent` is how many are already. What happened before `since` isn't reported. Raises InputError if the record can't
    be read.
    """
    journal = Journal(folder)
    events, reports, number = journal.events(), list[Report](), sent
    for number, event in enumerate(events[sent:], sent + 1):  # the last one counts
        if datetime.fromisoformat(event["at"]) >= since and (found := report_of(f"{journal.run_id}:{number}", event)):
            reports.append(found)
            if len(reports) == REPORTS_AT_ONCE:
                break
    return reports, number


def report_of(identifier: str, event: Mapping[str, Any]) -> Report | None:
    """Return what an event of a record is to the board; None for most. Nothing else of it travels."""
    state, error = _state(event)
    if not state or event["step"] not in PLACES:
        return None
    hints = event.get("hints", 0)
    return Report.model_validate(
        {"id": identifier, "at": event["at"], "place": event["step"], "state": state, "error": error, "hints": hints}
    )


def _state(event: Mapping[str, Any]) -> tuple[str, str]:
    match event["event"]:
        case "shown":
            return "open", ""
        case "plan":
            return "working", ""
        case "apply":
            # Without confirmation, clean-up only looks.
            return ("open" if event["step"] == CleanUp.id and not event["outcome"].get("made") else "done"), ""
        case "verify":
            checks = event.get("verification", {}).get("checks", ())
            return ("stuck", "VerificationFailed") if any(one["status"] == "failed" for one in checks) else ("", "")
        case "trouble":
            return "stuck", _NOT_PLAIN.sub("", f"{event.get('error', '')} {event.get('code', '')}").strip()[:160]
        case "exercise":
            return _EXERCISE.get(str(event.get("result")), ""), ""
    return "", ""
