"""Runs of deployments: each resource is a PUT in the caller's name, made when everything that it waits for is there.

A run lives in memory only, because the values of its parameters can be secret. Modelled: if the sandbox stops during a
deployment that still has resources to make, the deployment fails.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...clock import stamp
from ...context import Context
from ...http import Answer, Request
from ...tokens import Caller
from ..errors import ArmError
from ..inventory import Inventory
from .expressions import evaluate
from .functions import Scope
from .template import Template, Wanted, waits_for

HOST = "management.azure.com"
AUDIENCE = f"https://{HOST}"
DEPLOYMENT = "deployment"
Serve = Callable[[Request, bool], Answer]
"""Sends a request for a deployment; without the flag it only asks whether the gateway would admit the call."""


class NotYet(Exception):
    """A value that depends on a resource that isn't finished."""


@dataclass
class Step:
    """One resource of a run."""

    wanted: Wanted
    state: str = "Waiting"
    """Waiting, Running, Succeeded or Failed."""
    status: int = 0
    """Of the answer to the PUT."""
    error: dict[str, Any] | None = None
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:16].upper())
    began: str = ""
    ended: str = ""


@dataclass
class Run:
    """A deployment that's going on, or has gone on since the sandbox started."""

    template: Template
    caller: Caller
    steps: list[Step]
    by_id: dict[int, Step] = field(default_factory=dict)
    waves: int = 0
    closing: bool = False
    """Whether nothing is left to start."""

    @classmethod
    def of(cls, template: Template, caller: Caller) -> Run:
        """Return a new run."""
        steps = [Step(wanted) for wanted in template.resources if not wanted.existing]
        return cls(template, caller, steps, {id(step.wanted): step for step in steps})

    @property
    def finished(self) -> bool:
        """Whether nothing is going on. Whatever could start has started (`Runner.advance`)."""
        return not any(step.state == "Running" for step in self.steps)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of the resources that failed, or of those that wait for something that never comes."""
        found = [step.error for step in self.steps if step.error]
        stuck = [step.wanted.id for step in self.steps if step.state == "Waiting"]
        if stuck and not found:
            message = f"The resources '{', '.join(stuck)}' refer to each other in a circle."
            return [{"code": "InvalidTemplate", "message": message}]
        return found


class Runner:
    """Advances runs."""

    def __init__(self, context: Context, inventory: Inventory, serve: Serve) -> None:
        self._context = context
        self._inventory = inventory
        self._serve = serve

    def advance(self, run: Run) -> None:
        """Note what has finished, and start what no longer waits. Call it again when something finishes."""
        moved = True
        while moved:
            moved = False
            for step in run.steps:
                before = step.state
                if before == "Running":
                    self._look(step)
                elif before == "Waiting" and self._is_free(run, step):
                    self._start(run, step)
                moved |= step.state != before

    def ask(self, wanted: Wanted, ids: list[str], caller: Caller) -> ArmError | None:
        """Return the gateway's objection to a resource. `ids` are those that the same deployment makes, too."""
        try:
            self._serve(self.request(caller, "PUT", wanted.id, wanted.api_version, wanted.body({})), False)
        except ArmError as error:
            above = any(wanted.id.lower().startswith(f"{each}/") for each in ids)
            missing = ("ParentResourceNotFound", "ResourceGroupNotFound", "ResourceNotFound")
            return None if above and error.code in missing else error
        return None

    def request(self, caller: Caller, method: str, path: str, version: str, body: Any = None) -> Request:
        """Return a request in the name of the caller who deploys."""
        headers = {"authorization": f"Bearer {self._context.tokens.issue(AUDIENCE, caller)}"}
        data = b"" if body is None else json.dumps(body, default=lambda _: "").encode()
        return Request(method, HOST, path, {"api-version": (version,)}, headers, data)

    def shown(self, caller: Caller, path: str, version: str) -> dict[str, Any] | None:
        """Return a resource as the caller sees it; None if there isn't one."""
        try:
            found = self._serve(self.request(caller, "GET", path, version), True).body
        except ArmError as error:
            if error.status == 404:
                return None
            raise
        return found if isinstance(found, dict) else None

    def outputs(self, run: Run) -> dict[str, Any]:
        """Return the outputs of a run whose resources are all there."""
        scope = {**run.template.scope, **self._looking(run)}
        found = {}
        for name, about in run.template.outputs.items():
            if evaluate(about.get("condition", True), scope) is False:
                continue
            kind = str(evaluate(about.get("type", "string"), scope)).title()
            loop = about.get("copy")
            value = {"copy": [{"name": name, **loop}]} if isinstance(loop, dict) else {name: about.get("value")}
            secret = kind.lower().startswith("secure")
            found[name] = {"type": kind, **({} if secret else {"value": evaluate(value, scope)[name]})}
        return found

    def _is_free(self, run: Run, step: Step) -> bool:
        others = [
            run.by_id[id(other)] for other in waits_for(step.wanted, run.template.resources) if id(other) in run.by_id
        ]
        return all(other.state == "Succeeded" for other in others)

    def _start(self, run: Run, step: Step) -> None:
        wanted = step.wanted
        try:
            body = wanted.body(self._looking(run))
            step.began = stamp(self._context.clock.now())
            step.status = self._serve(self.request(run.caller, "PUT", wanted.id, wanted.api_version, body), True).status
        except NotYet:
            return
        except ArmError as error:
            step.state, step.status, step.error = "Failed", error.status, error.answer().body["error"]
            step.began = step.ended = stamp(self._context.clock.now())
            return
        step.state = "Running"
        self._look(step)

    def _look(self, step: Step) -> None:
        """Note whether a resource is finished."""
        nested = self._context.store.get(DEPLOYMENT, step.wanted.id) if step.wanted.nested else None
        document = nested or self._inventory.get(step.wanted.id)
        state = str((document or {}).get("properties", {}).get("provisioningState", "Succeeded"))
        operation = self._context.operations.latest(step.wanted.id)
        if nested:
            going = state in ("Accepted", "Running")
        else:
            going = operation is not None and operation["status"] == "Running"
        if going:
            return
        step.ended = stamp(self._context.clock.now())
        step.state = "Failed" if state in ("Failed", "Canceled") else "Succeeded"
        if step.state == "Failed":
            message = f"The resource operation completed with terminal provisioning state '{state}'."
            error = {"code": "ResourceDeploymentFailure", "message": message}
            step.error = (nested or {}).get("properties", {}).get("error", error) if nested else error

    def _looking(self, run: Run) -> Scope:
        """Return the functions that look at what's there: they wait for what this run still makes."""

        def found(name: str, version: str) -> tuple[str, str]:
            hits = [wanted for wanted in run.template.resources if wanted.is_called(name)]
            wanted = next((each for each in hits if each.symbol.lower() == name.lower()), hits[0] if hits else None)
            if wanted and id(wanted) in run.by_id and run.by_id[id(wanted)].state != "Succeeded":
                raise NotYet
            return (wanted.id, version or wanted.api_version) if wanted else (name, version)

        def reference(name: str, version: str = "", full: str = "") -> Any:
            path, version = found(name, version)
            document = self.shown(run.caller, path, version)
            if document is None:
                raise ArmError(
                    404, "ResourceNotFound", f"The resource '{path}' that the template refers to was not found."
                )
            return document if full.lower() == "full" else document.get("properties", {})

        def list_keys(name: str, version: str = "", *_: Any) -> Any:
            path, version = found(name, version)
            return self._serve(self.request(run.caller, "POST", f"{path}/listKeys", version), True).body

        return {"reference": reference, "listKeys": list_keys}
