"""Parameters of each notebook."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from . import naming_rules
from .base import (
    CREDENTIALS,
    DATA_ROLES,
    DECISIONS,
    INSTANCE,
    LANGUAGES,
    PRINCIPAL_TYPES,
    PUBLIC_ACCESS,
    SWITCHES,
    extra,
    one_of,
    parse_tags,
    refuse,
)
from .common import (
    BasicsParameters,
    ConfirmedParameters,
    ConnectivityParameters,
    InstanceParameters,
    PrivateEndpointParameters,
)


class StartHereParameters(InstanceParameters):
    """What `00-start-here` takes."""

    register_provider: bool = Field(
        default=True, title="Register the resource provider", examples=[True],
        description="Register Microsoft.DigitalTwins in the subscription, which is needed once, when it is not yet.",
        json_schema_extra=extra("Basics", "flag", "how-to-set-up-instance-cli", "subscription"),
    )  # fmt: skip


class CreateInstanceParameters(PrivateEndpointParameters, ConnectivityParameters, BasicsParameters):
    """What `01-create-instance` takes: the portal's tabs Basics, Networking, Advanced and Tags."""

    system_identity: bool = Field(
        default=False, title="System-assigned managed identity", examples=[True],
        description="Give the instance an identity of its own in Microsoft Entra ID, to sign in to other services.",
        json_schema_extra=extra("Advanced", "flag", "article: Advanced"),
    )  # fmt: skip
    tags: Annotated[dict[str, str], BeforeValidator(parse_tags)] = Field(
        default={}, title="Tags", examples=[{"department": "training"}],
        description="Names and values that organize resources, as a mapping or as text with commas between the pairs.",
        json_schema_extra=extra("Tags", "tags", "tag-resources"),
    )  # fmt: skip

    @field_validator("tags")
    @classmethod
    def _tags(cls, value: dict[str, str]) -> dict[str, str]:
        refuse(naming_rules.tags(value))
        return value


class AssignAccessParameters(InstanceParameters):
    """What `02-assign-access` takes: the portal's Add role assignment page."""

    principal: str = Field(
        default="", title="Member", examples=["olivia@contoso.com", "Twin Engineers"],
        description="Who gets access: name, e-mail address, object id or client id of a user, group or service "
        "principal. Empty: yourself.",
        json_schema_extra=extra("Basics", "search", "article, Assign the role using IAM", "principal_type"),
    )  # fmt: skip
    principal_type: str = Field(
        default="", title="Assign access to", examples=["user"],
        description="user, group or service-principal; settles it when several have the same name.",
        json_schema_extra=extra("Basics", "choice", "article, Assign the role using IAM"),
    )  # fmt: skip
    role: str = Field(
        default="Azure Digital Twins Data Owner", title="Role", examples=list(DATA_ROLES),
        description="Azure Digital Twins Data Owner reads and writes data, Azure Digital Twins Data Reader only reads.",
        json_schema_extra=extra("Basics", "choice", "built-in roles reference; concepts-security"),
    )  # fmt: skip

    @field_validator("principal_type")
    @classmethod
    def _principal_type(cls, value: str) -> str:
        return one_of(value.replace(" ", "-"), PRINCIPAL_TYPES, empty=True)

    @field_validator("role")
    @classmethod
    def _role(cls, value: str) -> str:
        short = {name.removeprefix("Azure Digital Twins ").lower(): name for name in DATA_ROLES}
        by_id = {guid: name for name, guid in DATA_ROLES.items()}
        known = short | by_id | {name.lower(): name for name in DATA_ROLES}
        if value.lower() in known:
            return known[value.lower()]
        if value.lower() in ("owner", "contributor", "reader"):
            meaning = f"{value!r} is a role for managing resources and gives no access to the data."
            raise ValueError(f"{meaning} Choose one of: {', '.join(DATA_ROLES)}.")
        return one_of(value, DATA_ROLES)


