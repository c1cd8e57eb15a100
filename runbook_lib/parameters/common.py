"""Parameters that several notebooks take."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from . import naming_rules
from .base import CONNECTIVITY, SIGN_INS, Parameters, extra, one_of, refuse


class CommonParameters(Parameters):
    """What every notebook takes: where, as whom, in which subscription and resource group."""

    target: str = Field(
        default="sandbox", title="Target", examples=["sandbox", "azure"],
        description="Where to work: sandbox is Azure simulated on this machine, azure is the real one.",
        json_schema_extra=extra("Run", "choice", "this guide"),
    )  # fmt: skip
    sign_in: str = Field(
        default="", title="Sign in as", examples=["owner", "device-code"],
        description="Sandbox: owner, contributor, reader, access-admin, operator or setup-pipeline. Azure: default, "
        "browser, device-code, service-principal or managed-identity. Empty: the first of these.",
        json_schema_extra=extra("Run", "choice", "how-to-authenticate-client; azure-identity"),
    )  # fmt: skip
    tenant: str = Field(
        default="", title="Tenant", examples=["contoso.onmicrosoft.com"],
        description="Directory to sign in to, as id or domain. Empty: your home tenant.",
        json_schema_extra=extra("Run", "text", "troubleshoot-error-404: only the instance's own tenant is accepted"),
    )  # fmt: skip
    subscription: str = Field(
        default="", title="Subscription", examples=["Contoso Training"],
        description="The Azure subscription to use, by id or name. Empty: the first enabled one that you see.",
        json_schema_extra=extra("Basics", "choice", "article, Create the instance"),
    )  # fmt: skip
    resource_group: str = Field(
        default="rg-digital-twins", title="Resource group", examples=["rg-digital-twins"],
        description="The resource group that holds the instance, an existing or a new one.",
        json_schema_extra=extra("Basics", "suggest", "article; resource-name-rules", "subscription"),
    )  # fmt: skip
    mode: str = Field(
        default="auto", title="Mode", examples=["auto", "unattended"],
        description="guided shows forms, unattended runs by itself, auto finds out whether a person is there.",
        json_schema_extra=extra("Run", "choice", "this guide"),
    )  # fmt: skip
    timeout_minutes: int = Field(
        default=10, ge=1, le=120, title="Timeout in minutes", examples=[10],
        description="How long to wait for Azure to finish something, in minutes. New access can take up to 10.",
        json_schema_extra=extra("Run", "number", "role-based-access-control/troubleshooting"),
    )  # fmt: skip

    @field_validator("target")
    @classmethod
    def _target(cls, value: str) -> str:
        return one_of(value, SIGN_INS)

    @field_validator("sign_in")
    @classmethod
    def _sign_in(cls, value: str, info: ValidationInfo) -> str:
        # A wrong target is reported by itself: without it nobody can say which ways to sign in are right.
        return one_of(value, SIGN_INS[info.data["target"]], empty=True) if "target" in info.data else value

    @field_validator("mode")
    @classmethod
    def _mode(cls, value: str) -> str:
        return one_of(value, ("auto", "guided", "unattended"))

    @field_validator("resource_group")
    @classmethod
    def _resource_group(cls, value: str) -> str:
        refuse(naming_rules.resource_group_name(value))
        return value


class ConfirmedParameters(CommonParameters):
    """What every step takes that can destroy something."""

    confirm: bool = Field(
        default=False, title="Confirm", examples=[True],
        description="Agree beforehand to what the plan says will stop or be lost. A form asks for it instead.",
        json_schema_extra=extra("Run", "flag", "article: Save, and Yes to confirm"),
    )  # fmt: skip


class InstanceParameters(CommonParameters):
    """What every step about one instance takes."""

    instance_name: str = Field(
        default="my-first-twins", title="Resource name", examples=["my-first-twins"],
        description="Name of the Azure Digital Twins instance: 3 to 63 letters, digits and hyphens. "
        "It becomes part of the host name, so nobody else may use it in that region.",
        json_schema_extra=extra(
            "Basics", "text", "article; OpenAPI of Microsoft.DigitalTwins 2023-01-31",
            "subscription", "resource_group", "region",
        ),
    )  # fmt: skip

    @field_validator("instance_name")
    @classmethod
    def _instance_name(cls, value: str) -> str:
        refuse(naming_rules.instance_name(value))
        return value


class BasicsParameters(InstanceParameters):
    """What a new instance takes on the portal's tab Basics."""

    region: str = Field(
        default="westeurope", title="Region", examples=["westeurope", "West Europe"],
        description="Where the instance runs. Only regions that offer the service can be chosen.",
        json_schema_extra=extra("Basics", "choice", "article; locations of the resource provider", "subscription"),
    )  # fmt: skip
    create_resource_group: bool = Field(
        default=True, title="Create the resource group", examples=[True],
        description="Create the resource group, in the same region, when it does not exist.",
        json_schema_extra=extra("Basics", "flag", "article: Create new"),
    )  # fmt: skip
    grant_access: bool = Field(
        default=False, title="Assign Azure Digital Twins Data Owner Role", examples=[True],
        description="Give yourself full access to the instance's data. Needs the right to assign roles.",
        json_schema_extra=extra("Basics", "flag", "article: Grant access", "subscription", "resource_group"),
    )  # fmt: skip

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not value:
            raise ValueError("It is empty. Name a region, for example westeurope.")
        return value.replace(" ", "").lower()


