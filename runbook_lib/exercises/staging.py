"""How troubles are made and taken away, through Azure's own clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..azure.answers import ask
from ..azure.resource_ids import INSTANCE_TYPE, name_of
from ..azure.waiting import timed_out
from ..record.journal import NO_RUN
from ..steps.directory.role_assignments import Assignment, assignment_id, assignments_below, role_names
from ..steps.subscription.registration import register as register_provider
from ..steps.subscription.resources import NAMESPACE, provider
from .bench import person
from .place import Command, Place

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse

_SECONDS = 900.0
"""The longest wait for one operation."""
PROPAGATION_SECONDS = 600.0
"""How long a new role can take to work (role-based-access-control/troubleshooting)."""
_LOCKS = "Microsoft.Authorization/locks"
_PENDING = ("Provisioning", "Updating", "Creating", "Accepted", "Deleting", "Moving")
VERSIONS = {
    "microsoft.digitaltwins": "2023-01-31",
    "microsoft.authorization": "2016-09-01",
    "microsoft.eventhub": "2024-01-01",
    "microsoft.network": "2024-05-01",
}
"""The api-versions that staging uses, by namespace."""


def register(place: Place) -> None:
    """Register the resource provider, unless it is."""
    context = place.bench.context(place.manager)
    if registration(place) != "Registered":
        register_provider(context, place.subscription_id, _SECONDS)


def unregister(place: Place) -> None:
    """Unregister the resource provider, unless it isn't registered."""
    if registration(place) == "Registered":
        place.clients.resources(place.subscription_id).providers.unregister(NAMESPACE)
        waiting = place.bench.context(place.manager).waiting
        waiting.until(lambda: None if registration(place) == "Unregistering" else True, _SECONDS)


def registration(place: Place) -> str:
    """Return the state of the resource provider in the subscription."""
    return provider(place.clients, place.subscription_id).state


def group(place: Place, region: str) -> None:
    """Make the resource group."""
    place.clients.resources(place.subscription_id).resource_groups.create_or_update(place.group, {"location": region})


def tags(place: Place) -> dict[str, str]:
    """Return the tags of the resource group; empty if there's none."""
    groups = place.clients.resources(place.subscription_id).resource_groups
    found = ask(lambda: groups.get(place.group), {404: None})
    return dict(found.tags or {}) if found else {}


def tag(place: Place, more: Mapping[str, str]) -> None:
    """Add tags to the resource group."""
    groups: Any = place.clients.resources(place.subscription_id).resource_groups
    groups.update(place.group, {"tags": {**tags(place), **more}})


def instance(place: Place, region: str, *, name: str = "", by: str = "", **properties: Any) -> None:
    """Create an instance in the group, and wait for it. `properties` are those of its description."""
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

    context = place.bench.context(by or place.manager)
    begin = context.clients.digital_twins(place.subscription_id).digital_twins.begin_create_or_update
    body = DigitalTwinsDescription(location=region, **properties)
    context.waiting.finish(
        begin, place.group, name or place.label, body, seconds=_SECONDS, doing="creating the instance"
    )


def retag(place: Place, tags: Mapping[str, str]) -> None:
    """Give the instance these tags, and no others."""
    context = place.bench.context(place.manager)
    begin = context.clients.digital_twins(place.subscription_id).digital_twins.begin_update
    body: Any = {"tags": dict(tags)}
    context.waiting.finish(begin, place.group, place.label, body, seconds=_SECONDS, doing="changing the tags")


def put(place: Place, resource_id: str, body: Mapping[str, Any], by: str = "") -> dict[str, Any]:
    """Create or change anything by its id, and wait for it. Raises what the client raises."""
    context = place.bench.context(by or place.manager)
    accepted(context.clients.arm.exchange("PUT", f"{resource_id}?api-version={_version(resource_id)}", body))

    def settled() -> dict[str, Any] | None:
        found = context.clients.arm.get(resource_id, {"api-version": _version(resource_id)})
        state = found.get("properties", {}).get("provisioningState", "Succeeded")
        return None if state in _PENDING else found

    return context.waiting.until(settled, _SECONDS) or {}


def accepted(answer: HttpResponse) -> None:
    """Raise HttpResponseError if Azure refused."""
    from azure.core.exceptions import HttpResponseError

    if answer.status_code >= 400:
        raise HttpResponseError(response=answer)


def create_command(place: Place, persona: str, region: str) -> Command:
    """Return the command that creates the instance."""
    where = f"--subscription {place.subscription_id} --resource-group {place.group} --location {region}"
    return Command(
        persona, f"az resource create --resource-type {INSTANCE_TYPE} --name {place.label} {where} --properties '{{}}'"
    )


