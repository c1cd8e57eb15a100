"""Refusals of names by the services around Azure Digital Twins: one constructor for each."""

from __future__ import annotations

from ..errors import ArmError


def storage_name_taken(name: str) -> ArmError:
    """Refuse: storage accounts share one domain. Source: terraform issue 11485."""
    return ArmError(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")


def storage_name_invalid(name: str, _type: str) -> ArmError:
    """Refuse: the name breaks the rule. Source: pulumi/templates pull request 274."""
    rule = "Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters"
    return ArmError(400, "AccountNameInvalid", f"{name} is not a valid storage account name. {rule} only.")


def bus_name_invalid(_name: str, _type: str) -> ArmError:
    """Refuse: the name breaks the rule. Source: azure-service-bus issue 269, where an id for support follows."""
    return ArmError(400, "BadRequest", "The specified service namespace is invalid.")


def bus_name_taken(_name: str) -> ArmError:
    """Refuse: namespaces of Event Hubs and Service Bus share one domain.

    Source: terraform-provider-azurerm issue 12020, where an id for support follows.
    """
    message = "The specified name is not available. For more information visit https://aka.ms/eventhubsarmexceptions."
    return ArmError(400, "BadRequest", message)


def cluster_name_taken(name: str) -> ArmError:
    """Refuse: Data Explorer's clusters. Source: ARO-HCP pull request 6502 (code and text). Modelled: the status."""
    message = f"Name '{name}' with type Engine is already taken. Please specify a different name"
    return ArmError(400, "InvalidClusterName", message)


def condition_not_satisfied(header: str, wanted: str, current: str) -> ArmError:
    """Refuse: a condition of the request doesn't hold. Modelled on what Azure DNS says."""
    message = f"The condition '{wanted}' in the {header} header was not satisfied. The current was '{current}'."
    return ArmError(412, "PreconditionFailed", message)
