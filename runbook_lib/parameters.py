"""What each step needs: one field = name, default, rule, help, example and where the rule comes from.

The names and defaults are those of the notebooks' `parameters` cells. Each field carries, for the forms,
`title` (the portal's label), `description` (help), `examples`, and in `json_schema_extra`:
`tab` (Basics, Advanced, Tags, or Run for how rather than what), `widget` (text; choice, one of a list; suggest, a list
or a text of one's own; search, a list found by what is typed; flag, tags, number), `source` (who says so) and `depends`
(other fields that decide what can be chosen, whether the field is greyed out, and what Azure says of it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from . import rules
from .errors import InputError

SIGN_INS: Mapping[str, tuple[str, ...]] = {
    "sandbox": ("owner", "contributor", "reader", "access-admin", "operator", "setup-pipeline"),
    "azure": ("default", "browser", "device-code", "service-principal", "managed-identity"),
}
"""The ways to sign in, by target; the first is the default."""

DATA_ROLES: Mapping[str, str] = {
    "Azure Digital Twins Data Owner": "bcd981a7-7f74-457b-83e1-cceb9e632ffe",
    "Azure Digital Twins Data Reader": "d57506d4-4c8d-48b1-8587-93c323f6a5a3",
}
"""The roles that give access to the data, with their lasting ids (built-in roles reference)."""

PRINCIPAL_TYPES = ("user", "group", "service-principal")

M = TypeVar("M", bound="Parameters")


def _extra(tab: str, widget: str, source: str, *depends: str) -> dict[str, Any]:
    return {"tab": tab, "widget": widget, "source": source, "depends": list(depends)}


def _parse_tags(value: Any) -> Any:
    """Accept `name=value, name=value` as papermill and a text field give it; blanks around the parts do not count."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
    if bare := [part for part in parts if "=" not in part]:
        raise ValueError(f"{bare[0]!r} has no equals sign. Write tags as name=value, name=value.")
    pairs = [(name.strip(), text.strip()) for name, _, text in (part.partition("=") for part in parts)]
    if len(dict(pairs)) < len(pairs):
        raise ValueError("A tag name is there more than once. Give each name once.")
    return dict(pairs)


def _refuse(wrong: Iterable[str]) -> None:
    if text := " ".join(wrong):
        raise ValueError(text)


def _one_of(value: str, allowed: Iterable[str], *, empty: bool = False) -> str:
    """Return the allowed spelling of a value, or refuse it and name the allowed ones."""
    found = {name.lower(): name for name in allowed}
    if value.lower() in found or (empty and not value):
        return found.get(value.lower(), "")
    raise ValueError(f"{value!r} is not known. Choose one of: {', '.join(found.values())}.")


