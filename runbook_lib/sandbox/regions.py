"""The regions of the sandbox, and which of them offer Azure Digital Twins."""

from __future__ import annotations

from dataclasses import dataclass


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


def normalize(location: str) -> str:
    """Return a location as Azure writes it back: `East US` becomes `eastus`."""
    return location.replace(" ", "").lower()


def region(name: str) -> Region | None:
    """Return the region of that name, in any spelling, if it offers the service."""
    return {r.name: r for r in REGIONS}.get(normalize(name))
