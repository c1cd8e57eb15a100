"""The resource providers of the sandbox: their types, api-versions and regions, and which ones start registered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..regions import OTHER_REGIONS, REGIONS, all_locations, here

NATIVE_VERSIONS = (
    "2014-04-01",
    "2015-01-01",
    "2015-11-01",
    "2016-02-01",
    "2016-06-01",
    "2016-07-01",
    "2016-09-01",
    "2017-05-10",
    "2018-01-01",
    "2018-02-01",
    "2018-05-01",
    "2019-03-01",
    "2019-05-01",
    "2019-05-10",
    "2019-06-01",
    "2019-07-01",
    "2019-08-01",
    "2019-10-01",
    "2019-11-01",
    "2020-01-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-01-01",
    "2022-09-01",
    "2022-12-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
)
"""api-versions of what ARM serves itself (subscriptions, groups, providers). Modelled: no complete list is public."""


_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-(alpha|beta|preview|privatepreview))?", re.IGNORECASE)
POLICY_VERSIONS = ("2019-09-01", "2020-09-01", "2021-06-01", "2022-06-01", "2023-04-01", "2024-05-01", "2025-01-01")
SCHEDULE_VERSIONS = ("2020-10-01", "2020-10-01-preview")
LOCK_VERSIONS = ("2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of a provider; `locations` is empty for types without a region (extensions, tenant-wide lists)."""

    name: str
    locations: tuple[str, ...] = ()
    tracked: bool = False
    """Whether it has its own location and is in a resource group."""
    versions: tuple[str, ...] = ()
    """Its api-versions, if they differ from the provider's."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider."""

    namespace: str
    api_versions: tuple[str, ...]
    types: tuple[ResourceType, ...]
    registered: bool = True
    """Whether a subscription has it registered from the start. Modelled: all but the one that the guide registers."""
    free: bool = False
    """Always registered, and can't be unregistered: Azure Resource Manager's own (RegistrationFree)."""
    lenient: bool = False
    """Accepts every well-formed api-version: for services with many versions that the sandbox treats alike."""

    def takes(self, version: str, kind: ResourceType) -> bool:
        """Tell whether a type can be called with an api-version."""
        if self.lenient:
            return _VERSION.fullmatch(version) is not None
        return version.lower() in (kind.versions or self.api_versions)

    def type(self, name: str) -> ResourceType | None:
        """Return the type of that name, in any case."""
        return next((t for t in self.types if t.name.lower() == name.lower()), None)

    def document(self, resource_id: str | None, state: str | None) -> dict[str, Any]:
        """Render the provider as ARM lists it, for a subscription or (both None) for the tenant."""
        types = [
            {
                "resourceType": t.name,
                "locations": [all_locations().get(location, location) for location in here(t.locations)],
                "apiVersions": list(reversed(t.versions or self.api_versions)),
                "capabilities": "SupportsTags, SupportsLocation" if t.tracked else "None",
            }
            for t in self.types
        ]
        head = {"id": resource_id} if resource_id else {}
        policy = "RegistrationFree" if self.free else "RegistrationRequired"
        tail = {"registrationState": state, "registrationPolicy": policy} if state else {}
        return {**head, "namespace": self.namespace, "resourceTypes": types, **tail}


_OFFERED = tuple(region.name for region in REGIONS)

_ALL = (*_OFFERED, *dict(OTHER_REGIONS))


def _integration(namespace: str, versions: tuple[str, ...], tracked: tuple[str, ...], *others: str) -> Provider:
    types = (
        *(ResourceType(name, _ALL, tracked=True) for name in tracked),
        *(ResourceType(name, _ALL) for name in (*others, "locations", "locations/operations")),
    )
    return Provider(namespace, versions, types, lenient=True)


