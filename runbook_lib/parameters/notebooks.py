"""Parameters of each notebook."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, field_validator

from ..display.plain import quoted
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
    choose,
    field,
    follows,
    one_of,
    parse_tags,
)
from .common import (
    BasicsParameters,
    ConfirmedParameters,
    ConnectivityParameters,
    ExistingInstanceParameters,
    InstanceParameters,
    PrivateEndpointParameters,
)


class StartHereParameters(InstanceParameters):
    """What `00-start-here` takes."""

    register_provider: bool = field(
        True,
        "Register the resource provider",
        "Basics",
        "flag",
        source="how-to-set-up-cli",
        depends=("subscription",),
        form="Registers Microsoft.DigitalTwins, if that hasn't happened yet. It's needed once per subscription.",
    )
    """Register Microsoft.DigitalTwins if it isn't registered. Needed once per subscription."""


class CreateInstanceParameters(PrivateEndpointParameters, ConnectivityParameters, BasicsParameters):
    """What `01-create-instance` takes: the portal's tabs Basics, Networking, Advanced and Tags."""

    system_identity: bool = field(
        False, "System-assigned managed identity", "Advanced", "flag", source="article: Advanced"
    )
    """Give the instance its own identity in Microsoft Entra ID, so that it can sign in to other services."""
    tags: Annotated[dict[str, str], BeforeValidator(parse_tags), follows(naming_rules.tags)] = field(
        {},
        "Tags",
        "Tags",
        "tags",
        source="tag-resources",
        form="Names and values that help you find and bill resources, such as department and training.",
    )
    """Names and values that help you organize resources, as a mapping or as text with commas between the pairs."""


class AssignAccessParameters(ExistingInstanceParameters):
    """What `02-assign-access` takes: the portal's Add role assignment page."""

    principal: str = field(
        "",
        "Member",
        "Basics",
        "search",
        source="article, Assign the role using IAM",
        depends=("principal_type",),
        form=(
            "Type the beginning of a name or email address, and choose from the list. Leave it empty to give "
            "yourself access."
        ),
    )
    """Who gets access: the name, email address, object id or client id of a user, group or service principal. Empty:
    you."""
    principal_type: Annotated[str, one_of(PRINCIPAL_TYPES, empty=True)] = field(
        "",
        "Assign access to",
        "Basics",
        "choice",
        source="article, Assign the role using IAM",
        form="Narrows the search. You need it only if several members have the same name.",
    )
    """user, group or service-principal. Needed only if several have the same name."""
    role: str = field(
        "Azure Digital Twins Data Owner",
        "Role",
        "Basics",
        "choice",
        source="built-in roles reference",
        form="A Data Owner can read and change the data, a Data Reader can only read it.",
    )
    """Azure Digital Twins Data Owner can read and write data, Azure Digital Twins Data Reader can only read it."""

    @field_validator("role")
    @classmethod
    def _role(cls, value: str) -> str:
        if value.lower() in ("owner", "contributor", "reader"):
            meaning = f"{quoted(value)} is a role for managing resources. It gives no access to the data."
            raise ValueError(f"{meaning} Choose one of: {', '.join(DATA_ROLES)}.")
        short = {name.removeprefix("Azure Digital Twins ").lower(): name for name in DATA_ROLES}
        return choose(value, DATA_ROLES, short | {guid: name for name, guid in DATA_ROLES.items()})


def _switch(value: Any) -> Any:
    """Accept a bare on or off, which YAML reads as true or false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class ManagedIdentityParameters(ExistingInstanceParameters, ConfirmedParameters):
    """What `03-managed-identity` takes: the portal's Identity page with its two tabs."""

    system_assigned: Annotated[str, BeforeValidator(_switch), one_of(SWITCHES)] = field(
        "on",
        "Status",
        "System assigned",
        "choice",
        source="article, Enable/disable managed identity",
        depends=INSTANCE,
        form="Turning it off deletes the identity. If you turn it on again, it gets a new object id.",
    )
    """The instance's system-assigned identity: on, off, or keep to leave it unchanged. Turning it off deletes it. The
    next one gets a new object id."""
    associate_identity: Annotated[str, follows(naming_rules.identity)] = field(
        "",
        "Associate",
        "User assigned",
        "suggest",
        source="article: Associate a user-assigned managed identity",
        form="A user-assigned managed identity, by name, resource id, object id or client id.",
    )
    """A user-assigned managed identity to associate, by name, resource id, object id or client id. Empty: none."""
    create_identity: bool = field(
        False,
        "Create it if it doesn't exist",
        "User assigned",
        "flag",
        source="manage user-assigned identities",
        form="It's created in the resource group of the instance.",
        when={"associate_identity": True},
    )
    """Create a user-assigned identity with that name in the instance's resource group if there isn't one."""
    remove_identity: Annotated[str, follows(naming_rules.identity)] = field(
        "",
        "Remove",
        "User assigned",
        "choice",
        source="article: check the box and Remove",
        depends=INSTANCE,
        form="The instance can't use it any longer. The identity itself isn't deleted.",
    )
    """An associated user-assigned identity to remove from the instance, specified the same way. It isn't deleted.
    Empty: none."""

    @field_validator("remove_identity")
    @classmethod
    def _not_both(cls, value: str, info: ValidationInfo) -> str:
        if value and value.lower() == str(info.data.get("associate_identity", "")).lower():
            raise ValueError("You can't associate and remove the same identity at once. Choose one of the two.")
        return value


