"""Parameters that several notebooks take."""

from __future__ import annotations

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from . import naming_rules
from .base import CONNECTIVITY, SIGN_INS, Parameters, choose, field, follows, one_of


class CommonParameters(Parameters):
    """What every notebook takes: where to work and as whom, and the subscription and resource group."""

    target: Annotated[str, one_of(SIGN_INS)] = field("sandbox", "Target", "Run", "choice", source="this guide")
    """Where to work: sandbox simulates Azure on this machine, azure is the real thing."""
    sign_in: str = field("", "Sign in as", "Run", "choice", source="how-to-authenticate-client; azure-identity")
    """How to sign in. Sandbox: owner, contributor, reader, access-admin, operator, platform-owner, eligible-owner,
    guest or setup-pipeline. Azure: default, browser, device-code, service-principal or managed-identity (the machine's
    own, or the user-assigned one whose client id is in AZURE_CLIENT_ID). Empty: the first of these."""
    tenant: Annotated[str, follows(naming_rules.tenant)] = field(
        "", "Tenant", "Run", "text", source="troubleshoot-error-404: only the instance's own tenant"
    )
    """The tenant to sign in to, as an id or domain. Empty: your home tenant. A managed identity has only one,
    so another is refused."""
    subscription: str = field(
        "",
        "Subscription",
        "Basics",
        "choice",
        source="article, Create the instance",
        form="It pays for everything in it. You see the ones that you have a role on.",
    )
    """The Azure subscription to use, by id or name. Empty: on Azure the one in AZURE_SUBSCRIPTION_ID, or the default of
    az; in the sandbox the first."""
    resource_group: Annotated[str, follows(naming_rules.resource_group_name)] = field(
        "rg-digital-twins",
        "Resource group",
        "Basics",
        "group",
        source="article: Create new",
        depends=("subscription",),
        form="A folder for resources that belong together. Choose one, or create a new one.",
    )
    """The resource group for the instance. It can be new."""
    mode: Annotated[str, one_of(("auto", "guided", "unattended"))] = field(
        "auto", "Mode", "Run", "choice", source="this guide"
    )
    """guided shows forms, unattended runs without asking, auto picks guided if you are there to answer."""
    timeout_minutes: int = field(
        10, "Timeout in minutes", "Run", "number", source="role-based-access-control/troubleshooting", ge=1, le=120
    )
    """How many minutes to wait for Azure to finish something. New access can take up to 10."""

    @field_validator("sign_in")
    @classmethod
    def _sign_in(cls, value: str, info: ValidationInfo) -> str:
        # Without a valid target, which is reported by itself, there are no valid ways to sign in.
        return choose(value, SIGN_INS[info.data["target"]], empty=True) if "target" in info.data else value


class ConfirmedParameters(CommonParameters):
    """What every step takes that can destroy something."""

    confirm: bool = field(False, "Confirm", "Run", "flag", source="article: Save, and Yes to confirm")
    """Agree in advance to everything the plan says will stop or be lost. A form asks you instead."""


class InstanceParameters(CommonParameters):
    """What every step about one instance takes."""

    instance_name: Annotated[str, follows(naming_rules.instance_name)] = field(
        "my-first-twins",
        "Resource name",
        "Basics",
        "text",
        source="article; OpenAPI of Microsoft.DigitalTwins 2023-01-31",
        depends=("subscription", "resource_group", "region"),
        form=(
            "3 to 63 letters, digits and hyphens. The name becomes part of the host name, so it must be unique in "
            "its region."
        ),
    )
    """Name of the Azure Digital Twins instance: 3 to 63 letters, digits and hyphens. It becomes part of the host name,
    so it must be unique in its region."""


class ExistingInstanceParameters(InstanceParameters):
    """What every step about an instance that exists takes. Left empty, it's the one that the run is about."""

    resource_group: Annotated[str, follows(naming_rules.resource_group_name, empty=True)] = field(
        "",
        "Resource group",
        "Basics",
        "suggest",
        source="article",
        depends=("subscription",),
        form="Leave it empty to find the instance by its name alone.",
    )
    """The resource group of the instance. Empty: wherever an instance with that name is."""
    instance_name: Annotated[str, follows(naming_rules.instance_name, empty=True)] = field(
        "",
        "Resource name",
        "Basics",
        "suggest",
        source="article",
        depends=("subscription", "resource_group"),
        form="The instance to work with. It starts with the one you created or used last.",
    )
    """Name of the instance. Empty: the instance that this run created or worked with last."""


