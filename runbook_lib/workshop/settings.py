"""What the trainer decides about a class, in workshop.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..display.plain import one_line
from ..errors import InputError
from ..guide import NOTEBOOKS
from .messages import TARGETS, Line, Name

SIZE_LIMIT = 64 * 1024
DEFAULT_PORT = 46136
"""Next to the sandbox's."""
_DEFAULT_PLAN = (
    "00-start-here",
    "01-create-instance",
    "02-assign-access",
    "owner-gets-403",
    "greyed-out-box",
    "wrong-id",
)


def _known(plan: tuple[str, ...]) -> tuple[str, ...]:
    for name in plan:
        if name not in TARGETS:
            raise ValueError(f"there is no notebook or exercise {one_line(name, 40)!r}")
    return plan


class Settings(BaseModel):
    """The file's names and values. All have a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line = "Azure Digital Twins"
    seed: Line = ""
    """The scenery of the exercises. By default the class code."""
    minutes: Annotated[int, Field(ge=1, le=600)] = 90
    plan: Annotated[tuple[str, ...], AfterValidator(_known)] = _DEFAULT_PLAN
    """The notebooks and exercises of the class, in order: the board's columns."""
    names: tuple[Name, ...] = ()
    """For hand-outs only: one page each. The board shows only names that learners give."""
    host: str = ""
    """The address to listen at. By default this machine's in the local network."""
    port: Annotated[int, Field(ge=1, le=65535)] = DEFAULT_PORT
    address: str = ""
    """What learners use instead, if something such as a reverse proxy with TLS stands before the board."""

    @property
    def places(self) -> tuple[str, ...]:
        """The plan with each notebook replaced by its steps."""
        steps = {one.name: one.steps for one in NOTEBOOKS}
        return tuple(place for name in self.plan for place in steps.get(name, (name,)))


def read_settings(path: Path | None) -> Settings:
    """Read workshop.yaml; without a path, use the defaults. Raises InputError."""
    if path is None:
        return Settings()
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            raise InputError(f"{one_line(path)} is too large for a workshop's file.", remedy="Name another one.")
        return Settings.model_validate(yaml.safe_load(content) or {})
    except OSError as error:
        raise InputError(f"Can't read {one_line(path)}: {error.strerror}.", remedy="Check its name.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{one_line(path)} isn't valid YAML.", remedy="Write one `name: value` per line.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        known = f"It can set: {', '.join(Settings.model_fields)}."
        raise InputError(f"{one_line(path)}, {where}: {first['msg']}.", remedy=known) from error


def title_of(place: str) -> str:
    """Return how the board names a step or exercise."""
    from ..exercises import NAMES, kind

    if place in NAMES:
        return kind(place).title
    notebook = next(one for one in NOTEBOOKS if place in one.steps)
    number = notebook.name.partition("-")[0]
    several = len(notebook.steps) > 1
    return f"{number} {place.replace('-', ' ').capitalize() if several else notebook.title}"