class PrivateAccessParameters(ExistingInstanceParameters, PrivateEndpointParameters, ConfirmedParameters):
    """What `04-private-access` takes: the Networking page of an instance in the portal."""

    create_private_endpoint: bool = field(
        True,
        "Create the private endpoint",
        "Networking",
        "flag",
        source="how-to-enable-private-link",
        form="With its network and DNS zone, except for what already exists.",
    )
    """Create the private endpoint with its network and DNS zone, except for what already exists."""
    request_approval: bool = field(
        False,
        "Request approval",
        "Networking",
        "flag",
        source="manage-private-endpoint",
        form=(
            "Somebody has to approve the connection before it works. This happens anyway if you can't approve it "
            "yourself."
        ),
        when={"create_private_endpoint": True},
    )
    """Create the connection as a request that has to be approved. This happens anyway if you can't approve it
    yourself."""
    connection: str = field(
        "",
        "Connection",
        "Connections",
        "suggest",
        source="how-to-enable-private-link",
        depends=INSTANCE,
        form="The connection to decide on. Leave it empty for that of the private endpoint named under Networking.",
    )
    """The private endpoint connection to decide on, by its own name or its private endpoint's. Empty: the connection of
    the private endpoint named here."""
    decision: Annotated[str, one_of(DECISIONS)] = field(
        "keep",
        "Decision",
        "Connections",
        "choice",
        source="how-to-enable-private-link",
        form="You can't approve a connection after rejecting it.",
    )
    """approve or reject the connection, or keep to leave it unchanged. You can't approve a connection after rejecting
    it."""
    public_network_access: Annotated[str, one_of(PUBLIC_ACCESS)] = field(
        "keep",
        "Public network access",
        "Public access",
        "choice",
        source="enable-private-link",
        depends=INSTANCE,
        form="When it's disabled, the data is available through private endpoints only.",
    )
    """enabled, disabled (then the data is available through private endpoints only), or keep to leave it unchanged."""


def _bare_host(value: Any) -> Any:
    """Accept the host name as the portal shows it, and with https:// as code has it."""
    return value.strip().lower().removeprefix("https://").rstrip("/") if isinstance(value, str) else value


class ClientParameters(ExistingInstanceParameters):
    """What every step takes that works with an instance's data."""

    host_name: Annotated[str, BeforeValidator(_bare_host), follows(naming_rules.host_name)] = field(
        "",
        "Host name",
        "Basics",
        "text",
        source="how-to-authenticate-client",
        form="Enough by itself, if it's all you know about the instance. Leave it empty to look it up.",
    )
    """Host name of the instance. Use it if that is all you know about the instance. Empty: look up the instance named
    above."""


class BuildGraphParameters(ClientParameters):
    """What building the example factory takes."""

    twin_prefix: Annotated[str, follows(naming_rules.twin_prefix)] = field(
        "factory",
        "Twin prefix",
        "Basics",
        "text",
        source="concepts-twins-graph",
        form="The ids of all twins of the example start with it: lowercase letters, digits and hyphens.",
    )
    """What the ids of the example's twins start with: lowercase letters, digits and hyphens."""


class ClientCodeParameters(ClientParameters):
    """What writing client code takes."""

    credential: Annotated[str, one_of(CREDENTIALS)] = field(
        "default",
        "Credential",
        "Basics",
        "choice",
        source="how-to-authenticate-client",
        form=(
            "DefaultAzureCredential tries several ways, on your machine and in Azure. A managed identity works "
            "only in Azure."
        ),
    )
    """How the client signs in: default (DefaultAzureCredential), managed-identity or browser."""
    language: Annotated[str, one_of(LANGUAGES, {"c#": "dotnet", ".net": "dotnet", "js": "javascript"})] = field(
        "python", "Language", "Basics", "choice", source="concepts-apis-sdks", form=""
    )
    """Language of the client code: python, dotnet, javascript or java."""


class ConnectClientParameters(ClientCodeParameters, BuildGraphParameters):
    """What `05-connect-a-client` takes: the article's next steps."""


class CleanUpParameters(ExistingInstanceParameters):
    """What `06-clean-up` takes."""

    # Not `confirm`: one file of parameters serves all notebooks, and agreeing to another step's plan must not delete
    # everything at the end.
    confirm_clean_up: bool = field(False, "Confirm", "Run", "flag", source="this guide")
    """Delete what the plan lists. false: only show the plan. A form asks you instead."""
    remove_orphans: bool = field(
        False,
        "Remove orphaned role assignments",
        "Basics",
        "flag",
        source="role-based-access-control/troubleshooting",
        depends=("subscription",),
        form="Role assignments whose user, group or service principal no longer exists, no matter who made them.",
    )
    """Also remove role assignments whose user, group or service principal no longer exists, no matter who made them."""