class BasicsParameters(InstanceParameters):
    """What a new instance takes on the portal's tab Basics."""

    region: str = field(
        "westeurope",
        "Region",
        "Basics",
        "choice",
        source="article",
        depends=("subscription",),
        form="Close to your devices. The list has the regions that offer the service.",
    )
    """The region for the instance. Only regions that offer the service are available."""
    create_resource_group: bool = field(True, "Create the resource group", "Run", "flag", source="article: Create new")
    """Create the resource group in the same region if it doesn't exist."""
    grant_access: bool = field(
        False,
        "Assign Azure Digital Twins Data Owner Role",
        "Basics",
        "flag",
        source="article: Grant access",
        depends=("subscription", "resource_group"),
        form="Full access to the data of the instance, for yourself. Without it, nobody can use the data yet.",
    )
    """Give yourself full access to the instance's data. You need permission to assign roles."""

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not value:
            raise ValueError("It's empty. Name a region, for example westeurope.")
        return value.replace(" ", "").lower()


class ConnectivityParameters(InstanceParameters):
    """How clients reach a new instance: the start of the portal's tab Networking."""

    connectivity: Annotated[str, one_of(CONNECTIVITY, {"public endpoint": "public", "private endpoint": "private"})] = (
        field(
            "public",
            "Connectivity method",
            "Networking",
            "choice",
            source="article: Networking",
            form=(
                "Public: clients connect over the internet, and roles decide who gets in. Private: the instance "
                "also gets an address inside your virtual network. Public access stays on until you turn it off."
            ),
        )
    )
    """public: clients connect over the internet. private: the instance gets a private endpoint. Public access stays on
    until you turn it off in 04-private-access."""


class PrivateEndpointParameters(InstanceParameters):
    """What a private endpoint takes: its network, and how clients find it."""

    private_endpoint_name: Annotated[str, follows(naming_rules.private_endpoint_name)] = field(
        "",
        "Private endpoint",
        "Networking",
        "suggest",
        source="how-to-enable-private-link; resource-name-rules",
        depends=("subscription", "resource_group"),
        form="Leave it empty for pe- and the name of the instance.",
        when={"connectivity": "private", "create_private_endpoint": True},
    )
    """Name of the private endpoint. Empty: pe- and the name of the instance."""
    virtual_network: Annotated[str, follows(naming_rules.virtual_network)] = field(
        "",
        "Virtual network",
        "Networking",
        "suggest",
        source="how-to-enable-private-link",
        depends=("subscription",),
        form="Choose one, or type the name of a new one. Leave it empty for vnet- and the name of the instance.",
        when={"connectivity": "private", "create_private_endpoint": True},
    )
    """The virtual network to connect the instance to, by name or resource id. It's created if it doesn't exist. Empty:
    vnet- and the name of the instance."""
    subnet: Annotated[str, follows(naming_rules.network_name)] = field(
        "private-endpoints",
        "Subnet",
        "Networking",
        "suggest",
        source="how-to-enable-private-link",
        depends=("virtual_network",),
        form="It gives the private endpoint its address. A subnet that doesn't exist yet is created.",
        when={"connectivity": "private", "create_private_endpoint": True},
    )
    """The subnet that gives the private endpoint its address. It's created if it doesn't exist."""
    address_range: Annotated[str, follows(naming_rules.address_range)] = field(
        "10.20.0.0/24",
        "Address range",
        "Networking",
        "text",
        source="virtual-networks-faq",
        form="For a new virtual network only. It can't overlap with networks that you want to connect to it.",
        when={"connectivity": "private", "create_private_endpoint": True},
    )
    """Addresses of a new virtual network. They can't overlap with networks that you want to connect to it."""
    private_dns: bool = field(
        True,
        "Integrate with private DNS zone",
        "Networking",
        "flag",
        source="private-endpoint-dns",
        form="Programs in the virtual network then find the instance under its usual host name.",
        when={"connectivity": "private", "create_private_endpoint": True},
    )
    """Resolve the host name to the private address inside the virtual network, with the private DNS zone
    privatelink.digitaltwins.azure.net."""
    private_dns_zone: Annotated[str, follows(naming_rules.private_dns_zone)] = field(
        "",
        "Private DNS zone",
        "Networking",
        "text",
        source="private-endpoint-dns: hub and spoke",
        form=(
            "The resource id of a zone, for example one in a hub. Leave it empty to use the zone of the network, "
            "or a new one."
        ),
        when={"connectivity": "private", "create_private_endpoint": True, "private_dns": True},
    )
    """The private DNS zone to use, by resource id: it can be in another subscription, such as a hub's. Empty: one that
    the network uses, or a new one in the instance's resource group."""
