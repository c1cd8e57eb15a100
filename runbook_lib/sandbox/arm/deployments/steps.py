"""What ARM lists as a deployment's operations."""

from __future__ import annotations

import uuid
from typing import Any

from ...clock import moment
from ...store import Document
from .runs import Run

_STATUS = {200: "OK", 201: "Created", 202: "Accepted", 204: "NoContent", 400: "BadRequest", 403: "Forbidden"}


def steps_of(document: Document, run: Run) -> list[dict[str, Any]]:
    """Return a run's operations as ARM lists them."""
    return [
        {
            "id": f"{document['id']}/operations/{step.name}",
            "operationId": step.name,
            "properties": {
                "provisioningOperation": "Create",
                "provisioningState": step.state,
                "timestamp": step.ended or step.began,
                "duration": f"PT{(moment(step.ended or step.began) - moment(step.began)).total_seconds():g}S",
                "trackingId": str(uuid.uuid4()),
                "statusCode": _STATUS.get(step.status, "Conflict"),
                **({"statusMessage": {"status": "Failed", "error": step.error}} if step.error else {}),
                "targetResource": {
                    "id": step.wanted.id,
                    "resourceType": step.wanted.type,
                    "resourceName": step.wanted.id.rpartition("/")[2],
                },
            },
        }
        for step in run.steps
        if step.began
    ]
