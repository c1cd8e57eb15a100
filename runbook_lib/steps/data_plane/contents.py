"""What others have put into an instance: if you delete it, they lose that."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from ...azure.clients import Clients
from ...azure.resource_ids import name_of, names
from ..directory import role_assignments
from .removers import is_ours

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

NAMED = 3
"""How many things in the data we name: there could be millions."""
_FIND_OUT = (
    "To find out, give yourself Azure Digital Twins Data Reader (02-assign-access) and allow public network access"
)


def foreign_contents(
    clients: Clients, subscription: str, instance: DigitalTwinsDescription, ours: frozenset[str], noted: str = ""
) -> str:
    """Say what in an instance isn't `ours` (lower-cased ids); empty if nothing belongs to others.

    `noted` is why an earlier clean-up kept it: that holds for as long as the account can't read the data.
    """
    found = [*_resources(clients, subscription, instance, ours), *_data(clients, subscription, instance, ours, noted)]
    return "; ".join(found)


def _resources(
    clients: Clients, subscription: str, instance: DigitalTwinsDescription, ours: frozenset[str]
) -> Iterator[str]:
    _, group, name = names(str(instance.id))
    client = clients.digital_twins(subscription)
    for label, children in (
        ("endpoint", client.digital_twins_endpoint.list(group, name)),
        ("data history connection", client.time_series_database_connections.list(group, name)),
    ):
        yield from (f"{label} {child.name}" for child in children if str(child.id).lower() not in ours)
    for connection in instance.private_endpoint_connections or []:
        endpoint = str(connection.properties.private_endpoint.id) if connection.properties.private_endpoint else ""
        if endpoint.lower() not in ours:
            yield f"private endpoint {name_of(endpoint) or connection.name}"


def _data(
    clients: Clients, subscription: str, instance: DigitalTwinsDescription, ours: frozenset[str], noted: str
) -> Iterator[str]:
    from azure.core.exceptions import HttpResponseError

    host = str(instance.host_name or "")
    if not host:
        return  # creation never finished, so nobody could add data
    client = clients.data_plane(host)
    paths = chain(
        (("model", f"models/{one.id}") for one in client.list_models()),
        (("digital twin", f"digitaltwins/{one['$dtId']}") for one in client.query_twins("SELECT * FROM digitaltwins")),
        (
            ("relationship", f"digitaltwins/{one['$sourceId']}/relationships/{one['$relationshipId']}")
            for one in client.query_twins("SELECT * FROM relationships")
        ),
    )
    foreign = (f"{label} {path.partition('/')[2]}" for label, path in paths if not is_ours(instance, path, ours))
    try:
        yield from islice(foreign, NAMED)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        yield from _unreadable(clients, subscription, str(instance.id), ours, noted)


def _unreadable(clients: Clients, subscription: str, scope: str, ours: frozenset[str], noted: str) -> Iterator[str]:
    """Assess data that the account can't read: if nobody else has a role for it, nobody else has added anything.

    A role that this run has given the account doesn't count: it could be too new to work. If an earlier clean-up has
    kept the instance, the roles that it removed say nothing anymore.
    """
    if noted:
        yield f"you can't read its data, and an earlier clean-up kept it: {noted}. {_FIND_OUT}"
        return
    me = clients.target.account().object_id.lower()
    holders = [
        one
        for one in role_assignments.holders_of_data(
            clients, subscription, scope, role_assignments.data_roles(clients, subscription, scope)
        )
        if one.principal_id.lower() != me or one.id.lower() not in ours
    ]
    if holders:
        roles = ", ".join(dict.fromkeys(one.role for one in holders))
        yield f"you can't read its data, and there are roles for it ({roles}). {_FIND_OUT}"
