"""The evidence of a run: what was planned, asked of Azure and checked, sealed so that any later change shows.

`evidence.json` holds the facts, with the SHA-256 of every other file of the run and of its own content.
`evidence.html` says the same on one page that needs no other file; it is written from the facts alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from .event_log import unreadable, unwritable
from .journal import Journal
from .redaction import redact

JSON_NAME = "evidence.json"
PAGE_NAME = "evidence.html"
_PACKAGES = (
    "adt-setup-runbook",
    "azure-identity",
    "azure-mgmt-digitaltwins",
    "azure-mgmt-authorization",
    "azure-digitaltwins-core",
    "papermill",
)
_APART = (JSON_NAME, PAGE_NAME)
_TRANSIENT = (".lock", ".log")
_ENDS = ("done", "failed", "interrupted", "found")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was when the evidence was written."""

    file: str
    reason: str
    step: str = ""
    """The step that it belongs to, when that is known."""

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}" + (f" (step {self.step})" if self.step else "")


def write_evidence(folder: Path) -> Path:
    """Write both files for the run in a folder, and return the page. Raises InputError when that can't be done."""
    facts = _facts(folder)
    sealed = {**facts, "sha256": _digest(facts)}
    try:
        (folder / JSON_NAME).write_text(json.dumps(sealed, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (folder / PAGE_NAME).write_text(page(sealed), "utf-8")
        for name in _APART:
            (folder / name).chmod(0o600)
    except OSError as error:
        raise unwritable(folder / JSON_NAME, error.strerror or str(error)) from error
    return folder / PAGE_NAME


def verify(folder: Path) -> list[Finding]:
    """Return all that isn't as it was when the evidence was written; empty when every byte is.

    Raises InputError when there is no evidence in the folder.
    """
    try:
        sealed = json.loads((folder / JSON_NAME).read_text("utf-8"))
        facts = {name: value for name, value in sealed.items() if name != "sha256"}
        known: dict[str, str] = dict(facts["files"])
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't evidence of a run"
        raise unreadable(folder / JSON_NAME, reason) from error
    found = [] if sealed.get("sha256") == _digest(facts) else [Finding(JSON_NAME, "its content doesn't fit its seal")]
    found += _journal_findings(folder, facts)
    there = _hashes(folder)
    for name in sorted({*known, *there}):
        if name not in there:
            found.append(Finding(name, "it is gone", _step_of(name, facts)))
        elif name not in known:
            found.append(Finding(name, "it has come since"))
        elif known[name] != there[name]:
            found.append(Finding(name, "it was changed", _step_of(name, facts)))
    shown = folder / PAGE_NAME
    if not shown.exists() or shown.read_bytes() != page(sealed).encode():
        found.append(Finding(PAGE_NAME, "it doesn't say what the facts say"))
    return found


def _facts(folder: Path) -> dict[str, Any]:
    journal = Journal(folder)
    events = journal.events()
    facts = {
        "run": journal.run_id,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "sessions": [_without(event, "event", "step", "previous") for event in events if event["event"] == "session"],
        "versions": {"python": python_version(), **{name: version(name) for name in _PACKAGES}},
        "steps": [_step(name, events) for name in dict.fromkeys(event["step"] for event in events if event["step"])],
        "damages": [str(damage) for damage in journal.damages()],
        "lines": _lines(journal.path),
        "files": _hashes(folder),
    }
    sealed: dict[str, Any] = redact(facts)
    return sealed


def _step(name: str, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    mine = [event for event in events if event["step"] == name]

    def last(kind: str, key: str) -> Any:
        return next((event.get(key) for event in reversed(mine) if event["event"] == kind), None)

    ends = {event["id"]: event for event in mine if event["event"] in _ENDS and "id" in event}
    changes = [
        {**event["change"], "begun": event["at"], **_end(ends.get(event["id"]))}
        for event in mine
        if event["event"] == "intent"
    ]
    return {
        "step": name,
        "plan": last("plan", "plan"),
        "changes": changes,
        "requests": [_without(event, "event", "step", "previous") for event in mine if event["event"] == "request"],
        "outcome": last("apply", "outcome"),
        "verification": last("verify", "verification"),
    }


def _end(event: Mapping[str, Any] | None) -> dict[str, str]:
    if event is None:
        return {"state": "open"}
    more = {name: str(event[name]) for name in ("reason", "stamp") if event.get(name)}
    return {"state": str(event["event"]), "ended": str(event["at"]), **more}


def _journal_findings(folder: Path, facts: Mapping[str, Any]) -> list[Finding]:
    """Compare the journal line by line, so that the step can be named whose line was changed."""
    known, there = facts.get("lines") or [], _lines(folder / "journal.jsonl")
    found = [
        Finding("journal.jsonl", f"line {number} was changed", str(before.get("step")))
        for number, (before, now) in enumerate(zip(known, there, strict=False), 1)
        if before != now
    ]
    if len(known) != len(there):
        found.append(Finding("journal.jsonl", f"it has {len(there)} lines in place of {len(known)}"))
    return found


def _lines(path: Path) -> list[dict[str, str]]:
    """Return the hash of each line of the journal, with its step."""
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            step = str(json.loads(line).get("step", ""))
        except (ValueError, AttributeError):
            step = ""
        found.append({"step": step, "sha256": sha256(line).hexdigest()})
    return found


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name not in _APART and path.suffix not in _TRANSIENT
    }


def _step_of(name: str, facts: Mapping[str, Any]) -> str:
    """Return the step whose notebook a file is, by the end of its name: `01-create-instance.ipynb`."""
    steps = [str(one["step"]) for one in facts.get("steps") or ()]
    return next((step for step in steps if Path(name).stem.partition("-")[2] == step), "")


def _digest(facts: Mapping[str, Any]) -> str:
    return sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _without(event: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; table-layout: auto; margin: .5rem 0 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
td { overflow-wrap: break-word; white-space: pre-line; }
code { font-size: .9em; }
"""


def page(sealed: Mapping[str, Any]) -> str:
    """Write the facts as one page of HTML that needs no other file."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Evidence of a setup run</title>',
        f"<style>{_STYLE}</style></head><body>",
        "<h1>Evidence of a setup run</h1>",
        _table(("Fact", "Value"), [("Run", sealed["run"]), ("Written", sealed["written"]), ("Seal", sealed["sha256"])]),
        "<h2>Who, where and when</h2>",
        _table(
            ("At", "Target", "Account", "Object id", "Tenant"),
            [
                (
                    one["at"],
                    one["target"],
                    one["account"]["name"],
                    one["account"]["object_id"],
                    one["account"]["tenant_id"],
                )
                for one in sealed["sessions"]
            ],
        ),
        *(_section(step) for step in sealed["steps"]),
        "<h2>Versions</h2>",
        _table(("Package", "Version"), sorted(sealed["versions"].items())),
        "<h2>Files</h2>",
        _table(("File", "SHA-256"), sorted(sealed["files"].items())),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _section(step: Mapping[str, Any]) -> str:
    plan, outcome, checks = step["plan"] or {}, step["outcome"] or {}, step["verification"] or {}
    planned = [(one["action"], one["kind"], one["name"], one["details"]) for one in plan.get("changes", ())]
    made = [
        (
            one["begun"],
            one["action"],
            one["kind"],
            one["name"],
            one["state"],
            one.get("stamp") or one.get("reason") or "",
        )
        for one in step["changes"]
    ]
    asked = [
        (one["at"], one["method"], one["url"], one["status"], " ".join(map(str, one["ids"].values())))
        for one in step["requests"]
    ]
    checked = [(one["status"], one["name"], one["evidence"]) for one in checks.get("checks", ())]
    return "\n".join(
        [
            f"<h2>{escape(step['step'])}: {escape(outcome.get('title') or plan.get('title') or '')}</h2>",
            "<h3>Planned</h3>",
            _table(("Will", "What", "Name", "Details"), planned),
            "<h3>Changes</h3>",
            _table(("Begun", "Action", "What", "Name", "State", "Stamp or reason"), made),
            "<h3>Requests that changed something</h3>",
            _table(("At", "Method", "Address", "Status", "Azure's ids"), asked),
            "<h3>Checks</h3>",
            _table(("Result", "Check", "Evidence"), checked),
        ]
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return "<p>None.</p>"
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
