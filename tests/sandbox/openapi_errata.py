"""Where Microsoft's OpenAPI files are wrong about the real service, each place with its evidence.

Recording beats example beats schema: an answer that the real service is known to give is right, whatever a file says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol


class Finding(Protocol):
    """What a fault is asked about: a violation that the checker found."""

    @property
    def operation(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def place(self) -> str: ...
    @property
    def message(self) -> str: ...


@dataclass(frozen=True)
class KnownFault:
    """One fault of the files. The expressions must fit operation and place in full, and the message somewhere."""

    operation: str
    place: str
    message: str
    evidence: str
    status: int = 0
    """0 stands for any status."""

    def covers(self, finding: Finding) -> bool:
        """Tell whether this fault explains a violation."""
        return (
            self.status in (0, finding.status)
            and re.fullmatch(self.operation, finding.operation) is not None
            and re.fullmatch(self.place, finding.place) is not None
            and re.search(self.message, finding.message) is not None
        )


KNOWN_FAULTS: tuple[KnownFault, ...] = (
    KnownFault(
        r"RoleDefinitions_(Get|GetById|List)",
        r"(/value/\d+)?/properties/(created|updated)By",
        r'^null is not of type "string"$',
        "Built-in roles were made by nobody: authorization/roleDefinitions-selected.json, as ARM returned them.",
        200,
    ),
    KnownFault(
        r"(Subscriptions|Tenants)_List",
        "",
        r'"nextLink" is a required property',
        "The last page has none: answers of the live service quoted in public end with value and count, and the"
        " official clients stop at its absence.",
        200,
    ),
    KnownFault(
        r"RoleAssignments_\w+",
        r"(/value/\d+)?/properties/(condition(Version)?|createdBy|delegatedManagedIdentityResourceId|description)",
        r'^null is not of type "string"$',
        "What is not set comes as null: recordings/arm-graph-selected.json, PUT, GET and DELETE of role assignments.",
    ),
    KnownFault(
        r"PrivateEndpointConnections_(List|Get|CreateOrUpdate)",
        r"(/value/\d+)?/properties/provisioningState",
        r'^"(Succeeded|Updating|Deleting)" is not ',
        "The file lists states of approval (Pending, Approved, ...). The live service says Succeeded and Updating, in"
        " recordings/controlplane-privateendpoint-digitaltwins.json, and so does Microsoft's own example of the PUT.",
    ),
    KnownFault(
        r"DigitalTwins_(Get|List|CreateOrUpdate|Update|Delete|ListByResourceGroup)",
        r"(/value/\d+)?/properties/privateEndpointConnections",
        r'"provisioningState":"(Succeeded|Updating|Deleting)"',
        "The same connections, listed within their instance: the recorded ones put where Microsoft's example"
        " DigitalTwinsGet_WithPrivateEndpointConnection_example.json has them.",
    ),
    KnownFault(
        r"Deployments_WhatIf\w*",
        r"/properties/changes/\d+/delta/.*(before|after)",
        r'is not of type "object"$',
        "A property's value before and after can be of any kind: the article on what-if shows texts and numbers.",
        200,
    ),
    KnownFault(
        r"DigitalTwinsEndpoint_Delete",
        r"/systemData",
        r'^null is not of type "object"$',
        "Recorded in the same place: the answer to an endpoint's deletion has no systemData.",
        202,
    ),
    KnownFault(
        r"DigitalTwins_Update(Component|Relationship)?",
        "|/error",
        r'"error" is a required property|without code',
        "A patch that is not a list of objects is refused by the web framework, with an RFC 7807 body"
        " (application/problem+json): recordings/dataplane-errors.json, the three test_update_..._invalid_patch.yaml.",
        400,
    ),
    KnownFault(
        r"(DigitalTwin|Query|EventRoutes|ImportJobs|DeleteJobs).*",
        "|/error",
        r'"error" is a required property|without code',
        'A refused token is answered { "statusCode": 401, "message": "Unauthorized" }: recorded in azure-sdk-for-net,'
        " DigitalTwins_IncorrectCredentials_ThrowsUnauthorizedException.json, June 2022.",
        401,
    ),
    KnownFault(
        r"(DigitalTwin|Query|EventRoutes|ImportJobs|DeleteJobs).*",
        "",
        "has no body where one is declared",
        "The data plane's refusal is mute: 403 with Content-Length 0, quoted by users in digital-twins-samples issue 22"
        " and azure-sdk-for-java issue 22640.",
        403,
    ),
    KnownFault(
        r"(DigitalTwin|Query|EventRoutes|ImportJobs|DeleteJobs).*",
        "|/error",
        r'"error" is a required property|without code',
        "From outside, with public network access off, 403 has the body {statusCode, message}: Troubleshoot in the"
        " article how-to-enable-private-link.",
        403,
    ),
)
