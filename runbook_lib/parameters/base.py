"""What all parameters share: their words, their helpers, and how they are validated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ..errors import InputError

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
CREDENTIALS = ("default", "managed-identity", "browser")
"""The ways to sign in that client code is written for (how-to-authenticate-client article)."""
LANGUAGES = ("python", "dotnet", "javascript", "java")
"""The languages that client code is written in: those of the official data-plane SDKs, but for Go."""

CONNECTIVITY = ("public", "private")
"""The portal's connectivity methods for a new instance."""
DECISIONS = ("keep", "approve", "reject")
"""What can be decided about a private endpoint connection."""
PUBLIC_ACCESS = ("keep", "enabled", "disabled")
"""What can be done with an instance's public network access."""

SWITCHES = ("on", "off", "keep")
"""What can be done with an instance's own identity."""

INSTANCE = ("subscription", "resource_group", "instance_name")

M = TypeVar("M", bound="Parameters")


def extra(tab: str, widget: str, source: str, *depends: str) -> dict[str, Any]:
    """Return what a field tells the forms; `depends` names the other fields that decide about it."""
    return {"tab": tab, "widget": widget, "source": source, "depends": list(depends)}


def parse_tags(value: Any) -> Any:
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


def refuse(wrong: Iterable[str]) -> None:
    """Raise ValueError with all sentences about what is wrong; do nothing when there are none."""
    if text := " ".join(wrong):
        raise ValueError(text)


def one_of(value: str, allowed: Iterable[str], *, empty: bool = False) -> str:
    """Return the allowed spelling of a value, or refuse it and name the allowed ones."""
    found = {name.lower(): name for name in allowed}
    if value.lower() in found or (empty and not value):
        return found.get(value.lower(), "")
    raise ValueError(f"{value!r} is not known. Choose one of: {', '.join(found.values())}.")


class Parameters(BaseModel):
    """Base of all parameters. Blanks around texts are dropped; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


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