class ManagedIdentityParameters(InstanceParameters, ConfirmedParameters):
    """What `03-managed-identity` takes: the portal's Identity page with its two tabs."""

    system_assigned: str = Field(
        default="on", title="Status", examples=list(SWITCHES),
        description="The instance's own identity: on, off (it is deleted, with a new object id the next time), or keep "
        "to leave it as it is.",
        json_schema_extra=extra("System assigned", "choice", "article, Enable/disable managed identity", *INSTANCE),
    )  # fmt: skip
    associate_identity: str = Field(
        default="", title="Associate", examples=["id-plant-7"],
        description="A user-assigned managed identity to associate: name, resource id, object id or client id. "
        "Empty: none.",
        json_schema_extra=extra("User assigned", "suggest", "article: Associate a user-assigned managed identity"),
    )  # fmt: skip
    create_identity: bool = Field(
        default=False, title="Create it when it does not exist", examples=[True],
        description="Create the user-assigned identity of that name, beside the instance, when there is none.",
        json_schema_extra=extra("User assigned", "flag", "manage user-assigned managed identities"),
    )  # fmt: skip
    remove_identity: str = Field(
        default="", title="Remove", examples=["id-plant-7"],
        description="An associated user-assigned identity to remove from the instance, named likewise. It is not "
        "deleted. Empty: none.",
        json_schema_extra=extra("User assigned", "choice", "article: check the box and Remove", *INSTANCE),
    )  # fmt: skip

    @field_validator("system_assigned", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        # YAML reads a bare on or off as true or false.
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else value

    @field_validator("system_assigned")
    @classmethod
    def _system_assigned(cls, value: str) -> str:
        return one_of(value, SWITCHES)

    @field_validator("associate_identity", "remove_identity")
    @classmethod
    def _identity(cls, value: str) -> str:
        if value.startswith("/") and not naming_rules.is_identity_id(value):
            raise ValueError(f"{value!r} is not the resource id of a user-assigned managed identity.")
        refuse(naming_rules.identity_name(value) if value and not value.startswith("/") else ())
        return value

    @field_validator("remove_identity")
    @classmethod
    def _not_both(cls, value: str, info: ValidationInfo) -> str:
        if value and value.lower() == str(info.data.get("associate_identity", "")).lower():
            raise ValueError("The same identity cannot be associated and removed in one go. Choose one of the two.")
        return value


class PrivateAccessParameters(PrivateEndpointParameters, ConfirmedParameters):
    """What `04-private-access` takes: the portal's page Networking of an instance."""

    create_private_endpoint: bool = Field(
        default=True, title="Create the private endpoint", examples=[True],
        description="Create the private endpoint, with its network and DNS zone, as far as they do not exist.",
        json_schema_extra=extra("Networking", "flag", "how-to-enable-private-link"),
    )  # fmt: skip
    request_approval: bool = Field(
        default=False, title="Request approval", examples=[True],
        description="Make the connection as a request that somebody has to approve. It is made so anyway when you may "
        "not approve it yourself.",
        json_schema_extra=extra("Networking", "flag", "manage-private-endpoint"),
    )  # fmt: skip
    connection: str = Field(
        default="", title="Connection", examples=["pe-my-first-twins"],
        description="The private endpoint connection to decide about, by its name or that of its private endpoint. "
        "Empty: that of the private endpoint named here.",
        json_schema_extra=extra("Connections", "suggest", "how-to-enable-private-link", *INSTANCE),
    )  # fmt: skip
    decision: str = Field(
        default="keep", title="Decision", examples=list(DECISIONS),
        description="approve or reject the connection, or keep to leave it as it is. What was rejected cannot be "
        "approved any more.",
        json_schema_extra=extra("Connections", "choice", "how-to-enable-private-link"),
    )  # fmt: skip
    public_network_access: str = Field(
        default="keep", title="Public network access", examples=list(PUBLIC_ACCESS),
        description="enabled, disabled (only private endpoints lead to the data then), or keep to leave it as it is.",
        json_schema_extra=extra("Public access", "choice", "how-to-enable-private-link", *INSTANCE),
    )  # fmt: skip

    @field_validator("decision")
    @classmethod
    def _decision(cls, value: str) -> str:
        return one_of(value, DECISIONS)

    @field_validator("public_network_access")
    @classmethod
    def _public_network_access(cls, value: str) -> str:
        return one_of(value, PUBLIC_ACCESS)


class ClientParameters(InstanceParameters):
    """What every step takes that works with an instance's data."""

    host_name: str = Field(
        default="", title="Host name", examples=["my-first-twins.api.weu.digitaltwins.azure.net"],
        description="Host name of the instance, when you know nothing else of it: then nothing has to be looked up. "
        "Empty: that of the instance named above.",
        json_schema_extra=extra("Basics", "text", "how-to-authenticate-client"),
    )  # fmt: skip

    @field_validator("host_name")
    @classmethod
    def _host_name(cls, value: str) -> str:
        # The portal shows it without a scheme, code has it with one: both are meant.
        bare = value.lower().removeprefix("https://").rstrip("/")
        refuse(naming_rules.host_name(bare))
        return bare


class BuildGraphParameters(ClientParameters):
    """What building the little factory takes."""

    twin_prefix: str = Field(
        default="factory", title="Twin prefix", examples=["factory", "plant-7"],
        description="What the ids of the example's twins begin with: lower-case letters, digits and hyphens.",
        json_schema_extra=extra("Basics", "text", "concepts-twins-graph"),
    )  # fmt: skip

    @field_validator("twin_prefix")
    @classmethod
    def _twin_prefix(cls, value: str) -> str:
        refuse(naming_rules.twin_prefix(value))
        return value


class ClientCodeParameters(ClientParameters):
    """What writing client code takes."""

    credential: str = Field(
        default="default", title="Credential", examples=list(CREDENTIALS),
        description="How the client signs in: default (DefaultAzureCredential), managed-identity or browser.",
        json_schema_extra=extra("Basics", "choice", "how-to-authenticate-client"),
    )  # fmt: skip
    language: str = Field(
        default="python", title="Language", examples=list(LANGUAGES),
        description="Language of the client code: python, dotnet, javascript or java.",
        json_schema_extra=extra("Basics", "choice", "concepts-apis-sdks"),
    )  # fmt: skip

    @field_validator("credential")
    @classmethod
    def _credential(cls, value: str) -> str:
        return one_of(value.replace(" ", "-"), CREDENTIALS)

    @field_validator("language")
    @classmethod
    def _language(cls, value: str) -> str:
        return one_of({"c#": "dotnet", ".net": "dotnet", "js": "javascript"}.get(value.lower(), value), LANGUAGES)


class ConnectClientParameters(ClientCodeParameters, BuildGraphParameters):
    """What `05-connect-a-client` takes: the article's next steps."""


class CleanUpParameters(InstanceParameters):
    """What `06-clean-up` takes."""

    # A name of its own: one file of parameters serves all notebooks, and a `confirm` that is meant for another step
    # must not delete everything at the end.
    confirm_clean_up: bool = Field(
        default=False, title="Confirm", examples=[True],
        description="Delete what the plan lists. False: only show it. A form asks instead.",
        json_schema_extra=extra("Run", "flag", "this guide"),
    )  # fmt: skip
    remove_orphans: bool = Field(
        default=False, title="Remove orphaned role assignments", examples=[True],
        description="Also remove the role assignments whose user, group or service principal is gone from the "
        "directory, whoever made them.",
        json_schema_extra=extra("Basics", "flag", "role-based-access-control/troubleshooting", "subscription"),
    )  # fmt: skip
