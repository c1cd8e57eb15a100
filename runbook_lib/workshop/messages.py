"""What travels between learners and the board: states and outcomes, never values, names or answers of Azure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ..display.plain import unsafe_characters
from ..errors import InputError
from ..exercises import NAMES
from ..guide import NOTEBOOKS

PLACES = (*(step for notebook in NOTEBOOKS for step in notebook.steps), *NAMES)
"""Where a learner can be: the ids of the guide's steps, and the names of the exercises."""
TARGETS = (*(notebook.name for notebook in NOTEBOOKS), *NAMES)
"""What a learner's world can be brought to the beginning of."""
REPORTS_AT_ONCE = 100
SIZE_LIMIT = 64 * 1024
"""Bytes of a request's body. A full batch of reports has a third of that."""

M = TypeVar("M", bound=BaseModel)
State = Literal["open", "working", "stuck", "done", "undone"]
"""open: looked at. stuck: at an explained error, or a check said not yet. undone: reset, or removed."""
Kind = Literal["message", "trouble", "clear", "reset", "catch-up", "freeze", "unfreeze"]


def _printable(text: str) -> str:
    if bad := unsafe_characters(text):
        raise ValueError(f"it holds {', '.join(bad[:5])}, which can't be shown")
    return text


def _place(name: str) -> str:
    if name not in PLACES:
        raise ValueError("there is no such step or exercise")
    return name


Line = Annotated[str, AfterValidator(_printable), Field(max_length=300)]
Name = Annotated[str, AfterValidator(_printable), Field(min_length=1, max_length=40)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Report(_Message):
    """One state of one step or exercise."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}:[0-9]{1,7}$")]
    """The record's id and the number of its event: what is sent twice counts once."""
    at: AwareDatetime
    """By the learner's clock."""
    place: Annotated[str, AfterValidator(_place)]
    state: State
    error: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./*,: -]*$", max_length=160)] = ""
    """Our kind of error and Azure's code, such as `PermissionMissing AuthorizationFailed`."""
    hints: Annotated[int, Field(ge=0, le=4)] = 0
    """How many hints of the exercise were shown; 4 means the solution."""


class Reports(_Message):
    """What a learner's machine sends at once."""

    sent: AwareDatetime
    """By the learner's clock, so that the board can tell how old each report is, whatever the clock says."""
    reports: Annotated[tuple[Report, ...], Field(max_length=REPORTS_AT_ONCE)]


class Join(_Message):
    """A learner comes in."""

    code: Annotated[str, Field(max_length=40)]
    name: Name
    personal: Annotated[str, Field(max_length=40)] = ""
    """The personal code, to come in on a second machine."""


class Joined(_Message):
    """What the board answers to that."""

    token: str
    name: str
    personal: str
    title: str
    seed: str
    last_action: int
    """What the trainer did before that isn't for this machine."""


class Action(_Message):
    """What the trainer does to a learner's world."""

    id: int
    kind: Kind
    argument: str = ""
    """The message's text, the trouble's name, or the notebook or exercise to catch up to or reset."""


class Outcome(_Message):
    """What became of an action on a learner's machine."""

    outcome: Literal["done", "failed"]
    error: Annotated[str, Field(pattern=r"^[A-Za-z0-9_ ]*$", max_length=80)] = ""


class Wanted(_Message):
    """What the trainer asks the board for."""

    kind: Kind
    argument: Line = ""
    learners: tuple[int, ...] = ()
    """Nobody in it means everybody."""


def parsed(kind: type[M], content: Any) -> M:
    """Return a message from JSON text or data. Raises InputError, which repeats no value."""
    try:
        return kind.model_validate_json(content) if isinstance(content, bytes | str) else kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the message"
        raise InputError(f"{where[:60]}: {first['msg'][:160]}", remedy="Update the guide on this machine.") from None
