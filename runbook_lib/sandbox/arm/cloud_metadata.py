"""What a client asks before it signs in: which cloud this is, and where its services are. Needs no token.

The Azure CLI (with `ARM_CLOUD_METADATA_URL`), Az PowerShell and Terraform (with a metadata host) read it.
"""

from __future__ import annotations

from typing import Any

from ..http import Answer, Request
from . import errors

PATH = "/metadata/endpoints"
_LIST_FROM, _ONE_FROM = "2019-05-01", "2022-09-01"
_GRAPH = "https://graph.windows.net/"
_AUTHENTICATION = {
    "loginEndpoint": "https://login.microsoftonline.com",
    "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
}


def serve(request: Request) -> Answer | None:
    """Describe the cloud; None if the request is for something else. Raises ArmError.

    Modelled after what clients read: before 2019-05-01 a small object, then a list of clouds, since 2022-09-01 the one
    cloud. The names of services that the sandbox doesn't have are Azure's, and lead nowhere.
    """
    if request.method not in ("GET", "HEAD") or request.path.rstrip("/").lower() != PATH:
        return None
    version = request.parameter("api-version")
    if not version:
        raise errors.missing_api_version()
    if version < _LIST_FROM:
        return Answer(200, _small())
    return Answer(200, _cloud() if version >= _ONE_FROM else [_cloud()])


def _small() -> dict[str, Any]:
    return {
        "galleryEndpoint": "https://gallery.azure.com/",
        "graphEndpoint": _GRAPH,
        "portalEndpoint": "https://portal.azure.com/",
        "graphAudience": _GRAPH,
        "authentication": _AUTHENTICATION,
    }


def _cloud() -> dict[str, Any]:
    return {
        "portal": "https://portal.azure.com",
        "authentication": {**_AUTHENTICATION, "tenant": "common", "identityProvider": "AAD"},
        "media": "https://rest.media.azure.net",
        "graphAudience": _GRAPH,
        "graph": _GRAPH,
        "name": "AzureCloud",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "keyVaultDns": "vault.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
        },
        "batch": "https://batch.core.windows.net/",
        "resourceManager": "https://management.azure.com/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "gallery": "https://gallery.azure.com/",
        "sqlManagement": "https://management.core.windows.net:8443/",
    }
