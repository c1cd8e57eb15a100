"""What `GET /providers/Microsoft.DigitalTwins/operations` lists: the names of the provider's permissions.

Names: Microsoft's permission list for the internet of things. Only those that the sandbox checks are listed.
"""

from __future__ import annotations

from typing import Any

_CONTROL = (
    ("register/action", "Registration", "Register the subscription for the Digital Twins resource provider"),
    ("unregister/action", "Registration", "Unregister the subscription for the Digital Twins resource provider"),
    ("operations/read", "Operations", "List the operations of the Digital Twins resource provider"),
    ("digitalTwinsInstances/read", "digitalTwinsInstances", "Get a Digital Twins Service instance."),
    ("digitalTwinsInstances/write", "digitalTwinsInstances", "Create or update a Digital Twins Service instance."),
    ("digitalTwinsInstances/delete", "digitalTwinsInstances", "Delete a Digital Twins Service instance."),
    ("locations/checkNameAvailability/action", "locations", "Check the availability of a name in a region"),
    ("locations/operationsStatuses/read", "locations", "Read the status of an asynchronous operation"),
    ("locations/operationResults/read", "locations", "Read the result of an asynchronous operation"),
)
_DATA = (
    ("models/read", "Model", "Read any Model"),
    ("models/write", "Model", "Create or update any Model"),
    ("models/delete", "Model", "Delete any Model"),
    ("query/action", "Query", "Query any Digital Twins graph"),
)


def _operation(name: str, resource: str, description: str, *, data: bool) -> dict[str, Any]:
    display = {
        "provider": "Azure Digital Twins" if data else "Microsoft.DigitalTwins",
        "resource": resource,
        "operation": description,
        "description": description,
    }
    return {"name": f"Microsoft.DigitalTwins/{name}", "display": display, "isDataAction": data}


OPERATIONS = [_operation(*row, data=False) for row in _CONTROL] + [_operation(*row, data=True) for row in _DATA]
