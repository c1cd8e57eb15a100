"""What `GET /providers/Microsoft.DigitalTwins/operations` lists: the names of the provider's permissions.

Names: Microsoft's permission list for the internet of things. The descriptions are ours.
"""

from __future__ import annotations

from typing import Any

_COLLECTIONS = {
    "digitalTwinsInstances": "Digital Twins instances",
    "digitalTwinsInstances/endpoints": "endpoints of a Digital Twins instance",
    "digitalTwinsInstances/timeSeriesDatabaseConnections": "time series database connections of an instance",
    "digitalTwinsInstances/privateEndpointConnections": "private endpoint connections of an instance",
}
_VERBS = {"read": "Read", "write": "Create or update", "delete": "Delete"}
_CONTROL = (
    ("register/action", "Register the subscription for the Digital Twins resource provider"),
    ("unregister/action", "Unregister the subscription for the Digital Twins resource provider"),
    ("operations/read", "List the operations of the Digital Twins resource provider"),
    *((f"{name}/{verb}", f"{word} {what}") for name, what in _COLLECTIONS.items() for verb, word in _VERBS.items()),
    ("digitalTwinsInstances/privateLinkResources/read", "Read the private link resources of an instance"),
    (
        "digitalTwinsInstances/PrivateEndpointConnectionsApproval/action",
        "Approve private endpoint connections of an instance",
    ),
    ("locations/checkNameAvailability/action", "Check the availability of a name in a region"),
    ("locations/operationsStatuses/read", "Read the status of an asynchronous operation"),
    ("locations/operationResults/read", "Read the result of an asynchronous operation"),
)
_DATA = (
    *((f"digitaltwins/{verb}", f"{word} digital twins") for verb, word in _VERBS.items()),
    *((f"digitaltwins/relationships/{verb}", f"{word} relationships of twins") for verb, word in _VERBS.items()),
    ("digitaltwins/commands/action", "Invoke a command of a digital twin"),
    *((f"eventroutes/{verb}", f"{word} event routes") for verb, word in _VERBS.items()),
    *((f"models/{verb}", f"{word} models") for verb, word in _VERBS.items()),
    ("query/action", "Query the twin graph"),
    *((f"jobs/imports/{verb}", f"{word} import jobs") for verb, word in _VERBS.items()),
    ("jobs/imports/cancel/action", "Cancel an import job"),
    ("jobs/deletions/read", "Read deletion jobs"),
    ("jobs/deletions/write", "Create deletion jobs"),
)


def _operation(name: str, description: str, *, data: bool) -> dict[str, Any]:
    display = {
        "provider": "Azure Digital Twins" if data else "Microsoft.DigitalTwins",
        "resource": name.rpartition("/")[0],
        "operation": description,
        "description": description,
    }
    return {"name": f"Microsoft.DigitalTwins/{name}", "display": display, "isDataAction": data}


OPERATIONS = [_operation(*row, data=False) for row in _CONTROL] + [_operation(*row, data=True) for row in _DATA]
