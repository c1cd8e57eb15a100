"""What is checked before a deployment makes anything: the template, and each resource at the gateway."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Any

from ...clock import stamp
from ...context import Context
from ...http import Request
from .. import errors
from ..calls import Call
from ..errors import ArmError
from ..paths import parse, resource_key
from .functions import Later
from .runs import Runner
from .scopes import Place
from .template import Template, Wanted, read_template


class Admission:
    """Reads and checks templates."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner

    def checked(self, call: Call) -> Template:
        """Read the template, and ask the gateway about each of its resources. Raises ArmError."""
        template = self._read(call)
        wanted = self.everything(call, template)
        ids = [each.id.lower() for each in (*template.resources, *wanted)]
        found = (self._runner.ask(each, ids, call.caller) for each in wanted)
        problems = [problem.answer().body["error"] for problem in found if problem]
        if problems:
            message = (
                f"The template deployment '{call.values['name']}' is not valid according to the validation procedure. "
                f"The tracking id is '{uuid.uuid4()}'. See inner errors for details."
            )
            raise errors.gateway(400, "InvalidTemplateDeployment", message, details=problems)
        return template

    def everything(self, call: Call, template: Template) -> list[Wanted]:
        """Return the resources of a template, and of the deployments in it."""
        found = []
        for wanted in template.resources:
            if not wanted.existing and not wanted.nested:
                found.append(wanted)
            elif wanted.nested and not wanted.existing:
                found += self._inside(call, wanted, template)
        return found

    def _read(self, call: Call) -> Template:
        body = body_of(call.request)
        location = str(body.get("location") or "")
        if not call.target.group and not location:
            raise errors.location_required()
        return read_template(body, self._place(call, location), stamp(self._context.clock.now()))

    def _inside(self, call: Call, wanted: Wanted, outer: Template) -> list[Wanted]:
        """Return the resources of a deployment in a template; none if they depend on what isn't known yet."""
        inner = replace(call, target=parse(wanted.id), values={**call.values, "name": wanted.id.rpartition("/")[2]})
        body = wanted.body({})
        place = self._place(inner, str(body.get("location") or ""))
        if inner.target.group and place.group is None:  # the same deployment makes it
            path = resource_key(inner.target.subscription, inner.target.group)
            made = next((each.body({}) for each in outer.resources if each.id.lower() == path.lower()), {})
            place = replace(place, group={"location": "", **made, "id": path, "name": inner.target.group})
        try:
            return self.everything(inner, read_template(body, place, stamp(self._context.clock.now())))
        except ArmError:
            if _is_open(body["properties"].get("parameters")):
                return []
            raise

    def _place(self, call: Call, location: str) -> Place:
        subscription = self._context.store.get("subscription", call.target.subscription)
        if subscription is None:
            raise errors.subscription_not_found(call.target.subscription)
        group = None
        if call.target.group:
            group = self._context.store.get("resource-group", resource_key(call.target.subscription, call.target.group))
        return Place(subscription, group, call.values["name"], location)


def _is_open(value: Any) -> bool:
    """Tell whether a value has a part that's only known while the deployment runs."""
    if isinstance(value, dict):
        return any(map(_is_open, value.values()))
    return any(map(_is_open, value)) if isinstance(value, list) else isinstance(value, Later)


def body_of(request: Request) -> dict[str, Any]:
    """Return the body as an object. The Azure CLI sends the name `template` without quotes, and Azure accepts that."""
    quoted = re.sub(rb"([{,]\s*)template(\s*:)", rb'\1"template"\2', request.body, count=1)
    try:
        found = replace(request, body=quoted).json()
    except ValueError as error:
        raise errors.invalid_request_content(f"Unexpected content. Path '', {error}.") from error
    if not isinstance(found, dict):
        raise errors.invalid_request_content("Expected a JSON object. Path ''.")
    return found
