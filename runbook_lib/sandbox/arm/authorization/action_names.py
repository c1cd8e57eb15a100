"""Which actions a custom role can name: those of `providerOperations`, each in the list of its own plane.

Azure checks a role as a whole, and the words are the same for both codes (azure-docs issue 102571 and reports of
Terraform's provider, 2022-2026). A word with `*` passes. Modelled: the catalogue is complete for Digital Twins only, so
actions of other providers pass as long as there's such a provider.
"""

from __future__ import annotations

from ..digital_twins.operation_names import OPERATIONS
from ..elsewhere import namespace_exists
from ..providers import provider
from . import errors

_ACTIONS, _DATA_ACTIONS = (
    frozenset(operation["name"].lower() for operation in OPERATIONS if operation["isDataAction"] is data)
    for data in (False, True)
)
_COMPLETE = "microsoft.digitaltwins"


def check_actions(permissions: list[dict[str, list[str]]]) -> None:
    """Raise ArmError if an entry of a role names an action that Azure doesn't have in that list."""
    for entry in permissions:
        for name in (*entry["actions"], *entry["notActions"]):
            if not _known(name, _ACTIONS):
                raise errors.unknown_action(name, data=False)
        for name in (*entry["dataActions"], *entry["notDataActions"]):
            if not _known(name, _DATA_ACTIONS):
                raise errors.unknown_action(name, data=True)


def _known(name: str, catalogue: frozenset[str]) -> bool:
    namespace, _, rest = name.lower().partition("/")
    if "*" in name:
        return True
    if namespace == _COMPLETE:
        return name.lower() in catalogue
    return bool(rest) and (provider(namespace) is not None or namespace_exists(namespace))
