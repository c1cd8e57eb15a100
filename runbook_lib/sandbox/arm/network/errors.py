"""Refusals of Microsoft.Network: one constructor for each. Codes and texts are common knowledge, not recorded."""

from __future__ import annotations

from ..errors import ArmError


def invalid_resource_reference(resource_id: str, referrer: str) -> ArmError:
    """Refuse: a named resource doesn't exist, or is in another region."""
    message = (
        f"Resource {resource_id} referenced by resource {referrer} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region."
    )
    return ArmError(400, "InvalidResourceReference", message)


def invalid_address_prefix(prefix: str, resource_id: str) -> ArmError:
    """Refuse: an invalid range of addresses."""
    message = (
        f"Address prefix {prefix} of resource {resource_id} is not formatted correctly. It should follow CIDR "
        "notation, for example 10.0.0.0/24."
    )
    return ArmError(400, "InvalidAddressPrefixFormat", message)


def invalid_subnet(name: str, network: str) -> ArmError:
    """Refuse: addresses that the virtual network does not have."""
    message = f"Subnet '{name}' is not valid in virtual network '{network}'."
    return ArmError(400, "NetcfgInvalidSubnet", message)


def subnets_overlap(name: str, network: str) -> ArmError:
    """Refuse: addresses that another subnet has."""
    message = (
        f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet in "
        f"virtual network '{network}'."
    )
    return ArmError(400, "NetcfgSubnetRangesOverlap", message)


def zones_overlap(name: str) -> ArmError:
    """Refuse to link a network to a second zone of the same name. Source: ARO-RP issue 796."""
    message = (
        "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link virtual "
        f"network with '{name}' and '{name}' zones."
    )
    return ArmError(400, "BadRequest", message)


def subnet_in_use(name: str, user_id: str) -> ArmError:
    """Refuse to remove a subnet that's in use."""
    message = (
        f"Subnet {name} is in use by {user_id} and cannot be deleted. In order to delete the subnet, delete all the "
        "resources within the subnet. See aka.ms/deletesubnet."
    )
    return ArmError(400, "InUseSubnetCannotBeDeleted", message)


def subnet_is_full(name: str) -> ArmError:
    """Refuse: no address is left."""
    return ArmError(400, "SubnetIsFull", f"Subnet {name} is full.")
