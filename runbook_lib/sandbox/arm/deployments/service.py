"""Microsoft.Resources/deployments in a resource group: validate, deploy, show the outcome.

Answers and states as recorded (azure-cli, May 2021). Each resource of the template is a PUT in the name of the caller,
through the same gateway as every other call. Modelled: work on all resources starts at once.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ...clock import moment, stamp
from ...context import Context
from ...http import Answer, Request
from ...store import Document
from .. import errors
from ..calls import ArmRoute, Call, collection_routes
from ..errors import ArmError
from ..inventory import Inventory
from ..paging import page
from ..paths import parse, resource_key
from .errors import not_simulated
from .template import Template, Wanted, read_template

ACTION = "Microsoft.Resources/deployments"
DEPLOYMENT = "deployment"
EXTRA_SECONDS = 3
"""How much longer a deployment takes than its slowest resource: an instance's took 38 s."""
NAME = re.compile(r"[\w().\-]{1,64}")
Serve = Callable[[Request, bool], Answer]
"""Puts a resource for a deployment; without the flag it only asks whether the gateway would admit the call."""


class Deployments:
    """Serves deployments of resource groups."""

    def __init__(self, context: Context, inventory: Inventory, serve: Serve) -> None:
        self._context = context
        self._inventory = inventory
        self._serve = serve
        context.operations.on_finish("deployment", self._finish)

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        many = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Resources/deployments"
        one = many + "/{name}"
        return [
            *collection_routes(many, ACTION, self),
            ArmRoute("POST", f"{one}/validate", self.validate, f"{ACTION}/validate/action"),
            ArmRoute("POST", f"{one}/whatIf", self.what_if, f"{ACTION}/whatIf/action"),
            ArmRoute("GET", one + "/operationStatuses/{operation}", self.status, f"{ACTION}/operationstatuses/read"),
        ]

    def list_all(self, call: Call) -> Answer:
        """List a group's deployments."""
        return page(call, [_public(d) for d in self._context.store.list(DEPLOYMENT, f"{call.target.scope}/")])

    def get(self, call: Call) -> Answer:
        """Show a deployment."""
        return Answer(200, _public(self._existing(call)))

    def validate(self, call: Call) -> Answer:
        """Tell whether a deployment would be accepted."""
        template = self._checked(call)
        document = self._document(call, template, "Succeeded", validatedResources=_ids(template))
        document["properties"]["duration"] = "PT0S"
        return Answer(200, _public(document))

    def what_if(self, _call: Call) -> Answer:
        """Say that the sandbox can't do this."""
        raise not_simulated("what-if of deployments")

    def put(self, call: Call) -> Answer:
        """Start to deploy: 201. It's finished when the last resource is."""
        name = call.values["name"]
        if not NAME.fullmatch(name):
            raise errors.invalid_resource_name(name, ACTION)
        existing = self._context.store.get(DEPLOYMENT, call.target.scope)
        if existing and existing["properties"]["provisioningState"] in ("Accepted", "Running"):
            raise self._active(existing)
        template = self._checked(call)
        document = self._document(call, template, "Accepted")
        document["_sandbox"] = {"ids": [w.id for w in template.resources], "outputs": template.outputs, "errors": []}
        for wanted in template.resources:
            try:
                self._serve(_request(call, wanted), True)
            except ArmError as error:
                document["_sandbox"]["errors"].append(error.answer().body["error"])
        operation = self._begin(call, document)
        self._context.store.put(DEPLOYMENT, document["id"], document)
        query = f"?api-version={call.api_version}"
        address = f"{call.request.base_url}{document['id']}/operationStatuses/{operation['name']}{query}"
        retry_after = self._context.operations.retry_after(10, first=True)
        return Answer(200 if existing else 201, _public(document), {"Azure-AsyncOperation": address, **retry_after})

    def delete(self, call: Call) -> Answer:
        """Forget a deployment, not what it deployed: 204 (at once, where Azure takes a while)."""
        self._existing(call)
        self._context.store.delete(DEPLOYMENT, call.target.scope)
        return Answer(204)

    def status(self, call: Call) -> Answer:
        """Answer a poll of the `Azure-AsyncOperation` address."""
        operation = self._context.operations.get(call.values["operation"])
        if operation is None or not call.target.scope.lower().startswith(operation["resource"].lower()):
            raise errors.ArmError(404, "DeploymentOperationNotFound", "The deployment operation could not be found.")
        if operation["status"] == "Running":
            return Answer(200, {"status": "Running"}, self._context.operations.retry_after(10, first=False))
        error = {"error": operation["error"]} if "error" in operation else {}
        return Answer(200, {"status": operation["status"], **error})

    def _checked(self, call: Call) -> Template:
        """Read the template, and ask the gateway about each of its resources. Raises ArmError."""
        group = self._context.store.get("resource-group", resource_key(call.target.subscription, call.target.group))
        assert group is not None, "the gateway has looked"
        template = read_template(_body(call.request), group, call.target.subscription.lower())
        problems = [problem for wanted in template.resources for problem in self._problem(call, wanted, template)]
        if problems:
            message = (
                f"The template deployment '{call.values['name']}' is not valid according to the validation procedure. "
                f"The tracking id is '{uuid.uuid4()}'. See inner errors for details."
            )
            raise errors.gateway(400, "InvalidTemplateDeployment", message, details=problems)
        return template

    def _problem(self, call: Call, wanted: Wanted, template: Template) -> list[dict[str, Any]]:
        """Return the gateway's objection to a resource. A parent that the same deployment creates doesn't count."""
        try:
            self._serve(_request(call, wanted), False)
        except ArmError as error:
            above = any(wanted.id.lower().startswith(f"{other.id.lower()}/") for other in template.resources)
            return [] if above and error.code == "ParentResourceNotFound" else [error.answer().body["error"]]
        return []

    def _document(self, call: Call, template: Template, state: str, **more: Any) -> Document:
        now = self._context.clock.now()
        kinds: dict[str, dict[str, set[str]]] = {}
        for wanted in template.resources:
            target = parse(wanted.id)
            places = kinds.setdefault(target.namespace, {}).setdefault(target.type, set())
            places |= {str(wanted.body["location"])} if "location" in wanted.body else set()
        group_id = resource_key(call.target.subscription.lower(), call.target.group)
        return {
            "id": f"{group_id}/providers/{ACTION}/{call.values['name']}",
            "name": call.values["name"],
            "type": ACTION,
            "properties": {
                "templateHash": template.hash,
                "parameters": template.parameters,
                "mode": "Incremental",
                "provisioningState": state,
                "timestamp": stamp(now),
                "duration": "PT1S",
                "correlationId": str(uuid.uuid4()),
                "providers": [
                    {
                        "namespace": namespace,
                        "resourceTypes": [
                            {"resourceType": name, "locations": sorted(places)} for name, places in types.items()
                        ],
                    }
                    for namespace, types in kinds.items()
                ],
                "dependencies": [],
                **more,
            },
        }

    def _begin(self, call: Call, document: Document) -> Document:
        """Start an operation that ends shortly after the last one on a resource of the template."""
        now, unit = self._context.clock.now(), self._context.pace.scale(1).total_seconds()
        ends = [
            operation["endTime"]
            for each in document["_sandbox"]["ids"]
            if (operation := self._context.operations.latest(each)) and operation["status"] == "Running"
        ]
        longest = max(((moment(end) - now).total_seconds() for end in ends), default=0.0)
        seconds = (longest / unit if unit else 0.0) + EXTRA_SECONDS
        facts = {"subscription": call.target.subscription.lower(), "location": "global"}
        return self._context.operations.begin("deployment", document["id"], seconds, **facts)

    def _finish(self, operation: Document) -> Document | None:
        document = self._context.store.get(DEPLOYMENT, operation["resource"])
        if document is None:
            return None
        private, properties = document["_sandbox"], document["properties"]
        began = moment(operation["startTime"])
        properties["timestamp"] = operation["endTime"]
        properties["duration"] = f"PT{(moment(operation['endTime']) - began).total_seconds():g}S"
        details = [*private["errors"], *(e for each in private["ids"] for e in self._failure(each))]
        error = {"code": "DeploymentFailed", "message": _FAILED, "details": details}
        properties["provisioningState"] = "Failed" if details else "Succeeded"
        if details:
            properties["error"] = error
        else:
            properties["outputResources"] = [{"id": each} for each in private["ids"]]
            properties |= {"outputs": private["outputs"]} if private["outputs"] else {}
        self._context.store.put(DEPLOYMENT, document["id"], document)
        return {"status": "Failed", "error": error} if details else None

    def _failure(self, resource_id: str) -> list[dict[str, str]]:
        resource = self._inventory.get(resource_id)
        state = (resource or {}).get("properties", {}).get("provisioningState", "Succeeded")
        if state not in ("Failed", "Canceled"):
            return []
        message = f"The resource operation completed with terminal provisioning state '{state}'."
        return [{"code": "ResourceDeploymentFailure", "message": message}]

    def _existing(self, call: Call) -> Document:
        found = self._context.store.get(DEPLOYMENT, call.target.scope)
        if found is None:
            raise errors.gateway(404, "DeploymentNotFound", f"Deployment '{call.values['name']}' could not be found.")
        return found

    def _active(self, existing: Document) -> ArmError:
        since = existing["properties"]["timestamp"]
        # Azure gives up on a deployment after a week.
        until = stamp(moment(since) + timedelta(days=7))
        message = (
            f"Unable to edit or replace deployment '{existing['name']}': previous deployment from '{since}' is still "
            f"active (expiration time is '{until}'). Please see https://aka.ms/arm-deploy for usage details."
        )
        return errors.gateway(409, "DeploymentActive", message)


_FAILED = (
    "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
    "https://aka.ms/arm-debug for usage details."
)


def _public(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "_sandbox"}


def _ids(template: Template) -> list[dict[str, str]]:
    return [{"id": wanted.id} for wanted in template.resources]


def _body(request: Request) -> dict[str, Any]:
    """Return the body as an object. The Azure CLI sends the name `template` without quotes, and Azure accepts that."""
    quoted = re.sub(rb"([{,]\s*)template(\s*:)", rb'\1"template"\2', request.body, count=1)
    try:
        found = replace(request, body=quoted).json()
    except ValueError as error:
        raise errors.invalid_request_content(f"Unexpected content. Path '', {error}.") from error
    if not isinstance(found, dict):
        raise errors.invalid_request_content("Expected a JSON object. Path ''.")
    return found


def _request(call: Call, wanted: Wanted) -> Request:
    """Return the PUT of one resource, on behalf of the caller who deploys."""
    body = json.dumps(wanted.body).encode()
    return replace(call.request, method="PUT", path=wanted.id, query={"api-version": (wanted.api_version,)}, body=body)
