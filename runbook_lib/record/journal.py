"""What a run planned, did and proved, on disk: so that nothing half-made stays unrecorded, and a rerun can go on.

One line of JSON for each event, in `journal.jsonl`, chained by hashes (see `event_log`). Before every write goes an
`intent`, after it a `done` or a `failed` that names the same change; an intent without either was interrupted, and
Azure may have finished it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .event_log import CUT, Damage, EventLog, unwritable, write_whole
from .important_values import ENVIRONMENT_FILE, JSON_FILE, as_environment, as_json, labeled
from .redaction import redact
from .run_file import RUN_FOLDER_VARIABLE, RunFile

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineResponse

    from .change import Change

EVENTS = frozenset(
    {
        *("session", "plan", "before", "intent", "request", "done", "failed", "interrupted", "found"),
        *("apply", "verify", "undo", "setup", "choices", CUT),
        *("shown", "trouble", "exercise", "trainer"),
    }
)
"""All that this version writes."""
_CORRELATION_IDS = ("x-ms-correlation-request-id", "x-ms-request-id", "mise-correlation-id")
NO_RUN = str(uuid.UUID(int=0))
"""The id of a run that hasn't begun."""


class ChangeInProgress:
    """A change while it is made."""

    def __init__(self) -> None:
        self.stamp = ""
        """What Azure stamped the new thing with: see `Remover.stamp`."""
        self.found = False
        """Whether it was there already, in a way that is as good. Then this run hasn't made it."""
        self.replaced = False
        """Whether Azure says that the request has written over one that was there."""