class ConnectivityParameters(InstanceParameters):
    """How clients reach a new instance: the beginning of the portal's tab Networking."""

    connectivity: str = Field(
        default="public", title="Connectivity method", examples=list(CONNECTIVITY),
        description="public: clients come over the internet. private: a private endpoint is made with the instance; "
        "public access stays on until 04-private-access switches it off.",
        json_schema_extra=extra("Networking", "choice", "article: Networking; how-to-enable-private-link"),
    )  # fmt: skip

    @field_validator("connectivity")
    @classmethod
    def _connectivity(cls, value: str) -> str:
        return one_of(value.lower().removesuffix(" endpoint"), CONNECTIVITY)


class PrivateEndpointParameters(InstanceParameters):
    """What a private endpoint takes: where it lies, and how it is found."""

    private_endpoint_name: str = Field(
        default="", title="Private endpoint", examples=["pe-my-first-twins"],
        description="Name of the private endpoint. Empty: pe- and the name of the instance.",
        json_schema_extra=extra("Networking", "text", "how-to-enable-private-link; resource-name-rules"),
    )  # fmt: skip
    virtual_network: str = Field(
        default="", title="Virtual network", examples=["vnet-plant"],
        description="The virtual network that gets a way in, by name or resource id; it is made when there is none. "
        "Empty: vnet- and the name of the instance.",
        json_schema_extra=extra("Networking", "suggest", "how-to-enable-private-link", "subscription"),
    )  # fmt: skip
    subnet: str = Field(
        default="private-endpoints", title="Subnet", examples=["private-endpoints"],
        description="The subnet in which the private endpoint gets an address; it is made when there is none.",
        json_schema_extra=extra("Networking", "suggest", "how-to-enable-private-link", "virtual_network"),
    )  # fmt: skip
    address_range: str = Field(
        default="10.20.0.0/24", title="Address range", examples=["10.20.0.0/24"],
        description="Addresses of a virtual network that is made here. It must not overlap with networks that shall be "
        "connected to it.",
        json_schema_extra=extra("Networking", "text", "virtual-networks-faq"),
    )  # fmt: skip
    private_dns: bool = Field(
        default=True, title="Integrate with private DNS zone", examples=[True],
        description="Let the host name lead to the private address inside the virtual network, through the private DNS "
        "zone privatelink.digitaltwins.azure.net.",
        json_schema_extra=extra("Networking", "flag", "how-to-enable-private-link; private-endpoint-dns"),
    )  # fmt: skip

    @field_validator("private_endpoint_name", "subnet")
    @classmethod
    def _network_name(cls, value: str, info: ValidationInfo) -> str:
        refuse(naming_rules.network_name(value) if value or info.field_name == "subnet" else ())
        return value

    @field_validator("virtual_network")
    @classmethod
    def _virtual_network(cls, value: str) -> str:
        if value.startswith("/") and not naming_rules.is_network_id(value):
            raise ValueError(f"{value!r} is not the resource id of a virtual network.")
        refuse(naming_rules.network_name(value, longest=64) if value and not value.startswith("/") else ())
        return value

    @field_validator("address_range")
    @classmethod
    def _address_range(cls, value: str) -> str:
        refuse(naming_rules.address_range(value))
        return value
