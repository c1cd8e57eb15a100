"""Microsoft.Authorization: who can do what, and what nobody can do for now."""

from __future__ import annotations

from .deny_assignments import DenyAssignments, place_denial
from .eligibility import Eligibility
from .locks import Locks
from .provider_operations import ProviderOperations
from .role_assignments import RoleAssignments
from .role_definitions import RoleDefinitions

__all__ = [
    "DenyAssignments",
    "Eligibility",
    "Locks",
    "ProviderOperations",
    "RoleAssignments",
    "RoleDefinitions",
    "place_denial",
]
