"""Endpoints of an instance: where event routes send their events.

Life cycle as recorded (azure-sdk-for-net, February 2023; azure-powershell, June 2025): the service accepts an
endpoint to an event hub that doesn't exist, and shows no secrets. Modelled: how long a change takes, and what is
refused while the instance or the endpoint is being changed.
"""

from __future__ import annotations

import json
from typing import Any

from ...clock import stamp
from ...http import Answer
from ...store import Document
from ...world import fingerprint
from .. import errors
from ..calls import Call, public
from ..system_data import created_by, modified_by
from .children import Children
from .endpoint_validation import check_child_name, endpoint_properties

COLLECTION = "endpoints"
MAXIMUM = 6
WRITE_SECONDS = 6.4
"""Measured in February 2023."""
DELETE_SECONDS = 5.7
"""Measured in June 2025."""


class Endpoints(Children):
    """Serves the endpoints of instances."""

    collection = COLLECTION
    outcome = "endpoint"

    def put(self, call: Call) -> Answer:
        """Create an endpoint (201), change one (200, finished later), or find that nothing changed (200)."""
        instance, name = self.idle_instance(call), call.values["name"]
        body = call.body()
        properties = endpoint_properties(body, instance)
        # Only a fingerprint of the given values is kept: the store holds no secret.
        given = fingerprint(json.dumps(body["properties"], sort_keys=True))
        existing = self.find(call)
        if existing is None:
            check_child_name(name, "endpoint")
            self._check_limit(instance)
            return self._create(call, instance, properties, given)
        self.check_child_idle(existing)
        _check_kept(existing["properties"], properties)
        if existing["_sandbox"]["given"] == given and existing["properties"]["provisioningState"] == "Succeeded":
            return Answer(200, public(existing))
        existing["_sandbox"]["given"] = given
        return self._change(call, instance, existing, properties)

    def delete(self, call: Call) -> Answer:
        """Start to delete (202); 204 if there's nothing to delete."""
        answer = self.begin_delete(call, DELETE_SECONDS)
        if answer.body:
            answer.body = {**answer.body, "systemData": None}  # recorded
        return answer

    def _create(self, call: Call, instance: Document, properties: dict[str, Any], given: str) -> Answer:
        now = self._context.clock.now()
        state = {"provisioningState": "Provisioning", "createdTime": stamp(now).removesuffix("Z") + "+00:00"}
        endpoint = self.document(instance, call.values["name"], {**properties, **state})
        endpoint |= {"systemData": created_by(call.caller, now), "_sandbox": {"given": given}}
        return self.begin(call, instance, endpoint, "Create", WRITE_SECONDS, status=201)

    def _change(self, call: Call, instance: Document, endpoint: Document, properties: dict[str, Any]) -> Answer:
        state = {"provisioningState": "Updating", "createdTime": endpoint["properties"]["createdTime"]}
        endpoint["properties"] = {**properties, **state}
        endpoint["systemData"] |= modified_by(call.caller, self._context.clock.now())
        return self.begin(call, instance, endpoint, "Update", WRITE_SECONDS, status=200)

    def _check_limit(self, instance: Document) -> None:
        if len(self._inventory.children(instance["id"], COLLECTION)) >= MAXIMUM:
            raise errors.bad_request(
                f"The Digital Twins instance '{instance['name']}' has '{MAXIMUM}' endpoints, which is the limit. "
                "Please visit http://aka.ms/dtv2limits for details."
            )


def _check_kept(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse another type or authentication: that takes a new endpoint (documented)."""
    for name in ("endpointType", "authenticationType"):
        if before[name] != after[name]:
            raise errors.bad_request(
                f"The {name} of an endpoint cannot be changed. Delete the endpoint and create it again."
            )
