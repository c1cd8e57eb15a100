"""What Azure Digital Twins accepts as an instance: names, bodies, and where a name is free.

The provider's own texts for bad input were never recorded; where a docstring says "modelled" they follow its known
style (generic code `BadRequest`, a sentence that names the rule).
"""

from __future__ import annotations

import re
from typing import Any

from ...clouds import data_domain
from ...regions import region
from ...store import Document, Store
from ...world import OTHER_CUSTOMERS_INSTANCE
from .. import errors, name_errors

HOST_NAME = "host-name"
MAXIMUM_PER_REGION = 10
_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{3,63}(?<!-)")
_RESERVED_WHOLE = frozenset(
    ("azure", "access", "office", "exchange", "outlook", "xbox", "bing", "skype", "visio", "o365")
)
_RESERVED_ANYWHERE = ("microsoft", "windows")
_RESERVED_START = "login"


def name_problem(name: str) -> str | None:
    """Return the sentence that says what's wrong with a name, or None. The rule is Azure's; the text is modelled."""
    if _NAME.fullmatch(name):
        return None
    return (
        f"The name '{name}' is invalid. The name must be between 3 and 63 characters long, can contain only letters, "
        "numbers and hyphens, and must not start or end with a hyphen."
    )


def check_name(name: str) -> None:
    """Refuse a name that breaks a rule of ARM (trademarks) or of the service. Raises ArmError."""
    low = name.lower()
    if low in _RESERVED_WHOLE or low.startswith(_RESERVED_START) or any(word in low for word in _RESERVED_ANYWHERE):
        raise name_errors.reserved_resource_name(name)
    problem = name_problem(name)
    if problem:
        raise errors.bad_request(problem)


def host_name(name: str, location: str) -> str:
    """Return the host name of an instance: the name as typed, and the region's short code."""
    found = region(location)
    assert found is not None, "the gateway lets only offered regions through"
    return f"{name}.api.{found.code}.{data_domain()}"


def is_taken(store: Store, name: str, location: str) -> bool:
    """Tell whether an instance of any subscription holds the name in the region."""
    if name.lower() == OTHER_CUSTOMERS_INSTANCE:
        return True
    return store.get(HOST_NAME, host_name(name, location)) is not None


def taken_message(name: str, location: str) -> str:
    """Say that a name is taken (recorded as the answer of the name check)."""
    return (
        f"A DigitalTwins instance with the name '{name}' already exists in region '{location}'. "
        "Please choose a different name."
    )


def check_quota(subscription: str, instances: list[Document], location: str) -> None:
    """Refuse one instance too many in a region (the limit is ten). Text: azure-sdk-for-net issue 19335."""
    held = sum(instance["location"] == location for instance in instances)
    if held >= MAXIMUM_PER_REGION:
        raise errors.bad_request(
            f"Subscription '{subscription}' has '{held}' instances in this region. "
            "Please visit http://aka.ms/dtv2limits for details."
        )


def public_network_access(body: dict[str, Any]) -> str | None:
    """Return the wanted network access of a body, None if it doesn't say. Modelled: the texts of the refusals."""
    properties = body.get("properties")
    if properties is None:
        return None
    if not isinstance(properties, dict):
        raise errors.invalid_request_content("Expected an object. Path 'properties'.")
    value = properties.get("publicNetworkAccess")
    if value not in (None, "Enabled", "Disabled"):
        raise errors.bad_request(f"The value '{value}' of publicNetworkAccess is not one of 'Enabled', 'Disabled'.")
    return value


def check_idle(resource: Document) -> None:
    """Refuse a write while another one is under way. Raises ArmError."""
    if resource["properties"]["provisioningState"] in ("Provisioning", "Updating", "Deleting"):
        raise errors.operation_in_progress(resource["id"])
