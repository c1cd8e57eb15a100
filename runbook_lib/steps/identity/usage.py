"""What in an instance uses one of its managed identities, and which events stop without it.

Documented (how-to-create-endpoints, how-to-create-data-history-connection): endpoints with identity-based
authentication and data history connections become inaccessible when the identity is disabled or removed. You can't
change an endpoint's identity: you delete the endpoint and create it again, and events can take an hour to come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.resource_ids import names
from ..core.results import Loss
from ..directory.role_assignments import Assignment
from ..subscription import resources
from . import targets
from .survey import Identity, associated, system_id
from .targets import Finder, Standing, Target

if TYPE_CHECKING:
    from azure.digitaltwins.core import DigitalTwinsEventRoute
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

REPAIR = "To repair it, delete it and create it again with another identity. Events can take an hour to come back."


@dataclass(frozen=True)
class Use:
    """An endpoint or data history connection that signs in with a managed identity."""

    kind: str
    name: str
    resource_id: str
    identity_id: str
    """Resource id of the identity, as `Identity.resource_id`."""
    events: str
    """Which events flow through it."""
    state: str
    targets: tuple[Target, ...] = ()
    """What it sends to, with the roles that its identity needs there."""

    def works_under(self, identity: Identity) -> bool:
        """Tell whether it signs in with this identity."""
        return self.identity_id.lower() == identity.resource_id.lower()

    def __str__(self) -> str:
        return f"{self.kind[0].lower()}{self.kind[1:]} {self.name}"


def uses(clients: Clients, instance: DigitalTwinsDescription) -> list[Use]:
    """List everything that signs in with one of the instance's identities, or did. Raises HttpResponseError."""
    subscription, group, name = names(str(instance.id))
    client = clients.digital_twins(subscription)
    found = [_endpoint(one, instance) for one in client.digital_twins_endpoint.list(group, name)]
    mine = [use for use in found if use]
    if mine:
        routes = _routes(clients, str(instance.host_name))
        mine = [_with_events(use, routes) for use in mine]
    connections = client.time_series_database_connections.list(group, name)
    return mine + [_connection(one, instance) for one in connections]


def without_identity(found: Sequence[Use], instance: DigitalTwinsDescription) -> list[Use]:
    """Return what signs in with an identity that the instance no longer has, or is disabled because of that."""
    there = {one.resource_id.lower() for one in associated(instance)}
    if resources.has_system_identity(instance):
        there.add(system_id(instance).lower())
    return [use for use in found if use.identity_id.lower() not in there or use.state == "Disabled"]


@dataclass(frozen=True)
class Right:
    """Whether the identity of an endpoint or data history connection has the role that it needs at one target."""

    use: Use
    target: Target
    identity: Identity
    standing: Standing

    @property
    def command(self) -> str:
        """The `az` command that gives the role."""
        return self.target.grant(self.identity.object_id, self.standing.scope)

    def __str__(self) -> str:
        who, role, scope = self.identity.name, self.target.role, self.standing.scope
        if self.standing.has == "yes":
            return f"{self.use}: {who} has {self.standing.held}. Without that role, it stops. {self.use.events}"
        if self.standing.has == "no":
            return f"{self.use}: {who} exists, but lacks {role} at {scope}. It doesn't work. {self.use.events}"
        return f"{self.use}: can't tell whether {who} has {role} at {scope}."


def rights(
    clients: Clients, subscription: str, found: Iterable[Use], identities: Iterable[Identity]
) -> Sequence[Right]:
    """Return what the identities need where their endpoints and data history send to, and whether they have it."""
    known, finder = list(identities), Finder(clients, subscription)
    return [
        Right(use, target, one, targets.standing(finder, one.object_id, target))
        for use in found
        for one in known
        if use.works_under(one)
        for target in use.targets
    ]


def losses(found: Iterable[Use], identity: Identity) -> list[Loss]:
    """Return what stops working when the instance loses an identity."""
    return [
        Loss(use.kind, use.name, f"{use.events} {REPAIR}")
        for use in found
        if use.works_under(identity) and use.state != "Disabled"
    ]


def orphaned(roles: Iterable[Assignment]) -> list[Loss]:
    """Return the roles that stay behind as orphans when their identity is deleted."""
    return [
        Loss("Role assignment", one.role, f"At {one.scope} it stays behind as 'Identity not found' ({one.id}).")
        for one in roles
    ]


def _endpoint(resource: Any, instance: DigitalTwinsDescription) -> Use | None:
    properties = resource.properties
    if str(resources.word(properties.authentication_type)) != "IdentityBased":
        return None
    target = f"{properties.endpoint_type} {properties.endpoint_uri}/{properties.entity_path}"
    identity = _identity_id(properties.identity, instance)
    state = str(resources.word(properties.provisioning_state))
    names = (str(resource.name), str(resource.id), identity)
    return Use("Endpoint", *names, target, state, targets.of_endpoint(properties))


def _connection(resource: Any, instance: DigitalTwinsDescription) -> Use:
    properties = resource.properties
    kinds = ["changes of twins' properties"]
    if properties.adx_twin_lifecycle_events_table_name:
        kinds.append("creation and deletion of twins")
    if properties.adx_relationship_lifecycle_events_table_name:
        kinds.append("creation and deletion of relationships")
    into = f"{properties.adx_database_name} at {properties.adx_endpoint_uri}"
    text = f"No longer recorded in {into}: {', '.join(kinds)}."
    identity, state = _identity_id(properties.identity, instance), str(resources.word(properties.provisioning_state))
    names = (str(resource.name), str(resource.id), identity)
    return Use("Data history connection", *names, text, state, targets.of_connection(properties))


def _identity_id(reference: Any, instance: DigitalTwinsDescription) -> str:
    # Without a reference, or with one of type SystemAssigned, it's the system-assigned identity.
    named = str(reference.user_assigned_identity or "") if reference else ""
    return named or system_id(instance)


def _with_events(use: Use, routes: Mapping[str, Sequence[DigitalTwinsEventRoute]] | None) -> Use:
    if routes is None:
        events = "you aren't allowed to read which event routes send to it (that takes a data role)."
    elif mine := routes.get(use.name.lower()):
        events = "events of these routes stop: " + "; ".join(f"{one.id} ({_filter(one)})" for one in mine) + "."
    else:
        events = "no event route sends to it at the moment."
    return replace(use, events=f"{use.events}: {events}")


def _routes(clients: Clients, host_name: str) -> Mapping[str, Sequence[DigitalTwinsEventRoute]] | None:
    """Return the event routes by endpoint, from the data plane; None if the account can't read them."""
    unreadable = {401: None, 403: None, 404: None}
    routes = ask(lambda: list(clients.data_plane(host_name).list_event_routes()), unreadable)
    if routes is None:
        return None
    found: dict[str, list[DigitalTwinsEventRoute]] = {}
    for route in routes:
        found.setdefault(str(route.endpoint_name).lower(), []).append(route)
    return found


def _filter(route: DigitalTwinsEventRoute) -> str:
    text = str(route.filter or "").strip()
    return "all events" if text in ("", "true") else text
