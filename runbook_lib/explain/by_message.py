"""What refusals mean whose code says too little: one code of the service stands for many causes, its words for one.

Gathered from Microsoft's articles on Azure Digital Twins (endpoints, Private Link, data history, service limits) and
from what users have reported.
"""

from __future__ import annotations

import re

from ..errors import InputError
from .by_code import Explanation

_BY_MESSAGE = (
    (
        "", r"(?i)public network access disabled",
        Explanation(
            "The instance answers to private endpoints only: its public network access is off, and this machine comes "
            "from outside. No role helps.",
            "Run this inside the virtual network, where the host name leads to the private address; or switch public "
            "network access on with 04-private-access.", "You, or whoever may change the instance."),
    ),
    (
        "BadRequest", r"has '\d+' instances in this region",
        Explanation(
            "The subscription has as many instances in this region as it may: 10, unless Microsoft raised it.",
            "Delete one that nobody needs (leftovers of tests are the usual reason), choose another region, or ask "
            "Microsoft's support for more.", error=InputError),
    ),
    (
        "BadRequest", r"(?i)(authenticationType|endpointType|authentication type).*cannot be (changed|updated)",
        Explanation(
            "How an endpoint signs in is settled when it is made.",
            "Delete the endpoint and make it anew; events can take an hour to come back.", error=InputError),
    ),
    (
        "BadRequest", r"(?i)groupIds?\b",
        Explanation(
            "The target sub-resource of the private endpoint is wrong: older instructions name another one.",
            "Use API: it is the only sub-resource of an instance.", error=InputError),
    ),
    (
        "BadRequest", r"PrivateEndpointBadRequestException",
        Explanation(
            "A connection that was rejected cannot be approved any more.",
            "Delete the private endpoint, make it anew, and approve that one.", error=InputError),
    ),
    (
        "InternalServerError", r"could not ACT",
        Explanation(
            "The data history connection could not be made. The instance's identity lacks a role (Azure Event Hubs "
            "Data Owner on the hub, Contributor and Database Admin on the database), public access of Data Explorer is "
            "off, or local authentication of the event hub is off.",
            "Give the roles, and switch both on while the connection is made: afterwards they may be off again. Then "
            "delete the failed connection and make it anew.",
            "You; whoever manages the event hub and the database."),
    ),
)  # fmt: skip


def explain_message(code: str, message: str) -> Explanation | None:
    """Return the explanation for a code with a message that tells more than the code; None when it does not."""
    fitting = (told for known, words, told in _BY_MESSAGE if known == code and re.search(words, message))
    return next(fitting, None)
