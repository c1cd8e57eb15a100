"""What Azure Digital Twins accepts as an endpoint, and how it masks an endpoint's secrets.

The rules are those of the OpenAPI file and the articles; masks as recorded (azure-powershell, June 2025). Modelled: the
texts of the refusals, in the provider's known style (`BadRequest` and a sentence).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...store import Document
from .. import errors
from .dependants import principal_of

MASK = "***"
NAME = re.compile(r"(?![0-9]+$)(?!-)[a-zA-Z0-9-]{2,49}[a-zA-Z0-9]")


@dataclass(frozen=True)
class EndpointType:
    """One type of endpoint: the names of its properties."""

    secrets: tuple[str, ...]
    """The properties of a key-based endpoint; only the first is required."""
    by_identity: tuple[str, ...] = ()
    """The properties of an identity-based one, all required; empty if the type has none."""
    open: tuple[str, ...] = ()
    """What a key-based one requires and shows unmasked."""


TYPES = {
    "EventHub": EndpointType(
        ("connectionStringPrimaryKey", "connectionStringSecondaryKey"), ("endpointUri", "entityPath")
    ),
    "ServiceBus": EndpointType(("primaryConnectionString", "secondaryConnectionString"), ("endpointUri", "entityPath")),
    "EventGrid": EndpointType(("accessKey1", "accessKey2"), open=("TopicEndpoint",)),
}


def check_child_name(name: str, what: str) -> None:
    """Refuse a name that breaks the rule for the parts of an instance. Raises ArmError."""
    if not NAME.fullmatch(name):
        raise errors.bad_request(
            f"The {what} name '{name}' is invalid. The name must be between 3 and 50 characters long, can contain only "
            "letters, numbers and hyphens with at least one letter, and must not start or end with a hyphen."
        )


def endpoint_properties(body: dict[str, Any], instance: Document) -> dict[str, Any]:
    """Check a body, and return the properties to keep, with secrets masked. Raises ArmError."""
    given = given_properties(body)
    kind = TYPES.get(str(given.get("endpointType")))
    if kind is None:
        raise errors.bad_request(
            f"The value '{given.get('endpointType')}' of endpointType is not one of {_list(TYPES)}."
        )
    authentication = given.get("authenticationType") or "KeyBased"
    if authentication not in ("KeyBased", "IdentityBased"):
        raise errors.bad_request(
            f"The value '{authentication}' of authenticationType is not one of 'KeyBased', 'IdentityBased'."
        )
    shown = {"authenticationType": authentication, "endpointType": given["endpointType"]}
    if authentication == "KeyBased":
        return shown | _by_key(kind, given)
    return shown | _by_identity(kind, given, instance)


def given_properties(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body's `properties`. Raises ArmError if there are none."""
    given = body.get("properties")
    if not isinstance(given, dict):
        raise errors.invalid_request_content("Required property 'properties' not found in JSON. Path ''.")
    return given


def identity_reference(given: dict[str, Any], instance: Document) -> dict[str, Any]:
    """Return the `identity` to keep, at most one field. Raises ArmError if the instance doesn't have that identity."""
    reference = given.get("identity")
    if reference is not None and (
        not isinstance(reference, dict) or reference.get("type") not in ("SystemAssigned", "UserAssigned")
    ):
        raise errors.bad_request("The identity's type must be 'SystemAssigned' or 'UserAssigned'.")
    if principal_of(instance, reference) is None:
        raise errors.bad_request(
            "The managed identity is not enabled on the Digital Twins instance. Enable or assign it before using it."
        )
    return {"identity": reference} if reference is not None else {}


def _by_key(kind: EndpointType, given: dict[str, Any]) -> dict[str, Any]:
    require(given, (*kind.open, kind.secrets[0]))
    shown = {name: given[name] for name in kind.open}
    for name in kind.secrets:
        if given.get(name):
            shown[name] = MASK if kind.open else _masked(name, given[name])
    return shown | ({"deadLetterSecret": MASK} if given.get("deadLetterSecret") else {})


def _masked(name: str, text: str) -> str:
    """Mask a connection string, part by part. Raises ArmError if it doesn't name a namespace, key or entity."""
    parts = dict(part.partition("=")[::2] for part in str(text).split(";") if part)
    missing = [p for p in ("Endpoint", "SharedAccessKeyName", "SharedAccessKey", "EntityPath") if not parts.get(p)]
    if missing or not parts["Endpoint"].startswith("sb://"):
        raise errors.bad_request(f"The connection string '{name}' is invalid. It must contain {_list(missing)}.")
    return f"Endpoint=sb://{MASK}/;SharedAccessKeyName={MASK};SharedAccessKey={MASK};EntityPath={MASK}"


def _by_identity(kind: EndpointType, given: dict[str, Any], instance: Document) -> dict[str, Any]:
    if not kind.by_identity:
        raise errors.bad_request("Identity-based authentication is not supported for endpoints of type 'EventGrid'.")
    require(given, kind.by_identity)
    if not given["endpointUri"].startswith("sb://"):
        raise errors.bad_request("The endpointUri must include the protocol 'sb://'.")
    optional = {"deadLetterUri": given["deadLetterUri"]} if given.get("deadLetterUri") else {}
    shown = {name: given[name] for name in kind.by_identity}
    return shown | optional | identity_reference(given, instance)


def require(given: dict[str, Any], names: tuple[str, ...]) -> None:
    """Refuse properties if one of `names` is missing or isn't text. Raises ArmError."""
    missing = [name for name in names if not isinstance(given.get(name), str) or not given[name]]
    if missing:
        raise errors.bad_request(f"The required property {_list(missing)} is missing or empty.")


def _list(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names)