class Parameters(BaseModel):
    """Base of all parameters. Blanks around texts are dropped; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CommonParameters(Parameters):
    """What every notebook takes: where, as whom, in which subscription and resource group."""

    target: str = Field(
        default="sandbox", title="Target", examples=["sandbox", "azure"],
        description="Where to work: sandbox is Azure simulated on this machine, azure is the real one.",
        json_schema_extra=_extra("Run", "choice", "this guide"),
    )  # fmt: skip
    sign_in: str = Field(
        default="", title="Sign in as", examples=["owner", "device-code"],
        description="Sandbox: owner, contributor, reader, access-admin, operator or setup-pipeline. Azure: default, "
        "browser, device-code, service-principal or managed-identity. Empty: the first of these.",
        json_schema_extra=_extra("Run", "choice", "how-to-authenticate-client; azure-identity"),
    )  # fmt: skip
    tenant: str = Field(
        default="", title="Tenant", examples=["contoso.onmicrosoft.com"],
        description="Directory to sign in to, as id or domain. Empty: your home tenant.",
        json_schema_extra=_extra("Run", "text", "troubleshoot-error-404: only the instance's own tenant is accepted"),
    )  # fmt: skip
    subscription: str = Field(
        default="", title="Subscription", examples=["Contoso Training"],
        description="The Azure subscription to use, by id or name. Empty: the first enabled one that you see.",
        json_schema_extra=_extra("Basics", "choice", "article, Create the instance"),
    )  # fmt: skip
    resource_group: str = Field(
        default="rg-digital-twins", title="Resource group", examples=["rg-digital-twins"],
        description="The resource group that holds the instance, an existing or a new one.",
        json_schema_extra=_extra("Basics", "suggest", "article; resource-name-rules", "subscription"),
    )  # fmt: skip
    mode: str = Field(
        default="auto", title="Mode", examples=["auto", "unattended"],
        description="guided shows forms, unattended runs by itself, auto finds out whether a person is there.",
        json_schema_extra=_extra("Run", "choice", "this guide"),
    )  # fmt: skip
    timeout_minutes: int = Field(
        default=10, ge=1, le=120, title="Timeout in minutes", examples=[10],
        description="How long to wait for Azure to finish something, in minutes. New access can take up to 10.",
        json_schema_extra=_extra("Run", "number", "role-based-access-control/troubleshooting"),
    )  # fmt: skip

    @field_validator("target")
    @classmethod
    def _target(cls, value: str) -> str:
        return _one_of(value, SIGN_INS)

    @field_validator("sign_in")
    @classmethod
    def _sign_in(cls, value: str, info: ValidationInfo) -> str:
        # A wrong target is reported by itself: without it nobody can say which ways to sign in are right.
        return _one_of(value, SIGN_INS[info.data["target"]], empty=True) if "target" in info.data else value

    @field_validator("mode")
    @classmethod
    def _mode(cls, value: str) -> str:
        return _one_of(value, ("auto", "guided", "unattended"))

    @field_validator("resource_group")
    @classmethod
    def _resource_group(cls, value: str) -> str:
        _refuse(rules.resource_group_name(value))
        return value


class StartHereParameters(CommonParameters):
    """What `00-start-here` takes."""

    register_provider: bool = Field(
        default=True, title="Register the resource provider", examples=[True],
        description="Register Microsoft.DigitalTwins in the subscription, which is needed once, when it is not yet.",
        json_schema_extra=_extra("Basics", "flag", "how-to-set-up-instance-cli", "subscription"),
    )  # fmt: skip


class InstanceParameters(CommonParameters):
    """What every step about one instance takes."""

    instance_name: str = Field(
        default="my-first-twins", title="Resource name", examples=["my-first-twins"],
        description="Name of the Azure Digital Twins instance: 3 to 63 letters, digits and hyphens. "
        "It becomes part of the host name, so nobody else may use it in that region.",
        json_schema_extra=_extra(
            "Basics", "text", "article; OpenAPI of Microsoft.DigitalTwins 2023-01-31",
            "subscription", "resource_group", "region",
        ),
    )  # fmt: skip

    @field_validator("instance_name")
    @classmethod
    def _instance_name(cls, value: str) -> str:
        _refuse(rules.instance_name(value))
        return value


class CreateInstanceParameters(InstanceParameters):
    """What `01-create-instance` takes: the portal's tabs Basics, Advanced and Tags."""

    region: str = Field(
        default="westeurope", title="Region", examples=["westeurope", "West Europe"],
        description="Where the instance runs. Only regions that offer the service can be chosen.",
        json_schema_extra=_extra("Basics", "choice", "article; locations of the resource provider", "subscription"),
    )  # fmt: skip
    create_resource_group: bool = Field(
        default=True, title="Create the resource group", examples=[True],
        description="Create the resource group, in the same region, when it does not exist.",
        json_schema_extra=_extra("Basics", "flag", "article: Create new"),
    )  # fmt: skip
    grant_access: bool = Field(
        default=False, title="Assign Azure Digital Twins Data Owner Role", examples=[True],
        description="Give yourself full access to the instance's data. Needs the right to assign roles.",
        json_schema_extra=_extra("Basics", "flag", "article: Grant access", "subscription", "resource_group"),
    )  # fmt: skip
    system_identity: bool = Field(
        default=False, title="System-assigned managed identity", examples=[True],
        description="Give the instance an identity of its own in Microsoft Entra ID, to sign in to other services.",
        json_schema_extra=_extra("Advanced", "flag", "article: Advanced"),
    )  # fmt: skip
    tags: Annotated[dict[str, str], BeforeValidator(_parse_tags)] = Field(
        default={}, title="Tags", examples=[{"department": "training"}],
        description="Names and values that organize resources, as a mapping or as text with commas between the pairs.",
        json_schema_extra=_extra("Tags", "tags", "tag-resources"),
    )  # fmt: skip

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not value:
            raise ValueError("It is empty. Name a region, for example westeurope.")
        return value.replace(" ", "").lower()

    @field_validator("tags")
    @classmethod
    def _tags(cls, value: dict[str, str]) -> dict[str, str]:
        _refuse(rules.tags(value))
        return value


