"""Which actions a custom role can name: those of `providerOperations`, each in the list of its own plane.

Azure checks a role as a whole, and the words are the same for both codes (azure-docs issue 102571 and reports of
Terraform's provider, 2022-2026). A word with `*` passes. Modelled: the catalogue is complete for Digital Twins only, so
actions of other providers pass as long as there's such a provider and no built-in role has them in the other list.
"""

from __future__ import annotations

from ...roles import BUILT_IN
from ..digital_twins.operation_names import OPERATIONS
from ..elsewhere import namespace_exists
from ..providers import provider
from . import errors

_ACTIONS, _DATA_ACTIONS = (
    frozenset(operation["name"].lower() for operation in OPERATIONS if operation["isDataAction"] is data)
    for data in (False, True)
)
_COMPLETE = "microsoft.digitaltwins"
_OF_ROLES, _DATA_OF_ROLES = (
    frozenset(name.lower() for role in BUILT_IN for name in getattr(role, field))
    for field in ("actions", "data_actions")
)


def check_actions(permissions: list[dict[str, list[str]]]) -> None:
    """Raise ArmError if an entry of a role names an action that Azure doesn't have in that list."""
    for entry in permissions:
        for name in (*entry["actions"], *entry["notActions"]):
            if not _known(name, _ACTIONS, _DATA_OF_ROLES):
                raise errors.unknown_action(name, data=False)
        for name in (*entry["dataActions"], *entry["notDataActions"]):
            if not _known(name, _DATA_ACTIONS, _OF_ROLES):
                raise errors.unknown_action(name, data=True)


def _known(name: str, catalogue: frozenset[str], elsewhere: frozenset[str]) -> bool:
    namespace, _, rest = name.lower().partition("/")
    if "*" in name:
        return True
    if namespace == _COMPLETE:
        return name.lower() in catalogue
    return (
        bool(rest)
        and name.lower() not in elsewhere
        and (provider(namespace) is not None or namespace_exists(namespace))
    )