# The versions are those that the official clients send. Azure has others, which aren't listed here.
INTEGRATIONS = (
    Provider(
        "Microsoft.Network",
        (
            "2018-09-01",
            "2020-06-01",
            "2020-11-01",
            "2021-02-01",
            "2022-01-01",
            "2023-09-01",
            "2024-01-01",
            "2024-05-01",
            "2024-06-01",
            "2024-07-01",
            "2025-07-01",
            "2026-03-01",
        ),
        (
            *(
                ResourceType(name, _ALL, tracked=True)
                for name in (
                    "virtualNetworks",
                    "networkSecurityGroups",
                    "privateEndpoints",
                    "networkInterfaces",
                )
            ),
            *(
                ResourceType(name, ("global",), tracked=True)
                for name in (
                    "privateDnsZones",
                    "privateDnsZones/virtualNetworkLinks",
                )
            ),
            *(
                ResourceType(name, _ALL)
                for name in (
                    "virtualNetworks/subnets",
                    "privateEndpoints/privateDnsZoneGroups",
                    *(f"privateDnsZones/{kind}" for kind in ("A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TXT")),
                    "locations",
                    "locations/availablePrivateEndpointTypes",
                )
            ),
        ),
        lenient=True,
    ),
    _integration(
        "Microsoft.EventHub",
        ("2021-11-01", "2024-01-01"),
        ("namespaces",),
        "namespaces/authorizationRules",
        "namespaces/eventhubs",
        "namespaces/eventhubs/authorizationRules",
        "namespaces/eventhubs/consumergroups",
    ),
    _integration(
        "Microsoft.ServiceBus",
        ("2021-11-01", "2024-01-01"),
        ("namespaces",),
        "namespaces/authorizationRules",
        "namespaces/topics",
        "namespaces/topics/authorizationRules",
        "namespaces/topics/subscriptions",
    ),
    _integration("Microsoft.EventGrid", ("2022-06-15", "2025-02-15"), ("topics",)),
    _integration(
        "Microsoft.Storage",
        ("2023-05-01", "2024-01-01"),
        ("storageAccounts",),
        "storageAccounts/blobServices",
        "storageAccounts/blobServices/containers",
    ),
    _integration("Microsoft.Kusto", ("2023-08-15", "2024-04-13"), ("clusters",), "clusters/databases"),
)

PROVIDERS = (
    Provider(
        "Microsoft.Authorization",
        (
            "2015-07-01",
            "2017-10-01-preview",
            "2018-01-01-preview",
            "2018-07-01",
            "2018-09-01-preview",
            "2020-03-01-preview",
            "2020-04-01-preview",
            "2020-08-01-preview",
            "2020-10-01-preview",
            "2021-04-01-preview",
            "2022-01-01-preview",
            "2022-04-01",
            "2022-05-01-preview",
        ),
        (
            ResourceType("roleAssignments"),
            ResourceType("roleDefinitions"),
            ResourceType("permissions"),
            ResourceType("denyAssignments"),
            ResourceType("roleEligibilityScheduleInstances", versions=SCHEDULE_VERSIONS),
            ResourceType("roleEligibilitySchedules", versions=SCHEDULE_VERSIONS),
            ResourceType("roleAssignmentScheduleRequests", versions=SCHEDULE_VERSIONS),
            ResourceType("locks", versions=LOCK_VERSIONS),
            ResourceType("providerOperations"),
            ResourceType("policyAssignments", versions=POLICY_VERSIONS),
            ResourceType("policyDefinitions", versions=POLICY_VERSIONS),
        ),
        free=True,
    ),
    Provider(
        "Microsoft.DigitalTwins",
        (
            "2020-03-01-preview",
            "2020-10-31",
            "2020-12-01",
            "2021-06-30-preview",
            "2022-05-31",
            "2022-10-31",
            "2023-01-31",
        ),
        (
            ResourceType("digitalTwinsInstances", _OFFERED, tracked=True),
            ResourceType("digitalTwinsInstances/endpoints", _OFFERED),
            ResourceType("digitalTwinsInstances/timeSeriesDatabaseConnections", _OFFERED),
            ResourceType("digitalTwinsInstances/privateLinkResources", _OFFERED),
            ResourceType("digitalTwinsInstances/privateEndpointConnections", _OFFERED),
            ResourceType("digitalTwinsInstances/privateEndpointConnections/operationResults", _OFFERED),
            ResourceType("locations", _OFFERED),
            ResourceType("locations/checkNameAvailability", _OFFERED),
            ResourceType("locations/operationsStatuses", _OFFERED),
            ResourceType("locations/operationResults", _OFFERED),
            ResourceType("operations"),
        ),
        registered=False,
    ),
    Provider(
        "Microsoft.ManagedIdentity",
        (
            "2015-08-31-preview",
            "2018-11-30",
            "2021-09-30-preview",
            "2022-01-31-preview",
            "2023-01-31",
            "2023-07-31-preview",
            "2024-11-30",
            "2025-01-31-preview",
            "2025-05-31-preview",
        ),
        (
            ResourceType("userAssignedIdentities", _ALL, tracked=True),
            ResourceType("userAssignedIdentities/federatedIdentityCredentials", _ALL),
            ResourceType("identities"),
        ),
    ),
    *INTEGRATIONS,
    Provider(
        "Microsoft.Resources",
        NATIVE_VERSIONS,
        (
            ResourceType("subscriptions"),
            ResourceType("tenants"),
            ResourceType("providers"),
            ResourceType("resourceGroups"),
        ),
        free=True,
    ),
)

_BY_NAMESPACE = {provider.namespace.lower(): provider for provider in PROVIDERS}


def provider(namespace: str) -> Provider | None:
    """Return the provider of that namespace, in any case."""
    return _BY_NAMESPACE.get(namespace.lower())
