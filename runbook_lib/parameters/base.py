"""What all parameters share: allowed values, how a parameter is declared, and how values are validated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from ..display.plain import one_line, quoted, unsafe_characters
from ..errors import InputError

SIGN_INS: Mapping[str, tuple[str, ...]] = {
    "sandbox": (
        "owner",
        "contributor",
        "reader",
        "access-admin",
        "operator",
        "platform-owner",
        "eligible-owner",
        "guest",
        "setup-pipeline",
    ),
    "azure": ("default", "browser", "device-code", "service-principal", "managed-identity"),
}
"""The ways to sign in, by target. The first is the default."""

DATA_ROLES: Mapping[str, str] = {
    "Azure Digital Twins Data Owner": "bcd981a7-7f74-457b-83e1-cceb9e632ffe",
    "Azure Digital Twins Data Reader": "d57506d4-4c8d-48b1-8587-93c323f6a5a3",
}
"""The roles that give access to the data, with their permanent ids (built-in roles reference)."""

PRINCIPAL_TYPES = ("user", "group", "service-principal")
CREDENTIALS = ("default", "managed-identity", "browser")
"""How generated client code can sign in (how-to-authenticate-client article)."""
LANGUAGES = ("python", "dotnet", "javascript", "java")
"""The languages of generated client code: those of the official data-plane SDKs, except Go."""

CONNECTIVITY = ("public", "private")
"""The portal's connectivity methods for a new instance."""
DECISIONS = ("keep", "approve", "reject")
"""What you can do with a private endpoint connection."""
PUBLIC_ACCESS = ("keep", "enabled", "disabled")
"""What you can do with an instance's public network access."""
SWITCHES = ("on", "off", "keep")
"""What you can do with an instance's system-assigned identity."""

INSTANCE = ("subscription", "resource_group", "instance_name")

_SENTENCES = 5
"""How many problems of one value are named. Thousands of tags could have thousands."""
_CHARACTERS = 5

M = TypeVar("M", bound="Parameters")


def field(
    default: Any,
    title: str,
    tab: str,
    widget: str,
    *,
    source: str,
    depends: Iterable[str] = (),
    form: str | None = None,
    when: Mapping[str, Any] | None = None,
    **rules: Any,
) -> Any:
    """Declare a parameter. The docstring below the parameter is its help.

    `title` is the portal's label. Forms use `tab`, `widget` and `depends`, the other parameters that decide what you
    can choose. `form` is the help in a form, where the docstring speaks to those who write parameters. `when` says
    which values of other fields make a form show this one; a value True stands for any that isn't empty. `source` says
    where the facts come from. `rules` are pydantic's own, such as `ge`.
    """
    extra: Any = {"tab": tab, "widget": widget, "source": source, "depends": list(depends), "when": dict(when or {})}
    extra |= {} if form is None else {"form": form}
    return Field(default=default, title=title, json_schema_extra=extra, **rules)


def follows(rule: Callable[[Any], Iterable[str]], *, empty: bool = False) -> AfterValidator:
    """Make a validator that rejects values for which `rule` returns problems, one sentence each.

    `empty` accepts an empty value whatever the rule says.
    """

    def check(value: Any) -> Any:
        if (value or not empty) and (wrong := list(rule(value))):
            more = [f"And {len(wrong) - _SENTENCES} more problems."] if len(wrong) > _SENTENCES else []
            raise ValueError(" ".join(wrong[:_SENTENCES] + more))
        return value

    return AfterValidator(check)


def one_of(allowed: Iterable[str], aliases: Mapping[str, str] | None = None, *, empty: bool = False) -> AfterValidator:
    """Make a validator that accepts only these values, or their `aliases`, in any case and with spaces for hyphens."""
    return AfterValidator(lambda value: choose(value, allowed, aliases, empty=empty))


def choose(value: str, allowed: Iterable[str], aliases: Mapping[str, str] | None = None, *, empty: bool = False) -> str:
    """Return the standard spelling of a value. Raises ValueError that lists the allowed ones."""
    spellings = {name.lower(): name for name in allowed}
    known = spellings | dict(aliases or {}) | ({"": ""} if empty else {})
    wanted = value.lower()
    for spelling in (wanted, wanted.replace(" ", "-")):
        if spelling in known:
            return known[spelling]
    raise ValueError(f"{quoted(value)} isn't a valid choice. Choose one of: {', '.join(spellings.values())}.")


