"""Bulk jobs: imports from a blob, and the deletion of everything (API 2023-10-31).

A job continues by itself, on the sandbox's clock. Statuses and shapes as in the OpenAPI file, the order of things as in
the concepts-apis-sdks article; a new job has no `finishedDateTime` and no `error` (tests of the azure-iot extension).
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from ..clock import moment, stamp
from ..http import Answer
from ..storage.blobs import Address
from ..store import Document
from .call import Call
from .errors import MalformedBody
from .graph_errors import InvalidId
from .job_errors import DeleteJobNotFound, ImportJobNotFound, JobInvalid, JobLimitReached
from .keys import document_key
from .paging import answer_page, page_state
from .validation import check_id

IMPORT, DELETION = "import-job", "deletion-job"
LIMIT = 1
"""Bulk jobs of an instance that can run at a time (service limits)."""
KEPT = timedelta(days=30)
"""How long a job can be looked at (the OpenAPI file's examples)."""
TIMEOUT_MINUTES = (15, 24 * 60)
"""From and to what `timeoutInMinutes` can be (concepts-apis-sdks article)."""
GOING_ON = frozenset({"notstarted", "running", "cancelling"})
_HIDDEN = frozenset({"host", "caller", "phase", "failure"})


def put_import_job(call: Call) -> Answer:
    """PUT /jobs/imports/{id}: 201, whatever the blobs hold; the job looks at them when it runs."""
    identifier, body = call.values["id"], call.body()
    _check_id(identifier)
    if not isinstance(body, dict):
        raise MalformedBody(expected="an object with inputBlobUri and outputBlobUri")
    uris = {name: body.get(name) for name in ("inputBlobUri", "outputBlobUri")}
    for name, uri in uris.items():
        if Address.parse(uri) is None:
            raise JobInvalid(problem=f"{name} is not the address of a blob.")
    if not (call.instance.get("identity") or {}).get("principalId"):
        raise JobInvalid(problem="The instance needs a system-assigned managed identity.")
    if call.store.get(IMPORT, document_key(call.host, identifier)):
        raise JobInvalid(problem=f"The id {identifier} already exists.")
    _check_room(call)
    job = _new(call, identifier, **uris)
    job["lastActionDateTime"] = job["createdDateTime"]
    call.jobs.begin_import(call, job)
    return Answer(201, shown(job))


def get_import_job(call: Call) -> Answer:
    """GET /jobs/imports/{id}."""
    return Answer(200, shown(_require_import(call)))


def list_import_jobs(call: Call) -> Answer:
    """GET /jobs/imports."""
    return _page(call, IMPORT)


def delete_import_job(call: Call) -> Answer:
    """DELETE /jobs/imports/{id}: forget a job that's over; what it imported stays."""
    job = _require_import(call)
    if job["status"] in GOING_ON:
        raise JobInvalid(problem=f"The job {job['id']} is still {job['status']}. Cancel it first.")
    call.store.delete(IMPORT, document_key(call.host, job["id"]))
    return Answer(204)


def cancel_import_job(call: Call) -> Answer:
    """POST /jobs/imports/{id}/cancel: stop as soon as possible; nothing is rolled back."""
    job = _require_import(call)
    if job["status"] not in ("notstarted", "running"):
        raise JobInvalid(problem=f"The job {job['id']} is {job['status']} and cannot be cancelled.")
    job["status"] = "cancelling"
    call.store.put(IMPORT, document_key(call.host, job["id"]), job)
    return Answer(200, shown(job))


def post_deletion_job(call: Call) -> Answer:
    """POST /jobs/deletions: begin to delete all models, twins and relationships (202)."""
    identifier = call.request.headers.get("operation-id") or str(uuid.uuid4())
    _check_id(identifier)
    timeout = call.request.parameter("timeoutInMinutes") or "720"
    low, high = TIMEOUT_MINUTES
    if not timeout.isascii() or not timeout.isdigit() or not low <= int(timeout) <= high:
        raise JobInvalid(problem=f"timeoutInMinutes must be from {low} to {high}.")
    if call.store.get(DELETION, document_key(call.host, identifier)):
        raise JobInvalid(problem=f"The Operation-Id {identifier} already exists.")
    _check_room(call)
    job = _new(call, identifier)
    call.jobs.begin_deletion(call, job)
    version = call.request.parameter("api-version")
    location = f"{call.request.base_url}/jobs/deletions/{identifier}?api-version={version}"
    return Answer(202, shown(job), {"Operation-Location": location, "Operation-Id": identifier})


def get_deletion_job(call: Call) -> Answer:
    """GET /jobs/deletions/{id}."""
    job = _current(call, DELETION).get(call.values["id"])
    if job is None:
        raise DeleteJobNotFound(id=call.values["id"])
    return Answer(200, shown(job))


def list_deletion_jobs(call: Call) -> Answer:
    """GET /jobs/deletions."""
    return _page(call, DELETION)


def shown(job: Document) -> Document:
    """Return a job as answers show it."""
    return {name: value for name, value in job.items() if name not in _HIDDEN}


def job_time(text: str) -> str:
    """Write a time as jobs show it."""
    return text.replace("Z", "+00:00")


def _new(call: Call, identifier: str, **more: Any) -> Document:
    now = call.clock.now()
    return {
        "id": identifier,
        **more,
        "createdDateTime": job_time(stamp(now)),
        "purgeDateTime": job_time(stamp(now + KEPT)),
        "status": "notstarted",
        "host": call.host,
    }


def _check_id(identifier: str) -> None:
    try:
        check_id(identifier, "job")
    except InvalidId as error:
        raise JobInvalid(problem=error.message) from error


def _check_room(call: Call) -> None:
    jobs = [*_current(call, IMPORT).values(), *_current(call, DELETION).values()]
    if sum(job["status"] in GOING_ON for job in jobs) >= LIMIT:
        raise JobLimitReached(limit=LIMIT)


def _current(call: Call, kind: str) -> dict[str, Document]:
    """Return the jobs that can still be looked at, with the state that they have now."""
    now = call.clock.now()
    jobs = [call.jobs.current(kind, job) for job in call.store.list(kind, f"{call.host}/")]
    return {job["id"]: job for job in jobs if moment(job["purgeDateTime"].replace("+00:00", "Z")) > now}


def _require_import(call: Call) -> Document:
    job = _current(call, IMPORT).get(call.values["id"])
    if job is None:
        raise ImportJobNotFound(id=call.values["id"])
    return job


def _page(call: Call, kind: str) -> Answer:
    jobs = _current(call, kind)
    return answer_page(call, page_state(call), jobs, lambda name: shown(jobs[name]))
