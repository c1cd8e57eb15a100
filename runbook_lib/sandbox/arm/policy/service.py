"""Microsoft.Authorization/policyDefinitions and policyAssignments: written, shown, listed and deleted.

Shapes of Microsoft's OpenAPI files of 2023. Initiatives, exemptions and compliance aren't simulated.
"""

from __future__ import annotations

from typing import Any

from ...clock import stamp
from ...context import Context
from ...http import Answer
from ...store import Document
from .. import errors
from ..bodies import section, text
from ..calls import ArmRoute, Call
from ..paging import page
from .rules import ASSIGNMENT, BUILT_IN, DEFINITION, definition_at

PROVIDER = "Microsoft.Authorization"


class Policies:
    """Serves policies."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[ArmRoute]:
        """Return this part's table of routes."""
        assignments, definitions = f"{PROVIDER}/policyAssignments", f"{PROVIDER}/policyDefinitions"
        many = f"{{scope*}}/providers/{assignments}"
        own = f"/subscriptions/{{subscription}}/providers/{definitions}"
        return [
            ArmRoute("GET", many, self.assignments, f"{assignments}/read"),
            ArmRoute("GET", many + "/{name}", self.assignment, f"{assignments}/read"),
            ArmRoute("PUT", many + "/{name}", self.assign, f"{assignments}/write"),
            ArmRoute("DELETE", many + "/{name}", self.withdraw, f"{assignments}/delete"),
            ArmRoute("GET", f"/providers/{definitions}", self.built_in),
            ArmRoute("GET", f"/providers/{definitions}/{{name}}", self.definition),
            ArmRoute("GET", own, self.definitions, f"{definitions}/read"),
            ArmRoute("GET", own + "/{name}", self.definition, f"{definitions}/read"),
            ArmRoute("PUT", own + "/{name}", self.define, f"{definitions}/write"),
            ArmRoute("DELETE", own + "/{name}", self.undefine, f"{definitions}/delete"),
        ]

    def assignments(self, call: Call) -> Answer:
        """List the assignments that apply at a scope: there, above it and below it."""
        scope = f"/{call.values['scope'].strip('/')}".lower()
        found = [
            each
            for each in self._context.store.list(ASSIGNMENT)
            if f"{scope}/".startswith(f"{each['properties']['scope'].lower()}/")
            or each["properties"]["scope"].lower().startswith(f"{scope}/")
        ]
        return page(call, found)

    def assignment(self, call: Call) -> Answer:
        """Show an assignment."""
        found = self._context.store.get(ASSIGNMENT, self._path(call))
        if found is None:
            name = call.values["name"]
            raise errors.gateway(404, "PolicyAssignmentNotFound", f"The policy assignment '{name}' is not found.")
        return Answer(200, found)

    def assign(self, call: Call) -> Answer:
        """Assign a policy to a scope: 201. It works at once, where Azure takes some minutes."""
        body, path = call.body(), self._path(call)
        given = section(body, "properties")
        definition = definition_at(self._context.store, text(given, "policyDefinitionId", "properties"))
        if definition is None:
            wanted = given.get("policyDefinitionId")
            message = f"The policy definition '{wanted}' could not be found."
            raise errors.gateway(404, "PolicyDefinitionNotFound", message)
        scope = path.rpartition(f"/providers/{PROVIDER}/")[0]
        document = self._document(call, path, "policyAssignments", {"enforcementMode": "Default", **given})
        document["properties"] |= {"scope": scope, "policyDefinitionId": definition["id"]}
        self._context.store.put(ASSIGNMENT, path, document)
        return Answer(201, document)

    def withdraw(self, call: Call) -> Answer:
        """Delete an assignment: 200 with it, 204 if there's none."""
        found = self._context.store.get(ASSIGNMENT, self._path(call))
        self._context.store.delete(ASSIGNMENT, self._path(call))
        return Answer(200, found) if found else Answer(204)

    def built_in(self, call: Call) -> Answer:
        """List the built-in definitions that the sandbox has."""
        return page(call, [definition_at(self._context.store, name) or {} for name in BUILT_IN])

    def definitions(self, call: Call) -> Answer:
        """List a subscription's definitions, and the built-in ones."""
        own = self._context.store.list(DEFINITION, f"/subscriptions/{call.target.subscription}/")
        return page(call, [*own, *(definition_at(self._context.store, name) or {} for name in BUILT_IN)])

    def definition(self, call: Call) -> Answer:
        """Show a definition."""
        found = definition_at(self._context.store, call.request.path.rstrip("/"))
        if found is None:
            name = call.values["name"]
            raise errors.gateway(404, "PolicyDefinitionNotFound", f"The policy definition '{name}' could not be found.")
        return Answer(200, found)

    def define(self, call: Call) -> Answer:
        """Write a definition: 201."""
        given = section(call.body(), "properties")
        if not isinstance(given.get("policyRule"), dict):
            raise errors.gateway(400, "InvalidPolicyRule", "Failed to parse policy rule: 'The policy rule is missing'.")
        path = call.target.scope
        defaults = {"policyType": "Custom", "mode": "Indexed"}
        document = self._document(call, path, "policyDefinitions", {**defaults, **given})
        self._context.store.put(DEFINITION, path, document)
        return Answer(201, document)

    def undefine(self, call: Call) -> Answer:
        """Delete a definition: 200, 204 if there's none; refused while it's assigned."""
        path = call.target.scope
        used = [
            each
            for each in self._context.store.list(ASSIGNMENT)
            if each["properties"]["policyDefinitionId"].lower() == path.lower()
        ]
        if used:
            message = f"The policy definition '{call.values['name']}' is assigned. Delete its assignments first."
            raise errors.gateway(400, "PolicyDefinitionInUse", message)
        found = self._context.store.get(DEFINITION, path)
        self._context.store.delete(DEFINITION, path)
        return Answer(200 if found else 204)

    def _document(self, call: Call, path: str, kind: str, properties: dict[str, Any]) -> Document:
        now = stamp(self._context.clock.now())
        made = {"createdBy": call.caller.object_id, "createdOn": now, "updatedBy": None, "updatedOn": None}
        return {
            "id": path,
            "type": f"{PROVIDER}/{kind}",
            "name": call.values["name"],
            "properties": {**properties, "metadata": {**(properties.get("metadata") or {}), **made}},
        }

    @staticmethod
    def _path(call: Call) -> str:
        scope = f"/{call.values['scope'].strip('/')}"
        return f"{scope}/providers/{PROVIDER}/policyAssignments/{call.values['name']}"
