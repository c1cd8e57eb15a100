"""Refusals of names: one constructor for each, with the exact status, code and text."""

from __future__ import annotations

from .errors import ArmError, gateway


def reserved_resource_name(name: str) -> ArmError:
    """Refuse: the name holds a trademark. Source: ARM troubleshooting articles."""
    message = f"The resource name {name} or a part of the name is a trademarked or reserved word."
    return gateway(400, "ReservedResourceName", message)


def invalid_group_name(name: str) -> ArmError:
    """Refuse: the resource group's name breaks a rule. Source: azure-cli issue 14481.

    Modelled: what's said about a name that is too long or ends with a full stop.
    """
    allowed = "The name can only be a letter, digit, '-', '.', '(', ')' or '_'"
    problem = f"The provided resource group name '{name}' has these invalid characters: '{_unusual(name, '()')}'."
    if not _unusual(name, "()"):
        problem = f"The provided resource group name '{name}' is invalid."
        allowed += ", has at most 90 characters and does not end with '.'"
    return gateway(400, "InvalidResourceGroup", f"{problem} {allowed}.")


def invalid_deployment_name(name: str) -> ArmError:
    """Refuse: a deployment's name with characters that it can't have. Source: azure-powershell issue 383."""
    message = (
        f"The provided deployment name '{name}' has these invalid characters: '{_unusual(name, '()')}'. The name can "
        "only be a letter, digit, '-', '.' or '_'."
    )
    return gateway(400, "InvalidDeployment", message)


def _unusual(name: str, more: str) -> str:
    """Return the characters that aren't letters, digits or `-._`."""
    return "".join(character for character in name if not character.isalnum() and character not in f"-._{more}")


def invalid_resource_name(name: str, full_type: str) -> ArmError:
    """Refuse: a resource's name breaks its type's rule (naming rules article).

    Source for Microsoft.Network: f5-azure-arm-templates issue 227. Modelled: the text of the others.
    """
    if full_type.lower().startswith("microsoft.network/") and "dnszones" not in full_type.lower():
        rules = (
            "The name can be up to 80 characters long. It must begin with a word character, and it must end with a "
            "word character or with '_'. The name may contain word characters or '.', '-', '_'."
        )
        return ArmError(400, "InvalidResourceName", f"Resource name {name} is invalid. {rules}")
    return gateway(400, "InvalidResourceName", f"Resource name {name} is invalid for the type '{full_type}'.")