class Journal:
    """The record of one run, in a folder of its own that all notebooks of the run share."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when there is none. Raises InputError when that can't be."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error.strerror or str(error)) from error
        self.folder = folder
        self.path = folder / "journal.jsonl"
        self._log = EventLog(self.path)
        self._changing: list[tuple[str, Change, ChangeInProgress]] = []
        """The changes in progress in this process, each with its step."""
        self.about = ""
        """Resource id of the instance that the changes are for, which each intent names; empty before that is known."""

    @property
    def run_id(self) -> str:
        """What tells this run from every other one: kept in the folder, and put as a tag on what Azure doesn't stamp.

        Raises InputError when the folder can't be written.
        """
        return RunFile(self.folder).id

    def record(self, event: str, step: str, **details: Any) -> None:
        """Append an event; it is on the disk when this returns. Secrets and tokens in it are replaced.

        Raises InputError when the disk or the folder doesn't take it.
        """
        entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, "step": step, **details}
        self._log.append(redact(entry))

    def note(self, event: str, step: str, **details: Any) -> None:
        """Record what nothing depends on. A full disk doesn't matter for it."""
        from ..errors import RunbookError

        with suppress(RunbookError):
            self.record(event, step, **details)

    def trouble(self, step: str, error: BaseException | None) -> None:
        """Note which explained error somebody has met: its kind, and Azure's code or the action that isn't allowed."""
        from ..errors import RunbookError, Stopped

        if isinstance(error, RunbookError) and not isinstance(error, Stopped):
            code = error.code or getattr(error, "action", "")
            self.note("trouble", step, error=type(error).__name__, code=code)

    def events(self, step: str = "") -> list[dict[str, Any]]:
        """Return the events so far, oldest first; of one step, or of all. Damaged lines are passed over."""
        return [entry for entry in self._log.read()[0] if well_formed(entry) and (not step or entry["step"] == step)]

    def damages(self) -> Sequence[Damage]:
        """Return the lines that somebody changed, removed or put in, and those that this version doesn't know."""
        entries, damages = self._log.read()
        odd = [entry for entry in entries if not well_formed(entry)]
        damages = [
            *damages,
            *(Damage(0, f"an event {entry['event']!r} isn't as this version writes it") for entry in odd),
        ]
        foreign = {str(entry["event"]) for entry in entries} - EVENTS
        return (*damages, *(Damage(0, f"the event {name!r} is not known here") for name in sorted(foreign)))

    def note_answer(self, exchange: PipelineResponse[Any, Any]) -> None:
        """Record a request that asked Azure for a change, with the ids that Azure's support asks for."""
        from ..azure.retries import has_replaced

        request, response = exchange.http_request, exchange.http_response
        if not self._changing or request.method in ("GET", "HEAD"):
            return
        ids = {name: response.headers[name] for name in _CORRELATION_IDS if name in response.headers}
        where = request.url.partition("?")[0]
        for _, change, in_progress in self._changing:
            if where.lower().endswith(change.resource_id.lower()) and has_replaced(exchange):
                in_progress.replaced = True
        self.record(
            "request", self._changing[-1][0], method=request.method, url=where, status=response.status_code, ids=ids
        )

    @contextmanager
    def doing(self, step: str, change: Change) -> Iterator[ChangeInProgress]:
        """Record a change around the block that makes it.

        An exception from Azure's refusal closes the change as failed. Anything that leaves Azure at work (a timeout,
        Ctrl+C, a lost connection, the end of the process) leaves it open, for a rerun to find.
        """
        from ..errors import TimedOut, Unreachable

        name, in_progress = str(uuid.uuid4()), ChangeInProgress()
        self.record("intent", step, id=name, change=asdict(change), **({"setup": self.about} if self.about else {}))
        self._changing.append((step, change, in_progress))
        try:
            yield in_progress
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
        finally:
            self._changing.pop()
        if in_progress.found:
            self.record("found", step, id=name, resource_id=change.resource_id, kind=change.kind)
        else:
            self.record("done", step, id=name, **({"stamp": in_progress.stamp} if in_progress.stamp else {}))

    def made(self, step: str = "") -> tuple[Change, ...]:
        """Return the changes that this run made and has not removed again, oldest first; of one step, or of all."""
        return tuple(change for name, change in self.made_by() if name == step or not step)

    def made_by(self) -> tuple[tuple[str, Change], ...]:
        """Return what `made` does, each with the step that made it. What any step removed is gone."""
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

    def current_setup(self) -> str:
        """Return the resource id of the instance that this run is about; empty when it isn't about any yet."""
        return next((str(one["instance"]) for one in reversed(self.events()) if one["event"] == "setup"), "")

    @property
    def tenant(self) -> str:
        """The tenant that somebody has signed in to last, by its id; empty before the first sign-in."""
        sessions = (one for one in reversed(self.events()) if one["event"] == "session")
        return next((str(one["account"].get("tenant_id", "")) for one in sessions), "")

    def make_current(self, step: str, instance: str) -> None:
        """Record the instance that a step created, found or changed as the one that the run goes on with."""
        if instance.lower() != self.current_setup().lower():
            self.record("setup", step, instance=instance)

    def choices(self, step: str) -> dict[str, Any]:
        """Return what a person last entered in the form of a step."""
        return next((dict(one["values"]) for one in reversed(self.events(step)) if one["event"] == "choices"), {})

    def setups(self) -> dict[str, frozenset[str]]:
        """Return for what this run made: by lower-cased resource id, the instances that it was made for."""
        found: dict[str, frozenset[str]] = {}
        for entry in self.events():
            if entry["event"] == "intent" and entry["change"]["action"] != "delete":
                key, instance = entry["change"]["resource_id"].lower(), str(entry.get("setup", "")).lower()
                found[key] = found.get(key, frozenset()) | ({instance} if instance else frozenset())
        return found

    def stamp(self, resource_id: str) -> str:
        """Return what Azure stamped the thing with that this run made last under an id; empty when that isn't known."""
        events = self.events()
        wanted = {
            entry["id"]
            for entry in events
            if entry["event"] == "intent"
            and entry["change"]["action"] != "delete"
            and entry["change"]["resource_id"].lower() == resource_id.lower()
        }
        stamps = [entry["stamp"] for entry in events if entry.get("id") in wanted and entry.get("stamp")]
        return str(stamps[-1]) if stamps else ""

    def why_kept(self, resource_id: str) -> str:
        """Return why an earlier clean-up kept a thing; empty when none did."""
        found = [one for one in self.events() if one["event"] == "found" and one.get("reason")]
        return next((str(o["reason"]) for o in found if o["resource_id"].lower() == resource_id.lower()), "")

    def unfinished(self, step: str = "") -> dict[str, Change]:
        """Return the changes that were begun and neither done nor failed, by their id in the journal."""
        return {name: change for name, (_, change) in self._open(step).items()}

    def unfinished_by(self) -> tuple[tuple[str, Change], ...]:
        """Return the changes that were begun and neither done nor failed, each with its step."""
        return tuple(self._open("").values())

    def begun_at(self, resource_id: str) -> datetime | None:
        """Return when the oldest unfinished change of a resource was begun, aware; None when there is none."""
        names = {name for name, (_, one) in self._open("").items() if one.resource_id.lower() == resource_id.lower()}
        times = [one["at"] for one in self.events() if one["event"] == "intent" and one["id"] in names]
        return datetime.fromisoformat(times[0]) if times else None

    def settle(self, step: str, resource_id: str, *, stamp: str = "") -> tuple[Change, ...]:
        """Close the unfinished changes of a resource, which a rerun found to be done; return them."""
        reason = {"reason": "found done by a later run", **({"stamp": stamp} if stamp else {})}
        return self._close("done", step, resource_id, **reason)

    def give_up(self, step: str, resource_id: str, reason: str) -> tuple[Change, ...]:
        """Close the unfinished changes of a resource that turned out not to be this run's; return them."""
        return self._close("failed", step, resource_id, reason=reason)

    def _close(self, event: str, step: str, resource_id: str, **details: str) -> tuple[Change, ...]:
        open_changes = self.unfinished(step).items()
        found = {name: change for name, change in open_changes if change.resource_id.lower() == resource_id.lower()}
        for name in found:
            self.record(event, step, id=name, **details)
        return tuple(found.values())

    def keep_values(self, values: Mapping[str, str]) -> None:
        """Write `important-values.json` and `.env`, for people, pipelines and programs: those of one instance."""
        fresh = redact(dict(values))
        write_whole(self.folder / JSON_FILE, as_json(fresh))
        write_whole(self.folder / ENVIRONMENT_FILE, as_environment(fresh))

    def forget_values(self, instance: str, *labels: str) -> None:
        """Forget values of the instance with that resource id which are no longer so; without `labels`, all of them."""
        path = self.folder / JSON_FILE
        if instance.lower() != self.current_setup().lower() or not path.exists():
            return
        if labels:
            kept = {label: value for label, value in labeled(path).items() if label not in labels}
            self.keep_values(kept)
            return
        for name in (JSON_FILE, ENVIRONMENT_FILE):
            (self.folder / name).unlink(missing_ok=True)

    def _open(self, step: str) -> dict[str, tuple[str, Change]]:
        changes, closed = self._changes(step)
        return {name: change for name, change in changes.items() if name not in closed}

    def _changes(self, step: str) -> tuple[dict[str, tuple[str, Change]], dict[str, str]]:
        from .change import Change

        changes: dict[str, tuple[str, Change]] = {}
        closed: dict[str, str] = {}
        for entry in self.events(step):
            if entry["event"] == "intent":
                changes[entry["id"]] = (entry["step"], Change(**entry["change"]))
            elif entry["event"] in ("done", "failed", "found") and "id" in entry:
                closed[entry["id"]] = entry["event"]
        return changes, closed


