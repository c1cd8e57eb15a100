"""What a run planned, did and proved, on disk: so that nothing half-made stays unrecorded, and a rerun can go on.

One line of JSON for each event, in `journal.jsonl`. Before every write goes an `intent`, after it a `done` or a
`failed` that names the same change; an intent without either was interrupted, and Azure may have finished it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .important_values import ENVIRONMENT_FILE, JSON_FILE, as_environment, as_json

if TYPE_CHECKING:
    from .change import Change

RUN_FOLDER_VARIABLE = "RUNBOOK_RUN_DIR"
"""Environment variable that names the run's folder; the `runbook run` command sets it for its notebooks."""

_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_ASSIGNMENT = re.compile(
    r"(?i)\b((?:client_?secret|password|shared_?access_?key|account_?key|access_?token|refresh_?token|sig)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&;,]+"
)
_SECRET_NAME = re.compile(r"(?i)secret|password|access_?token|refresh_?token|accesskey|connectionstring|authorization$")
_SECRET_VARIABLES = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD")
REMOVED = "[removed: secret]"


class Journal:
    """The record of one run, in a folder of its own that all notebooks of the run share."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when there is none."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "journal.jsonl"

    def record(self, event: str, step: str, **details: Any) -> None:
        """Append an event; it is on the disk when this returns. Secrets and tokens in it are replaced."""
        entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, "step": step, **details}
        line = json.dumps(redact(entry), ensure_ascii=False, default=str) + "\n"
        # One write to a file opened for appending: lines of two notebooks at once do not mix.
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def events(self, step: str = "") -> list[dict[str, Any]]:
        """Return the events so far, oldest first; of one step, or of all."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text("utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # a power cut in the middle of a line
            if not step or entry.get("step") == step:
                found.append(entry)
        return found

    @contextmanager
    def doing(self, step: str, change: Change) -> Iterator[None]:
        """Record a change around the block that makes it.

        An exception from Azure's refusal closes the change as failed. Whatever leaves Azure at work (a timeout, Ctrl+C,
        a lost connection, the process's end) leaves it open, for a rerun to find.
        """
        from ..errors import TimedOut, Unreachable

        name = str(uuid.uuid4())
        self.record("intent", step, id=name, change=asdict(change))
        try:
            yield
        except (TimedOut, Unreachable) as error:
            self.record("interrupted", step, id=name, reason=error.message)
            raise
        except Exception as error:
            closed = "interrupted" if getattr(error, "uncertain", False) else "failed"
            self.record(closed, step, id=name, reason=str(getattr(error, "message", error)))
            raise
        except BaseException as error:
            self.record("interrupted", step, id=name, reason=type(error).__name__)
            raise
        self.record("done", step, id=name)

    def made(self, step: str = "") -> tuple[Change, ...]:
        """Return the changes that this run made and has not taken back, oldest first; of one step, or of all."""
        return tuple(change for name, change in self.made_by() if name == step or not step)

    def made_by(self) -> tuple[tuple[str, Change], ...]:
        """Return what `made` does, each with the step that made it. Whichever step took something back, it is gone."""
        changes, closed = self._changes("")
        made: dict[tuple[str, str, str], tuple[str, Change]] = {}
        for name, (step, change) in changes.items():
            if closed.get(name) != "done":
                continue
            thing = (change.kind, change.resource_id.lower())
            if change.action == "delete":
                made = {key: value for key, value in made.items() if key[1:] != thing}
            else:
                made.setdefault((step, *thing), (step, change))
        return tuple(made.values())

    def unfinished(self, step: str = "") -> dict[str, Change]:
        """Return the changes that were begun and neither done nor failed, by their id in the journal."""
        return {name: change for name, (_, change) in self._open(step).items()}

    def unfinished_by(self) -> tuple[tuple[str, Change], ...]:
        """Return the changes that were begun and neither done nor failed, each with its step."""
        return tuple(self._open("").values())

    def settle(self, step: str, resource_id: str) -> tuple[Change, ...]:
        """Close the unfinished changes of a resource, which a rerun found to be done; return them."""
        open_changes = self.unfinished(step).items()
        found = {name: change for name, change in open_changes if change.resource_id.lower() == resource_id.lower()}
        for name in found:
            self.record("done", step, id=name, reason="found done by a later run")
        return tuple(found.values())

    def keep_values(self, values: Mapping[str, str]) -> None:
        """Add to `important-values.json` and `important-values.env`, which people, pipelines and programs read."""
        path = self.folder / JSON_FILE
        known = json.loads(path.read_text("utf-8")) if path.exists() else {}
        fresh = redact(dict(values))
        # The newest come first: they are what the reader has just made.
        merged = {**fresh, **{label: value for label, value in known.items() if label not in fresh}}
        self._replace(path, as_json(merged))
        self._replace(self.folder / ENVIRONMENT_FILE, as_environment(merged))

    def _replace(self, path: Path, text: str) -> None:
        """Write a file as a whole, or not at all."""
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)

    def _open(self, step: str) -> dict[str, tuple[str, Change]]:
        changes, closed = self._changes(step)
        return {name: change for name, change in changes.items() if closed.get(name) not in ("done", "failed")}

    def _changes(self, step: str) -> tuple[dict[str, tuple[str, Change]], dict[str, str]]:
        from .change import Change

        changes: dict[str, tuple[str, Change]] = {}
        closed: dict[str, str] = {}
        for entry in self.events(step):
            if entry["event"] == "intent":
                changes[entry["id"]] = (entry["step"], Change(**entry["change"]))
            elif entry["event"] in ("done", "failed") and "id" in entry:
                closed[entry["id"]] = entry["event"]
        return changes, closed


def open_journal(target: str, folder: Path | None = None) -> Journal:
    """Open the journal of the present run.

    The folder is `folder`, else the one that RUNBOOK_RUN_DIR names, else one that all notebooks opened by hand share:
    `runs/notebooks-sandbox` or `runs/notebooks-azure` in this product's home.
    """
    from ..azure.target import home

    named = os.environ.get(RUN_FOLDER_VARIABLE, "")
    return Journal(folder or (Path(named) if named else home() / "runs" / f"notebooks-{target}"))


def redact(value: Any) -> Any:
    """Return JSON data without anything that looks like a token or a secret."""
    if isinstance(value, Mapping):
        return {
            name: REMOVED if isinstance(inner, str) and inner and _SECRET_NAME.search(str(name)) else redact(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(inner) for inner in value]
    return _redact_text(value) if isinstance(value, str) else value


def _redact_text(text: str) -> str:
    for variable in _SECRET_VARIABLES:
        if secret := os.environ.get(variable):
            text = text.replace(secret, REMOVED)
    return _ASSIGNMENT.sub(rf"\1{REMOVED}", _TOKEN.sub(REMOVED, text))