def delete(place: Place, resource_id: str, by: str = "") -> None:
    """Delete anything by its id, and wait until it's gone. Raises HttpResponseError and TimedOut."""
    context = place.bench.context(by or place.manager)
    path = f"{resource_id}?api-version={_version(resource_id)}"
    answer = context.clients.arm.exchange("DELETE", path)
    if answer.status_code != 404:
        accepted(answer)

    def gone() -> bool | None:
        return True if context.clients.arm.exchange("GET", path).status_code == 404 else None

    if not context.waiting.until(gone, _SECONDS):
        raise timed_out(f"deleting {name_of(resource_id)}", _SECONDS)


def _version(resource_id: str) -> str:
    namespace = resource_id.lower().rpartition("/providers/")[2].partition("/")[0]
    return VERSIONS[namespace]


def assign(place: Place, role: str, principal_id: str, scope: str = "", *, kind: str = "User", by: str = "") -> None:
    """Give a role, by its name, at the instance or at another scope."""
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

    at = scope or place.instance
    clients = place.bench.clients(by or place.manager)
    role_id = definition(place, role)
    body = RoleAssignmentCreateParameters(role_definition_id=role_id, principal_id=principal_id, principal_type=kind)
    name = name_of(assignment_id(NO_RUN, at, name_of(role_id), principal_id))
    clients.authorization(place.subscription_id).role_assignments.create(at, name, body)


def definition(place: Place, role: str) -> str:
    """Return the resource id of a role's definition, by the role's name. Raises StopIteration if there's none."""
    roles = role_names(place.clients, place.subscription_id, place.subscription_scope)
    guid = next(guid for guid, name in roles.items() if name == role)
    return f"{place.subscription_scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


@dataclass(frozen=True)
class Given:
    """A role that somebody has, and whether they gave it to themselves."""

    role: str
    own: bool


def creators(place: Place, scope: str, principal_id: str) -> list[Given]:
    """List who gave somebody the roles that count at a scope."""
    names = role_names(place.clients, place.subscription_id, scope)
    operations = place.clients.authorization(place.subscription_id).role_assignments
    found = operations.list_for_scope(scope, filter=f"assignedTo('{principal_id}')")
    return [
        Given(names.get(str(one.role_definition_id).rpartition("/")[2].lower(), ""), one.created_by == principal_id)
        for one in found
    ]


def take(place: Place, assignment: Assignment) -> None:
    """Remove a role assignment."""
    place.clients.authorization(place.subscription_id).role_assignments.delete_by_id(assignment.id)


def roles(place: Place, scope: str = "") -> list[Assignment]:
    """List the role assignments in the group and at the subscription, or those that count at another scope."""
    found = assignments_below(place.clients, place.subscription_id, scope or place.scope)
    return sorted(found, key=lambda one: (one.scope.lower(), one.principal_id, one.role))


def take_roles(place: Place, people: Sequence[str], since: datetime) -> None:
    """Remove what people got at the subscription since then."""
    ids = {person(name).id for name in people}
    for one in roles(place, place.subscription_scope):
        here = one.scope.lower() == place.subscription_scope.lower() and one.principal_id in ids
        if here and one.created_on and one.created_on > since:
            take(place, one)


def remove_group(place: Place) -> None:
    """Delete the resource group with all that's in it, locks first."""
    if ask(lambda: place.clients.resources(place.subscription_id).resource_groups.get(place.group), {404: None}):
        for lock in locks(place):
            delete(place, lock)
        context = place.bench.context(place.manager)
        begin = context.clients.resources(place.subscription_id).resource_groups.begin_delete
        context.waiting.finish(begin, place.group, seconds=_SECONDS, doing="deleting the resource group")


def locks(place: Place) -> list[str]:
    """List the ids of the locks in the group."""
    found = place.clients.arm.list(
        f"{place.scope}/providers/{_LOCKS}", {"api-version": VERSIONS["microsoft.authorization"]}
    )
    return [str(one["id"]) for one in found]


def state(place: Place) -> Any:
    """Return what a learner could have changed: roles, resources, locks, and what instances say of themselves."""
    resources = place.clients.resources(place.subscription_id).resources.list_by_resource_group(place.group)
    there = sorted(str(one.id).lower() for one in resources)
    instances = place.clients.digital_twins(place.subscription_id)
    kind = f"/providers/{INSTANCE_TYPE}/".lower()
    names = [one.rpartition("/")[2] for one in there if kind in one]
    return {
        "roles": [(one.scope.lower(), one.principal_id, one.role_id) for one in roles(place)],
        "resources": there,
        "locks": sorted(locks(place)),
        "instances": [_lasting(instances.digital_twins.get(place.group, name).as_dict()) for name in names],
        "endpoints": [
            [
                (one.name, one.properties.provisioning_state)
                for one in instances.digital_twins_endpoint.list(place.group, name)
            ]
            for name in names
        ],
    }


def _lasting(description: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what changes by itself."""
    return {name: value for name, value in description.items() if name not in ("last_updated_time", "system_data")}
