"""Explanations of refusals whose code covers several causes: only the message tells which one it is.

Based on Microsoft's articles on Azure Digital Twins (endpoints, Private Link, data history, service limits) and on
users' reports.
"""

from __future__ import annotations

import re

from .explanation import Explanation, input_error, permission_missing

_BY_MESSAGE = {
    ("", r"(?i)public network access disabled"): Explanation(
        "Public network access to the instance is off, so only private endpoints reach it, and this machine isn't "
        "behind one. No role helps.",
        "Run this inside the virtual network, where the host name resolves to the private address. Or turn public "
        "network access on with 04-private-access.",
        "You, or anyone who can change the instance.",
    ),
    ("AuthorizationFailed", r"ABAC condition not fulfilled"): permission_missing(
        "None of your roles at this scope or above allows this action, or the one that does has a condition that "
        "excludes this request. Azure doesn't say which.",
        "Have someone else do this step, or get the role without such a condition. A new role can take up to 10 "
        "minutes to work.",
    ),
    ("BadRequest", r"has '\d+' instances in this region"): input_error(
        "The subscription has reached its limit of instances in this region: 10, unless Microsoft raised it.",
        "Delete one that nobody needs (often left over from tests), choose another region, or ask Microsoft's support "
        "to raise the limit.",
    ),
    (
        "BadRequest",
        r"(?i)(authenticationType|endpointType|authentication type).*cannot be (changed|updated)",
    ): input_error(
        "You can't change how an endpoint signs in after it's created.",
        "Delete the endpoint and create it again. Events can take an hour to come back.",
    ),
    ("BadRequest", r"(?i)groupIds?\b"): input_error(
        "The private endpoint's target sub-resource is wrong. Older instructions use another one.",
        "Use API. It's the only sub-resource of an instance.",
    ),
    ("BadRequest", r"PrivateEndpointBadRequestException"): input_error(
        "You can't approve a connection after it was rejected.",
        "Delete the private endpoint, create it again, and approve the new connection.",
    ),
    ("InternalServerError", r"could not ACT"): Explanation(
        "Azure couldn't create the data history connection. Either the instance's identity lacks a role (Azure Event "
        "Hubs Data Owner on the hub, Contributor and Database Admin on the database), or public access to Data "
        "Explorer or local authentication of the event hub is off.",
        "Give the roles, and turn both on while you create the connection. You can turn them off afterwards. Then "
        "delete the failed connection and create it again.",
        "You, or the people who manage the event hub and the database.",
    ),
}
"""Explanations by code and a pattern in the message."""


def explain_message(code: str, message: str) -> Explanation | None:
    """Return the explanation if the message says more than its code; otherwise None."""
    for (known, pattern), explanation in _BY_MESSAGE.items():
        if known == code and re.search(pattern, message):
            return explanation
    return None
