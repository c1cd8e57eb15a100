"""What each step takes: one typed field per parameter, with its default, rule and help.

The notebooks' `parameters` cells have the same names, defaults and help. Each field has a `title` (the portal's label),
a `description` (the help, written as the docstring below it) and, in `json_schema_extra`:

- `tab`: Basics, Advanced, Tags and so on; Run for how the notebook runs rather than what it does
- `widget`: text, number, flag, tags, choice (one from a list), group (one from a list, or a new name), suggest (a list
  or your own text), search (a list that depends on what you type)
- `source`: where the facts come from
- `depends`: the other fields that decide what you can choose, whether the field is disabled, and what Azure says
  about its value
- `form`: the help in a form, where the description speaks to those who write parameters
- `when`: the values of other fields with which a form shows this one
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
    ExistingInstanceParameters,
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
    "ExistingInstanceParameters",
    "InstanceParameters",
    "ManagedIdentityParameters",
    "Parameters",
    "PrivateAccessParameters",
    "PrivateEndpointParameters",
    "StartHereParameters",
    "problems",
    "validate",
]