_SHAPES: Mapping[str, Mapping[str, type]] = {
    "intent": {"id": str, "change": dict},
    "done": {"id": str},
    "failed": {"id": str},
    "interrupted": {"id": str},
    "setup": {"instance": str},
    "apply": {"outcome": dict},
    "session": {"target": str, "account": dict},
    "choices": {"values": dict},
    "trainer": {"kind": str, "text": str},
}
"""What other parts of the product read from an event, and so rely on."""
_CHANGE = ("action", "kind", "name", "resource_id")


def well_formed(entry: Mapping[str, Any]) -> bool:
    """Tell whether an event has what readers of this version rely on."""
    shape = {"at": str, "step": str, **_SHAPES.get(str(entry["event"]), {})}
    if any(not isinstance(entry.get(name), kind) for name, kind in shape.items() if entry["event"] in EVENTS):
        return False
    change = entry.get("change")
    return entry["event"] != "intent" or (
        isinstance(change, dict)
        and {*_CHANGE} <= change.keys() <= {*_CHANGE, "details"}
        and all(isinstance(value, str) for value in change.values())
    )


def open_journal(target: str, folder: Path | None = None) -> Journal:
    """Open the journal of the present run.

    The folder is `folder`, else the one that RUNBOOK_RUN_DIR names, else one that all notebooks opened by hand share:
    `runs/notebooks-sandbox` or `runs/notebooks-azure` in this product's home.
    """
    from ..azure.target import home

    named = os.environ.get(RUN_FOLDER_VARIABLE, "")
    return Journal(folder or (Path(named) if named else home() / "runs" / f"notebooks-{target}"))
