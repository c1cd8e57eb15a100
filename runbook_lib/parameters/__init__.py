"""What each step needs: one field = name, default, rule, help, example and where the rule comes from.

The names and defaults are those of the notebooks' `parameters` cells. Each field carries, for the forms,
`title` (the portal's label), `description` (help), `examples`, and in `json_schema_extra`:
`tab` (Basics, Advanced, Tags, or Run for how rather than what), `widget` (text; choice, one of a list; suggest, a list
or a text of one's own; search, a list found by what is typed; flag, tags, number), `source` (who says so) and `depends`
(other fields that decide what can be chosen, whether the field is greyed out, and what Azure says of it).
"""

from __future__ import annotations

from .base import (
    CONNECTIVITY,
    CREDENTIALS,
    DATA_ROLES,
    DECISIONS,
    LANGUAGES,
    PRINCIPAL_TYPES,
    PUBLIC_ACCESS,
    SIGN_INS,
    SWITCHES,
    Parameters,
    problems,
    validate,
)
from .common import (
    BasicsParameters,
    CommonParameters,
    ConfirmedParameters,
    ConnectivityParameters,
    InstanceParameters,
    PrivateEndpointParameters,
)
from .notebooks import (
    AssignAccessParameters,
    BuildGraphParameters,
    CleanUpParameters,
    ClientCodeParameters,
    ClientParameters,
    ConnectClientParameters,
    CreateInstanceParameters,
    ManagedIdentityParameters,
    PrivateAccessParameters,
    StartHereParameters,
)

__all__ = [
    "CONNECTIVITY",
    "CREDENTIALS",
    "DATA_ROLES",
    "DECISIONS",
    "LANGUAGES",
    "PRINCIPAL_TYPES",
    "PUBLIC_ACCESS",
    "SIGN_INS",
    "SWITCHES",
    "AssignAccessParameters",
    "BasicsParameters",
    "BuildGraphParameters",
    "CleanUpParameters",
    "ClientCodeParameters",
    "ClientParameters",
    "CommonParameters",
    "ConfirmedParameters",
    "ConnectClientParameters",
    "ConnectivityParameters",
    "CreateInstanceParameters",
    "InstanceParameters",
    "ManagedIdentityParameters",
    "Parameters",
    "PrivateAccessParameters",
    "PrivateEndpointParameters",
    "StartHereParameters",
    "problems",
    "validate",
]
