"""How bulk jobs run: section by section, so that a cancelled one has done a part.

Durations: a job of a few lines took seven seconds (the article's log), a million twins ten minutes, a million
relationships fifteen (announcement of the API). Modelled: what happens to a job whose file can't be read or whose log
can't be written, and that it goes on after a twin or relationship that's refused, but ends as failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from ..arm.digital_twins import instance_at
from ..context import Context
from ..http import Request
from ..storage.blobs import Address, Blobs, content_of
from ..store import Document
from ..tokens import Caller
from . import models, relationships, twins
from .call import Call, Operation
from .catalog import MODEL, Catalogs
from .errors import DataPlaneError, DTDLParserError
from .graph_errors import ValidationFailed
from .job_input import SECTIONS, InputInvalid, JobInput, log_line, read_input
from .jobs import DELETION, IMPORT, job_time
from .keys import document_key
from .twin_graph import Change, Graphs

SECTION_SECONDS, START_SECONDS, DELETION_SECONDS = 2.0, 3.0, 10.0
SECONDS_EACH = {"Models": 0.0006, "Twins": 0.0006, "Relationships": 0.0009}
_RIGHTS = {
    "Models": "Microsoft.DigitalTwins/models/write",
    "Twins": "Microsoft.DigitalTwins/digitaltwins/write",
    "Relationships": "Microsoft.DigitalTwins/digitaltwins/relationships/write",
}
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


class JobFailure(Exception):
    """Why a job can't go on: the `error` that it shows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}


class Jobs:
    """Begins and carries on the jobs of all instances."""

    def __init__(self, context: Context, graphs: Graphs, catalogs: Catalogs) -> None:
        self._context = context
        self._graphs = graphs
        self._catalogs = catalogs
        self._blobs = Blobs(context.store, context.clock)
        context.operations.on_finish(IMPORT, self._step)
        context.operations.on_finish(DELETION, self._delete_all)

    def begin_import(self, call: Call, job: Document) -> None:
        """Accept an import."""
        job["caller"], job["phase"] = asdict(call.caller), ""
        self._save(IMPORT, job)
        self._next(IMPORT, job, START_SECONDS)

    def begin_deletion(self, call: Call, job: Document) -> None:
        """Accept a deletion."""
        self._save(DELETION, job)
        graph = call.graph
        size = len(graph.twins) + len(graph.relationships)
        self._next(DELETION, job, DELETION_SECONDS + SECONDS_EACH["Relationships"] * size)

    def current(self, kind: str, job: Document) -> Document:
        """Return a job as it is now: a fault can have ended the operation behind it."""
        operation = self._context.operations.latest(_operation_key(kind, job))
        failed = operation is not None and operation["status"] in ("Failed", "Canceled")
        if operation and failed and job["status"] in ("notstarted", "running"):
            ended = {"finishedDateTime": job_time(operation["endTime"]), "error": operation.get("error")}
            return {**job, **ended, "status": "failed"}
        return job

    def _next(self, kind: str, job: Document, seconds: float, since: str | None = None) -> None:
        facts = {"host": job["host"], "job": job["id"]}
        self._context.operations.begin(kind, _operation_key(kind, job), seconds, since=since, **facts)

    def _save(self, kind: str, job: Document) -> None:
        self._context.store.put(kind, document_key(job["host"], job["id"]), job)

    # ---- deletion ----------------------------------------------------------------------------------------------------

    def _delete_all(self, operation: Document) -> None:
        store, host = self._context.store, operation["host"]
        job = store.get(DELETION, document_key(host, operation["job"]))
        if job is None:  # the instance was deleted meanwhile
            return
        graph = self._graphs.current(host)
        for source, identifier in list(graph.relationships):
            self._graphs.write(host, Change(source, identifier, None))
        for twin in list(graph.twins):
            self._graphs.write(host, Change(twin, None, None))
        store.delete_all(MODEL, f"{host}/")
        self._save(DELETION, {**job, "status": "succeeded", "finishedDateTime": job_time(operation["endTime"])})

    # ---- import ------------------------------------------------------------------------------------------------------

    def _step(self, operation: Document) -> None:
        """Do the next section of an import, or end it."""
        key = document_key(operation["host"], operation["job"])
        job = self._context.store.get(IMPORT, key)
        if job is None:
            return
        at = operation["endTime"]
        job["lastActionDateTime"] = job_time(at)
        if job["status"] == "cancelling":
            self._end(job, "cancelled")
            return
        run = _Run(self._context, self._graphs, self._catalogs, self._blobs, job, self, at)
        try:
            content = run.read()
            if job["status"] == "notstarted":
                job["status"] = "running"
                run.log({"status": "Started"}, new=True)
            else:
                run.section(content, job["phase"])
            following = _following(content, job["phase"])
            if not following:
                run.log({"status": "Failed" if job.get("failure") else "Succeeded"})
        except JobFailure as failure:
            run.close(failure)
            self._end(job, "failed", failure.error)
            return
        if following:
            job["phase"] = following
            self._save(IMPORT, job)
            entries = content.sections[following]
            self._next(IMPORT, job, SECTION_SECONDS + SECONDS_EACH[following] * len(entries), at)
        else:
            self._end(job, "failed" if job.get("failure") else "succeeded", job.get("failure"))

    def _end(self, job: Document, status: str, error: Any = None) -> None:
        job |= {"status": status, "finishedDateTime": job["lastActionDateTime"]}
        self._save(IMPORT, {**job, **({"error": error} if error else {})})