class AssignAccessParameters(InstanceParameters):
    """What `02-assign-access` takes: the portal's Add role assignment page."""

    principal: str = Field(
        default="", title="Member", examples=["olivia@contoso.com", "Twin Engineers"],
        description="Who gets access: name, e-mail address, object id or client id of a user, group or service "
        "principal. Empty: yourself.",
        json_schema_extra=_extra("Basics", "search", "article, Assign the role using IAM", "principal_type"),
    )  # fmt: skip
    principal_type: str = Field(
        default="", title="Assign access to", examples=["user"],
        description="user, group or service-principal; settles it when several have the same name.",
        json_schema_extra=_extra("Basics", "choice", "article, Assign the role using IAM"),
    )  # fmt: skip
    role: str = Field(
        default="Azure Digital Twins Data Owner", title="Role", examples=list(DATA_ROLES),
        description="Azure Digital Twins Data Owner reads and writes data, Azure Digital Twins Data Reader only reads.",
        json_schema_extra=_extra("Basics", "choice", "built-in roles reference; concepts-security"),
    )  # fmt: skip

    @field_validator("principal_type")
    @classmethod
    def _principal_type(cls, value: str) -> str:
        return _one_of(value.replace(" ", "-"), PRINCIPAL_TYPES, empty=True)

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
        return _one_of(value, DATA_ROLES)


def problems(model: type[Parameters], values: Mapping[str, Any]) -> dict[str, str]:
    """Say per field what is wrong with the values: for forms, while somebody types."""
    try:
        model.model_validate(dict(values))
    except ValidationError as error:
        found: dict[str, str] = {}
        for detail in error.errors():
            found.setdefault(str(detail["loc"][0]), _sentence(model, detail))
        return found
    return {}


def validate(model: type[M], values: Mapping[str, Any]) -> M:
    """Return the values as parameters. Raises InputError that lists every problem, not just the first."""
    wrong = problems(model, values)
    if not wrong:
        return model.model_validate(dict(values))
    lines = [f"{_title(model, name)} ({name}): {text}" for name, text in wrong.items()]
    counted = "One value needs" if len(lines) == 1 else f"{len(lines)} values need"
    message = f"{counted} your attention.\n" + "\n".join(lines)
    raise InputError(message, remedy="Change what is named above, and run this again.", problems=wrong)


def _title(model: type[Parameters], name: str) -> str:
    field = model.model_fields.get(name)
    return (field.title if field else None) or name


def _sentence(model: type[Parameters], detail: ErrorDetails) -> str:
    name, given = str(detail["loc"][0]), detail.get("input")
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        return f"There is no parameter of that name here. There are: {', '.join(model.model_fields)}."
    if name == "timeout_minutes":
        return f"{given!r} does not fit. Give a whole number of minutes from 1 to 120."
    if name == "tags":
        return f"{given!r} does not fit. Write tags as name=value, name=value, or as a mapping of texts."
    kind = {"bool": "true or false", "str": "a text"}.get(
        str(getattr(model.model_fields[name].annotation, "__name__", "")), ""
    )
    return f"{given!r} does not fit. Give {kind or 'another value'}."
