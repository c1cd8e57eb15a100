"""One value for a cloud: Azure, or Azure Government. Everything that differs between them is here.

The addresses are those of the Azure CLI's own table of clouds (`az cloud show`), those of azure-identity
(`AzureAuthorityHosts`). Modelled, because we found no page of Microsoft's that says so: the names of instances in Azure
Government (`digitaltwins.azure.us`, and its private zone), which public projects use. Tokens for data have one audience
everywhere: Microsoft's SDKs have it built in.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..display.plain import quoted
from ..errors import InputError

AUTHORITY = "AZURE_AUTHORITY_HOST"
CLI_CLOUD = "AZURE_CLOUD_NAME"
"""How the Azure CLI takes its setting `cloud.name` from the environment."""


@dataclass(frozen=True)
class Cloud:
    """Where one of Microsoft's clouds has its services."""

    name: str
    """As in `az cloud list`."""
    title: str
    """For people."""
    authority: str
    """The host that signs in."""
    resource_manager: str
    """Address and audience of Azure Resource Manager."""
    graph: str
    """Address and audience of Microsoft Graph."""
    data_suffix: str
    """What the host name of an instance ends in."""
    portal: str

    @property
    def arm_scope(self) -> str:
        """What to ask for to get a token for Azure Resource Manager."""
        return f"{self.resource_manager}/.default"

    @property
    def client_options(self) -> dict[str, Any]:
        """What a client of Azure Resource Manager has to be told.

        With an address of its own, it takes its audience from `credential_scopes`.
        """
        return {"base_url": self.resource_manager, "credential_scopes": [self.arm_scope]}

    @property
    def is_default(self) -> bool:
        """Whether the Azure CLI and the SDKs work here unless they're told otherwise."""
        return self.name == "AzureCloud"

    @property
    def choosing(self) -> str:
        """The `az` command that chooses this cloud; empty where nobody has to."""
        return "" if self.is_default else f"az cloud set --name {self.name}"

    def command(self, command: str) -> str:
        """Return an `az` command that works in this cloud, wherever `az` was before."""
        return " && ".join(filter(None, (self.choosing, command)))

    @property
    def private_zone(self) -> str:
        """The private DNS zone of private endpoints."""
        return f"privatelink.{self.data_suffix}"

    @property
    def explorer(self) -> str:
        """Azure Digital Twins Explorer."""
        return f"https://explorer.{self.data_suffix}"


PUBLIC = Cloud(
    "AzureCloud",
    "Azure",
    "login.microsoftonline.com",
    "https://management.azure.com",
    "https://graph.microsoft.com",
    "digitaltwins.azure.net",
    "https://portal.azure.com",
)
GOVERNMENT = Cloud(
    "AzureUSGovernment",
    "Azure Government",
    "login.microsoftonline.us",
    "https://management.usgovcloudapi.net",
    "https://graph.microsoft.us",
    "digitaltwins.azure.us",
    "https://portal.azure.us",
)
CLOUDS = (PUBLIC, GOVERNMENT)

_BY_AUTHORITY = {
    **{one.authority: one for one in CLOUDS},
    "login.microsoft.com": PUBLIC,
    "login.windows.net": PUBLIC,
    "sts.windows.net": PUBLIC,
    "login.usgovcloudapi.net": GOVERNMENT,
}
"""With the other names of the same services, as Entra's instance discovery lists them."""
_WITHOUT_THE_SERVICE = {
    "azurechinacloud": "Azure operated by 21Vianet (China)",
    "login.chinacloudapi.cn": "Azure operated by 21Vianet (China)",
    "login.partner.microsoftonline.cn": "Azure operated by 21Vianet (China)",
    "azuregermancloud": "Microsoft Cloud Germany, which was closed in 2021",
    "login.microsoftonline.de": "Microsoft Cloud Germany, which was closed in 2021",
}


def cloud_of(environment: Mapping[str, str] = os.environ) -> Cloud:
    """Return the cloud that this machine's settings mean: azure-identity's variable, else the Azure CLI's choice.

    The CLI keeps it as `name` under `[cloud]` in its file `config`, in ~/.azure or in the folder that AZURE_CONFIG_DIR
    names (`az cloud set`). Raises InputError for a cloud that hasn't got the service, or that the guide doesn't know.
    """
    if authority := environment.get(AUTHORITY, ""):
        host = authority.removeprefix("https://").strip("/").lower()
        return _BY_AUTHORITY.get(host) or _refuse(host, AUTHORITY)
    name = environment.get(CLI_CLOUD, "") or _cli_choice(environment)
    known = {one.name.lower(): one for one in CLOUDS}
    return known.get(name.lower()) or _refuse(name.lower(), "the Azure CLI (az cloud show)") if name else PUBLIC


def cloud_at(host_name: str) -> Cloud:
    """Return the cloud of a host name: an instance's, or Azure Resource Manager's."""
    host = host_name.lower()
    return next(
        (one for one in CLOUDS if host.endswith(one.data_suffix) or one.resource_manager == f"https://{host}"), PUBLIC
    )


def is_data_plane(url: str) -> bool:
    """Tell whether an address is an instance's, in any cloud."""
    host = (urlsplit(url).hostname or "").lower()
    return any(host.endswith(f".{one.data_suffix}") for one in CLOUDS)


def _cli_choice(environment: Mapping[str, str]) -> str:
    folder = Path(environment.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    found = configparser.ConfigParser(interpolation=None)
    try:
        found.read(folder / "config", "utf-8")
    except (OSError, ValueError, configparser.Error):
        return ""
    return found.get("cloud", "name", fallback="")


def _refuse(name: str, source: str) -> Cloud:
    titles = " and ".join(one.title for one in CLOUDS)
    if without := _WITHOUT_THE_SERVICE.get(name):
        raise InputError(
            f"{without} hasn't got Azure Digital Twins.",
            meaning=f"That cloud is chosen by {source}. The service is offered in {titles}.",
            remedy=f"For one of these, change it: {AUTHORITY}=https://{PUBLIC.authority}, or az cloud set --name "
            f"{PUBLIC.name}.",
            who="You.",
        )
    raise InputError(
        f"The guide doesn't know the cloud {quoted(name, 100)}.",
        meaning=f"That cloud is chosen by {source}. The guide works in {titles}.",
        remedy=f"Use {' or '.join(f'https://{one.authority}' for one in CLOUDS)} in {AUTHORITY}, or choose a cloud "
        "with az cloud set.",
        who="You.",
    )
