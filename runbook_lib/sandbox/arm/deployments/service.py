"""Microsoft.Resources/deployments in a resource group or a subscription: validate, what-if, deploy, show the outcome.

Answers and states as recorded (azure-cli, May 2021), operations and what-if as in the OpenAPI file. Each resource of
the template is a PUT in the name of the caller, through the same gateway as every other call.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from ...clock import moment, stamp
from ...context import Context
from ...http import Answer
from ...store import Document
from .. import errors, name_errors
from ..calls import ArmRoute, Call, collection_routes
from ..errors import ArmError
from ..inventory import Inventory
from ..paging import page
from ..paths import parse, resource_key
from .admission import Admission, body_of
from .runs import DEPLOYMENT, Run, Runner, Serve
from .steps import steps_of
from .template import Template, Wanted
from .what_if import change_of, ignored

__all__ = ["DEPLOYMENT", "Deployments"]

ACTION = "Microsoft.Resources/deployments"
EXTRA_SECONDS = 3
"""How much longer a deployment takes than its slowest resource: an instance's took 38 s."""
BETWEEN_SECONDS = 0.1
"""How long after a resource is finished those that wait for it start."""
NAME = re.compile(r"[\w().\-]{1,64}")
GOING_ON = ("Accepted", "Running")


class Deployments:
    """Serves deployments of resource groups and subscriptions."""

    def __init__(self, context: Context, inventory: Inventory, serve: Serve) -> None:
        self._context = context
        self._inventory = inventory
        self._runner = Runner(context, inventory, serve)
        self._admission = Admission(context, self._runner)
        self._runs: dict[str, Run] = {}
        context.operations.on_finish("deployment", self._finish)

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        group = "/subscriptions/{subscription}/resourcegroups/{group}"
        return [
            *self._rows("/subscriptions/{subscription}"),
            *self._rows(group),
            # An older form of the addresses of operations, which the OpenAPI file still has.
            ArmRoute("GET", f"{group}/deployments/{{name}}/operations", self.operations, f"{ACTION}/operations/read"),
            ArmRoute(
                "GET", f"{group}/deployments/{{name}}/operations/{{id}}", self.operation, f"{ACTION}/operations/read"
            ),
        ]

    def _rows(self, scope: str) -> list[ArmRoute]:
        many = f"{scope}/providers/{ACTION}"
        one = many + "/{name}"
        return [
            *collection_routes(many, ACTION, self),
            ArmRoute("POST", f"{one}/validate", self.validate, f"{ACTION}/validate/action"),
            ArmRoute("POST", f"{one}/whatIf", self.what_if, f"{ACTION}/whatIf/action"),
            ArmRoute("POST", f"{one}/cancel", self.cancel, f"{ACTION}/cancel/action"),
            ArmRoute("POST", f"{one}/exportTemplate", self.export, f"{ACTION}/exportTemplate/action"),
            ArmRoute("GET", one + "/operations", self.operations, f"{ACTION}/operations/read"),
            ArmRoute("GET", one + "/operations/{id}", self.operation, f"{ACTION}/operations/read"),
            ArmRoute("GET", one + "/operationStatuses/{operation}", self.status, f"{ACTION}/operationstatuses/read"),
        ]

    def list_all(self, call: Call) -> Answer:
        """List the deployments of a group or a subscription, the newest first."""
        above = f"{call.target.scope}/providers/{ACTION}/"
        found = [_public(d) for d in self._context.store.list(DEPLOYMENT, above)]
        return page(call, sorted(found, key=lambda each: str(each["properties"]["timestamp"]), reverse=True))

    def get(self, call: Call) -> Answer:
        """Show a deployment."""
        return Answer(200, _public(self._existing(call)))

    def validate(self, call: Call) -> Answer:
        """Tell whether a deployment would be accepted."""
        template = self._admission.checked(call)
        document = self._document(call, template, "Succeeded", validatedResources=_ids(template))
        document["properties"]["duration"] = "PT0S"
        return Answer(200, _public(document))

    def what_if(self, call: Call) -> Answer:
        """Tell what a deployment would change. Azure answers later; here it's known at once."""
        template = self._admission.checked(call)
        settings = body_of(call.request).get("properties", {}).get("whatIfSettings") or {}
        whole = str(settings.get("resultFormat", "FullResourcePayloads")).lower() == "fullresourcepayloads"
        wanted = {each.id.lower() for each in template.resources}
        changes = [self._change(call, each, whole) for each in self._admission.everything(call, template)]
        if call.target.group:
            above = resource_key(call.target.subscription, call.target.group)
            others = [r for r in self._inventory.below(above) if "location" in r and r["id"].lower() not in wanted]
            known = {change["resourceId"].lower() for change in changes}
            changes += [ignored(_public(r), whole) for r in others if r["id"].lower() not in known]
        changes.sort(key=lambda change: str(change["resourceId"]).lower())
        return Answer(200, {"status": "Succeeded", "properties": {"changes": changes}})

    def put(self, call: Call) -> Answer:
        """Start to deploy: 201. It's finished when the last resource is."""
        name = call.values["name"]
        if re.search(r"[^\w().\-]", name):
            raise name_errors.invalid_deployment_name(name)
        if not NAME.fullmatch(name):
            raise name_errors.invalid_resource_name(name, ACTION)
        existing = self._context.store.get(DEPLOYMENT, call.target.scope)
        if existing and existing["properties"]["provisioningState"] in GOING_ON:
            raise self._active(existing)
        template = self._admission.checked(call)
        document = self._document(call, template, "Accepted")
        run = self._runs[document["id"].lower()] = Run.of(template, call.caller)
        self._runner.advance(run)
        operation = self._begin(document, run, self._now())
        document["_sandbox"] = {"operation": operation["name"], "template": template.given, "began": stamp(self._now())}
        self._context.store.put(DEPLOYMENT, document["id"], document)
        query = f"?api-version={call.api_version}"
        address = f"{call.request.base_url}{document['id']}/operationStatuses/{operation['name']}{query}"
        retry_after = self._context.operations.retry_after(10, first=True)
        return Answer(200 if existing else 201, _public(document), {"Azure-AsyncOperation": address, **retry_after})

    def delete(self, call: Call) -> Answer:
        """Forget a deployment, not what it deployed: 204 (at once, where Azure takes a while)."""
        existing = self._existing(call)
        if existing["properties"]["provisioningState"] in GOING_ON:
            raise self._active(existing)
        self._context.store.delete(DEPLOYMENT, call.target.scope)
        self._runs.pop(call.target.scope.lower(), None)
        return Answer(204)

    def cancel(self, call: Call) -> Answer:
        """Stop a deployment: 204. What it has started is finished, and nothing else starts."""
        document = self._existing(call)
        if document["properties"]["provisioningState"] not in GOING_ON:
            raise errors.gateway(
                409,
                "DeploymentCannotBeCancelled",
                f"The deployment '{document['name']}' cannot be cancelled because it is not active.",
            )
        document["properties"] |= {"provisioningState": "Canceled", "timestamp": stamp(self._now())}
        self._context.store.put(DEPLOYMENT, document["id"], document)
        return Answer(204)

    def export(self, call: Call) -> Answer:
        """Show the template of a deployment."""
        return Answer(200, {"template": self._existing(call)["_sandbox"]["template"]})

    def operations(self, call: Call) -> Answer:
        """List what a deployment did, resource by resource."""
        return page(call, self._operations(self._existing(call)))

    def operation(self, call: Call) -> Answer:
        """Show one of these operations."""
        found = [each for each in self._operations(self._existing(call)) if each["operationId"] == call.values["id"]]
        if not found:
            raise errors.ArmError(404, "DeploymentOperationNotFound", "The deployment operation could not be found.")
        return Answer(200, found[0])

    def status(self, call: Call) -> Answer:
        """Answer a poll of the `Azure-AsyncOperation` address."""
        operation = self._context.operations.get(call.values["operation"])
        if operation is None or not call.target.scope.lower().startswith(operation["resource"].lower()):
            raise errors.ArmError(404, "DeploymentOperationNotFound", "The deployment operation could not be found.")
        document = self._context.store.get(DEPLOYMENT, operation["resource"])
        current = document is not None and document["_sandbox"].get("operation") == operation["name"]
        properties = document["properties"] if document and current else {}
        state = properties.get("provisioningState", operation["status"])
        if state in GOING_ON:
            return Answer(200, {"status": "Running"}, self._context.operations.retry_after(10, first=False))
        error = properties.get("error") or operation.get("error")
        return Answer(200, {"status": state, **({"error": error} if error and state != "Succeeded" else {})})

    def _change(self, call: Call, wanted: Wanted, whole: bool) -> dict[str, Any]:
        try:
            before = self._runner.shown(call.caller, wanted.id, wanted.api_version)
        except ArmError as error:
            return {"resourceId": wanted.id, "changeType": "Unsupported", "unsupportedReason": error.message}
        return change_of(wanted.id, before, wanted.body({}), whole)

    def _now(self) -> datetime:
        return self._context.clock.now()

    def _document(self, call: Call, template: Template, state: str, **more: Any) -> Document:
        now = self._context.clock.now()
        kinds: dict[str, dict[str, set[str]]] = {}
        for wanted in template.resources:
            target = parse(wanted.id)
            places = kinds.setdefault(target.namespace, {}).setdefault(target.type, set())
            location = wanted.body({}).get("location")
            places |= {location} if isinstance(location, str) else set()
        above = f"/subscriptions/{call.target.subscription.lower()}"
        if call.target.group:
            above = resource_key(call.target.subscription.lower(), call.target.group)
        return {
            "id": f"{above}/providers/{ACTION}/{call.values['name']}",
            "name": call.values["name"],
            "type": ACTION,
            **({} if call.target.group else {"location": body_of(call.request).get("location")}),
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

    def _begin(self, document: Document, run: Run, since: datetime) -> Document:
        """Start an operation that ends shortly after the last one that's going on for the deployment.

        `since` is when the last thing happened: the clock can have gone on after it.
        """
        now, unit = self._now(), self._context.pace.scale(1).total_seconds()
        ends = [
            operation["endTime"]
            for step in run.steps
            if step.state == "Running"
            and (operation := self._context.operations.latest(step.wanted.id))
            and operation["status"] == "Running"
        ]
        longest = max(((moment(end) - now).total_seconds() for end in ends), default=0.0)
        run.closing = not any(step.state == "Waiting" for step in run.steps) or not ends
        late = (now - since).total_seconds()
        extra = EXTRA_SECONDS - BETWEEN_SECONDS * bool(run.waves) if run.closing else BETWEEN_SECONDS
        run.waves += 1
        seconds = max(longest - late, 0.0) / unit + extra if unit else 0.0
        if run.closing and not ends:
            seconds = max(extra - late / unit, 0.0) if unit else 0.0
        subscription = document["id"].split("/")[2]
        return self._context.operations.begin(
            "deployment", document["id"], seconds, subscription=subscription, location="global"
        )

    def _finish(self, operation: Document) -> Document | None:
        document = self._context.store.get(DEPLOYMENT, operation["resource"])
        if document is None or document["properties"]["provisioningState"] not in GOING_ON:
            return None
        run = self._runs.get(document["id"].lower())
        if run:
            self._runner.advance(run)
            if not run.finished or not run.closing:
                self._begin(document, run, moment(operation["endTime"]))
                return None
        return self._end(document, run, operation["endTime"])

    def _end(self, document: Document, run: Run | None, ended: str) -> Document | None:
        """Write how a deployment ended."""
        properties, details = document["properties"], run.errors if run else [_LOST]
        outputs: dict[str, Any] = {}
        if run and not details:
            try:
                outputs = self._runner.outputs(run)
            except ArmError as error:
                details = [error.answer().body["error"]]
        seconds = (moment(ended) - moment(document["_sandbox"]["began"])).total_seconds()
        properties |= {"timestamp": ended, "duration": f"PT{seconds:g}S"}
        properties["provisioningState"] = "Failed" if details else "Succeeded"
        if details:
            properties["error"] = {"code": "DeploymentFailed", "message": _FAILED, "details": details}
        elif run:
            properties["outputResources"] = [
                {"id": each} for each in sorted((s.wanted.id for s in run.steps), key=_depth)
            ]
            properties |= {"outputs": outputs} if outputs else {}
        if run:
            document["_sandbox"]["operations"] = steps_of(document, run)
            del self._runs[document["id"].lower()]
        self._context.store.put(DEPLOYMENT, document["id"], document)
        return {"status": "Failed", "error": properties["error"]} if details else None

    def _operations(self, document: Document) -> list[dict[str, Any]]:
        run = self._runs.get(document["id"].lower())
        return steps_of(document, run) if run else document["_sandbox"].get("operations", [])

    def _existing(self, call: Call) -> Document:
        above = f"/subscriptions/{call.target.subscription}"
        if call.target.group:
            above = resource_key(call.target.subscription, call.target.group)
        found = self._context.store.get(DEPLOYMENT, f"{above}/providers/{ACTION}/{call.values['name']}")
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


_LOST = {"code": "InternalServerError", "message": "The sandbox was stopped during this deployment. Deploy again."}


def _depth(resource_id: str) -> tuple[int, int]:
    """Return by what `outputResources` are ordered: children after their parents, extensions last."""
    return resource_id.count("/providers/"), resource_id.count("/")


def _ids(template: Template) -> list[dict[str, str]]:
    return [{"id": wanted.id} for wanted in template.resources if not wanted.existing]
