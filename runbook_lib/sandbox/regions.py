"""The regions of the sandbox, and which of them offer Azure Digital Twins."""

from __future__ import annotations

from dataclasses import dataclass

from .clouds import is_government


@dataclass(frozen=True)
class Region:
    """A region that offers the service; `code` is its short name in host names (from recorded host names)."""

    name: str
    display_name: str
    code: str


# The first ten in the order in which a real refusal listed them in June 2022 (azure-sdk-for-js issue 22346); the last
# two have been seen in host names since.
REGIONS = (
    Region("westcentralus", "West Central US", "wcus"),
    Region("westus2", "West US 2", "wus2"),
    Region("northeurope", "North Europe", "neu"),
    Region("australiaeast", "Australia East", "aue"),
    Region("westeurope", "West Europe", "weu"),
    Region("eastus", "East US", "eus"),
    Region("southcentralus", "South Central US", "scus"),
    Region("southeastasia", "Southeast Asia", "sea"),
    Region("uksouth", "UK South", "uks"),
    Region("eastus2", "East US 2", "eus2"),
    Region("japaneast", "Japan East", "jpe"),
    Region("koreacentral", "Korea Central", "krc"),
)

OTHER_REGIONS = (
    ("centralus", "Central US"),
    ("westus", "West US"),
    ("westus3", "West US 3"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("swedencentral", "Sweden Central"),
)
"""Azure's regions that don't offer the service: they can hold resource groups, but not instances."""


# Modelled: which regions of Azure Government offer the service, and their codes.
GOVERNMENT_REGIONS = (
    Region("usgovvirginia", "USGov Virginia", "ugv"),
    Region("usgovarizona", "USGov Arizona", "uga"),
)
OTHER_GOVERNMENT_REGIONS = (
    ("usgovtexas", "USGov Texas"),
    ("usdodcentral", "USDoD Central"),
    ("usdodeast", "USDoD East"),
)


def offering() -> tuple[Region, ...]:
    """Return the regions that offer the service in the cloud that is being played."""
    return GOVERNMENT_REGIONS if is_government() else REGIONS


def all_locations() -> dict[str, str]:
    """Return every region of that cloud: normalized name to display name."""
    others = OTHER_GOVERNMENT_REGIONS if is_government() else OTHER_REGIONS
    return {region.name: region.display_name for region in offering()} | dict(others)


def here(locations: tuple[str, ...]) -> tuple[str, ...]:
    """Return the regions of a type of resource in that cloud, from those in public Azure."""
    if not is_government() or locations[:1] in ((), ("global",)):
        return locations
    everywhere = len(locations) > len(REGIONS)
    return tuple(all_locations()) if everywhere else tuple(region.name for region in GOVERNMENT_REGIONS)


def normalize(location: str) -> str:
    """Return a location as Azure writes it back: `East US` becomes `eastus`."""
    return location.replace(" ", "").lower()


def region(name: str) -> Region | None:
    """Return the region of that name, in any spelling, if it offers the service."""
    return {r.name: r for r in offering()}.get(normalize(name))
