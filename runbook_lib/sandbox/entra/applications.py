"""Which client applications the tenant knows."""

from __future__ import annotations

import uuid

from ..store import Store
from . import errors
from .federation import is_identity

AZURE_CLI_APP_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The Azure CLI. azure-identity signs developers in under the same id (its DEVELOPER_SIGN_ON_CLIENT_ID)."""

PUBLIC_CLIENTS = {
    AZURE_CLI_APP_ID: "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
    "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
}
"""Microsoft's own developer tools: every tenant accepts them, and they hold no secret."""


def require_known(store: Store, app_id: str, tenant: str) -> None:
    """Check a client id. Raises EntraError 700038 if it isn't a GUID, and 700016 if nobody registered it."""
    try:
        uuid.UUID(app_id)
    except ValueError:
        raise errors.not_an_application(app_id) from None
    if app_id.lower() not in PUBLIC_CLIENTS and not _is_registered(store, app_id):
        raise errors.unknown_application(app_id, tenant)


def _is_registered(store: Store, app_id: str) -> bool:
    return store.get("application", app_id) is not None or is_identity(store, app_id)


def name_of(store: Store, app_id: str) -> str:
    """Return the name of a known application."""
    application = store.get("application", app_id)
    return application["displayName"] if application else PUBLIC_CLIENTS[app_id.lower()]