def parse_tags(value: Any) -> Any:
    """Turn `name=value, name=value`, as papermill and text fields give it, into a mapping. Ignores extra spaces."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
    if bare := [part for part in parts if "=" not in part]:
        raise ValueError(f"{quoted(bare[0])} has no equals sign. Write tags as name=value, name=value.")
    pairs = [(name.strip(), text.strip()) for name, _, text in (part.partition("=") for part in parts)]
    if len(dict(pairs)) < len(pairs):
        raise ValueError("A tag name is used more than once. Use each name once.")
    return dict(pairs)


class Parameters(BaseModel):
    """Base of all parameters. It trims spaces around text and rejects unknown names."""

    # A model's validator is built when it's first used: a process needs few of the models that it imports.
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, use_attribute_docstrings=True, defer_build=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Put each parameter's help on one line, as the notebooks and tables need it."""
        for info in cls.model_fields.values():
            info.description = " ".join((info.description or "").split())

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse what no parameter can hold: control characters, and a number or a flag in place of the other."""
        texts = [*value, *value.values()] if isinstance(value, Mapping) else [value]
        if info.field_name == "tags" and isinstance(value, str):
            texts = value.splitlines()  # one pair per line
        if found := unsafe_characters("".join(text.strip() for text in texts if isinstance(text, str))):
            named = ", ".join(found[:_CHARACTERS])
            raise ValueError(f"It contains control characters or invisible ones: {named}. Remove them.")
        kind = cls.model_fields[str(info.field_name)].annotation
        if kind is int and not _is_whole_number(value):
            raise PydanticCustomError("whole_number", "not a whole number")
        if kind is bool and not isinstance(value, bool | str):
            raise PydanticCustomError("flag", "not a flag")
        return value


def _is_whole_number(value: Any) -> bool:
    # To Python, true is the number one.
    if isinstance(value, str):
        return re.fullmatch(r"[0-9]{1,18}", value.strip()) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def problems(model: type[Parameters], values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the values, by field."""
    checked = _checked(model, values)
    return {} if isinstance(checked, Parameters) else checked


def validate(model: type[M], values: Mapping[str, Any]) -> M:
    """Return the values as parameters. Raises InputError that lists every problem, not only the first."""
    checked = _checked(model, values)
    if isinstance(checked, Parameters):
        return checked
    lines = [f"{_title(model, name)} ({name}): {text}" for name, text in checked.items()]
    counted = "One value needs" if len(lines) == 1 else f"{len(lines)} values need"
    message = f"{counted} your attention.\n" + "\n".join(lines)
    raise InputError(message, remedy="Fix the values named above, then run this again.", problems=checked)


def _checked(model: type[M], values: Mapping[str, Any]) -> M | dict[str, str]:
    """Return the values as parameters, or what is wrong with them, by field."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        found: dict[str, str] = {}
        for detail in error.errors():
            found.setdefault(str(detail["loc"][0]), _sentence(model, detail))
        return found


def _title(model: type[Parameters], name: str) -> str:
    info = model.model_fields.get(name)
    return (info.title if info else None) or name


def _sentence(model: type[Parameters], detail: ErrorDetails) -> str:
    name, given = str(detail["loc"][0]), detail.get("input")
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        return f"There's no parameter with that name. The parameters are {', '.join(model.model_fields)}."
    hints = {
        "timeout_minutes": "Use a whole number of minutes from 1 to 120.",
        "tags": "Write tags as name=value, name=value, or as a mapping of text to text.",
    }
    annotation = model.model_fields[name].annotation
    kind = "true or false" if annotation is bool else "text"
    # In a setup file, `instance_name: 2024` is a number, and `region: no` is false.
    if len(detail["loc"]) > 1:
        return f"The value of {quoted(str(detail['loc'][1]))} is {_shown(given)}, not text. Put it in quotes."
    # papermill's -p reads YAML too.
    cure = f" In a setup file, put it in quotes. With papermill, use -r {name} in place of -p."
    quotes = cure if annotation is str and isinstance(given, int | float) else ""
    return f"{_shown(given)} isn't valid. {hints.get(name, f'Use {kind}.')}{quotes}"


def _shown(given: Any) -> str:
    # Python refuses to write numbers of thousands of digits.
    large = isinstance(given, int) and given.bit_length() > 64
    return "A number this large" if large else one_line(repr(given), 40)
