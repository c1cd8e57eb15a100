"""The resource providers of the sandbox: their types, api-versions and regions, and which ones start registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..regions import OTHER_REGIONS, REGIONS

ALL_LOCATIONS = {region.name: region.display_name for region in REGIONS} | dict(OTHER_REGIONS)
"""Every region of the sandbox: normalized name to display name."""

DIGITAL_TWINS_LOCATIONS = {region.name: region.display_name for region in REGIONS}

NATIVE_VERSIONS = (
    "2014-04-01", "2015-01-01", "2015-11-01", "2016-02-01", "2016-06-01", "2016-07-01", "2016-09-01", "2017-05-10",
    "2018-01-01", "2018-02-01", "2018-05-01", "2019-03-01", "2019-05-01", "2019-05-10", "2019-06-01", "2019-07-01",
    "2019-08-01", "2019-10-01", "2019-11-01", "2020-01-01", "2020-06-01", "2020-08-01", "2020-10-01", "2021-01-01",
    "2021-04-01", "2022-01-01", "2022-09-01", "2022-12-01", "2023-07-01", "2024-03-01", "2024-07-01", "2024-11-01",
    "2025-03-01", "2025-04-01",
)  # fmt: skip
"""api-versions of what ARM answers itself (subscriptions, groups, providers). Modelled: no complete list is public."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of a provider; `locations` empty for what lives in no region (extensions, tenant-wide lists)."""

    name: str
    locations: tuple[str, ...] = ()
    tracked: bool = False
    """Has a location of its own and lives in a resource group."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider."""

    namespace: str
    api_versions: tuple[str, ...]
    types: tuple[ResourceType, ...]
    registered: bool = True
    """Whether a subscription has it registered from the start."""

    def type(self, name: str) -> ResourceType | None:
        """Return the type of that name, in any case."""
        return next((t for t in self.types if t.name.lower() == name.lower()), None)

    def document(self, resource_id: str | None, state: str | None) -> dict[str, Any]:
        """Render the provider as ARM lists it, for a subscription or (both None) for the tenant."""
        types = [
            {
                "resourceType": t.name,
                "locations": [ALL_LOCATIONS[location] for location in t.locations],
                "apiVersions": list(reversed(self.api_versions)),
                "capabilities": "SupportsTags, SupportsLocation" if t.tracked else "None",
            }
            for t in self.types
        ]
        head = {"id": resource_id} if resource_id else {}
        tail = {"registrationState": state, "registrationPolicy": "RegistrationRequired"} if state else {}
        return {**head, "namespace": self.namespace, "resourceTypes": types, **tail}


_OFFERED = tuple(DIGITAL_TWINS_LOCATIONS)

PROVIDERS = (
    Provider(
        "Microsoft.Authorization",
        (
            "2015-07-01", "2017-10-01-preview", "2018-01-01-preview", "2018-07-01", "2018-09-01-preview",
            "2020-03-01-preview", "2020-04-01-preview", "2020-08-01-preview", "2020-10-01-preview",
            "2021-04-01-preview", "2022-01-01-preview", "2022-04-01", "2022-05-01-preview",
        ),
        (ResourceType("roleAssignments"), ResourceType("roleDefinitions"), ResourceType("permissions")),
    ),
    Provider(
        "Microsoft.DigitalTwins",
        (
            "2020-03-01-preview", "2020-10-31", "2020-12-01", "2021-06-30-preview", "2022-05-31", "2022-10-31",
            "2023-01-31",
        ),
        (
            ResourceType("digitalTwinsInstances", _OFFERED, tracked=True),
            ResourceType("locations", _OFFERED),
            ResourceType("locations/checkNameAvailability", _OFFERED),
            ResourceType("locations/operationsStatuses", _OFFERED),
            ResourceType("locations/operationResults", _OFFERED),
            ResourceType("operations"),
        ),
        registered=False,
    ),
    Provider("Microsoft.ManagedIdentity", ("2018-11-30", "2023-01-31", "2024-11-30"), ()),
    Provider("Microsoft.Resources", NATIVE_VERSIONS, (
        ResourceType("subscriptions"), ResourceType("tenants"), ResourceType("providers"),
        ResourceType("resourceGroups"),
    )),
)  # fmt: skip

_BY_NAMESPACE = {provider.namespace.lower(): provider for provider in PROVIDERS}


def provider(namespace: str) -> Provider | None:
    """Return the provider of that namespace, in any case."""
    return _BY_NAMESPACE.get(namespace.lower())