class _Run:
    """One step of one import: what it may do, and how it does it."""

    def __init__(
        self, context: Context, graphs: Graphs, catalogs: Catalogs, blobs: Blobs, job: Document, jobs: Jobs, at: str
    ) -> None:
        self._context, self._graphs, self._catalogs = context, graphs, catalogs
        self._blobs, self._job, self._jobs, self._at = blobs, job, jobs, at
        instance = instance_at(context.store, job["host"])
        assert instance is not None, "an instance takes its jobs along"
        self._instance = instance
        self._caller = Caller(**job["caller"])

    def read(self) -> JobInput:
        """Read the input, as the instance's identity. Raises JobFailure."""
        container, name = self._blob("inputBlobUri", f"{_BLOBS}/read")
        blob = self._blobs.get(container, name)
        if blob is None:
            raise JobFailure("BlobNotFound", f"There is no blob at {self._job['inputBlobUri']}.")
        try:
            return read_input(content_of(blob))
        except InputInvalid as problem:
            raise JobFailure("ValidationFailed", str(problem)) from problem

    def log(self, details: dict[str, Any], kind: str = "Info", *, new: bool = False) -> None:
        """Add a line to the log. Raises JobFailure."""
        container, name = self._blob("outputBlobUri", f"{_BLOBS}/write")
        line = log_line(self._at, self._job["id"], details, kind)
        blob = None if new else self._blobs.get(container, name)
        if blob is None:
            self._blobs.put(container, name, "AppendBlob", line, "application/octet-stream")
        else:
            self._blobs.append(container, blob, line)

    def close(self, failure: JobFailure) -> None:
        """Write the end of a failed job into the log, if that's possible."""
        try:
            self.log({"error": failure.error}, "Error")
            self.log({"status": "Failed"})
        except JobFailure:
            return

    def section(self, content: JobInput, name: str) -> None:
        """Import a section. Raises JobFailure if the job can't go on."""
        self.log({"section": name, "status": "Started"})
        if not self._context.access.permits(self._caller, _RIGHTS[name], self._instance["id"], data=True):
            # Documented: the type is skipped, the others are imported, and the job's message names the permission.
            problems = [{"code": "Forbidden", "message": f"The caller does not have the permission {_RIGHTS[name]}."}]
        else:
            write = {"Models": self._models, "Twins": self._twins, "Relationships": self._relationships}[name]
            problems = list(write(content.sections[name]))
        for problem in problems:
            self.log({"section": name, "error": problem}, "Error")
        self.log({"section": name, "status": "Failed" if problems else "Succeeded"})
        if problems:
            self._job.setdefault("failure", problems[0])

    def _models(self, entries: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        try:
            models.store_models(self._call("POST", "/models", entries), entries)
        except DTDLParserError as error:
            # The code that the azure-iot extension's tests expect.
            raise JobFailure("DTDLParsingError", error.message) from error
        except DataPlaneError as error:
            raise JobFailure(error.code, error.message) from error
        return ()

    def _twins(self, entries: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        for entry in entries:
            identifier = str(entry.get("$dtId", ""))
            call = self._call("PUT", "/digitaltwins", entry, id=identifier)
            yield from _problem(twins.put_twin, call, identifier)

    def _relationships(self, entries: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        for entry in entries:
            given = dict(entry)
            source, identifier = (str(given.pop(name, "")) for name in ("$dtId", "$relationshipId"))
            call = self._call("PUT", "/relationships", self._spelled(source, given), id=source, r=identifier)
            yield from _problem(relationships.put_relationship, call, identifier)

    def _spelled(self, source: str, given: dict[str, Any]) -> dict[str, Any]:
        """Spell properties as the model does.

        Modelled: the article's example has `relationshipProperty1` for a property `relationshipproperty1`.
        """
        twin = self._graphs.current(self._job["host"]).twins.get(source)
        model = self._catalogs.of(self._job["host"]).find(twin["$metadata"]["$model"]) if twin else None
        definition = model.relationships.get(str(given.get("$relationshipName"))) if model else None
        names = {name.lower(): name for name in (definition.properties if definition else ())}
        return {names.get(name.lower(), name): value for name, value in given.items()}

    def _call(self, method: str, path: str, body: Any, **values: str) -> Call:
        query = {"api-version": ("2023-10-31",)}
        request = Request(method, self._job["host"], path, query, {}, json.dumps(body).encode())
        context = self._context
        return Call(
            context.store,
            context.clock,
            request,
            self._caller,
            self._instance,
            values,
            self._graphs,
            self._catalogs,
            self._jobs,
        )

    def _blob(self, field: str, action: str) -> tuple[Document, str]:
        """Return the container and the name of a blob that the instance's identity can use. Raises JobFailure."""
        uri = self._job[field]
        address = Address.parse(uri)
        account = self._blobs.account(address.account) if address else None
        container = self._blobs.container(account, address.container) if account and address else None
        if container is None or address is None:
            raise JobFailure("ContainerNotFound", f"There is no container for {field} {uri}.")
        principal = (self._instance.get("identity") or {}).get("principalId") or ""
        identity = Caller(principal, self._caller.tenant_id, "servicePrincipal", "")
        if not self._context.access.permits(identity, action, container["id"], data=True):
            message = f"The identity of the instance does not have the permission {action} for {field} {uri}."
            raise JobFailure("AuthorizationPermissionMismatch", message)
        return container, unquote(address.name)


def _problem(write: Operation, call: Call, identifier: str) -> Iterable[dict[str, Any]]:
    """Write a twin or relationship, and say what was wrong with it."""
    try:
        write(call)
    except ValidationFailed as error:
        yield {"id": identifier, "code": error.code, "message": " ".join((error.message, *error.problems))}
    except DataPlaneError as error:
        yield {"id": identifier, "code": error.code, "message": error.message}


def _operation_key(kind: str, job: Document) -> str:
    return f"/{kind}s/{document_key(job['host'], job['id'])}"


def _following(content: JobInput, phase: str) -> str:
    """Name the section after one (after the header if that's empty) that the file has; empty if there's none."""
    rest = SECTIONS[SECTIONS.index(phase) + 1 :] if phase else SECTIONS
    return next((name for name in rest if name in content.sections), "")
