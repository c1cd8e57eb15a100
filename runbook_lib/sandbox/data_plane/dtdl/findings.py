"""What reading models finds: problems, in the style of the service's parser, and references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..errors import DTDLParserError

Element = dict[str, Any]
"""An element as it was read: short names for properties, classes and the language's own words; lists where the language
has sets; only the class in `@type`."""


@dataclass(frozen=True)
class Reference:
    """A reference to an element by its identifier."""

    id: str
    classes: tuple[str, ...]
    """The classes that it can have."""
    versions: frozenset[int]
    """The versions of the language that it can be written in."""
    where: str


@dataclass
class Findings:
    """What was found in one interface."""

    problems: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    defined: dict[str, Element] = field(default_factory=dict)
    """Elements inside the interface that have their own identifier."""
    inner: list[tuple[Element, int]] = field(default_factory=list)
    """Interfaces that are written inside the interface, and their versions."""

    def problem(self, cause: str, cure: str) -> None:
        """Note a problem."""
        self.problems.append(f"{cause} {cure}")


def fail(detail: str) -> NoReturn:
    """Refuse a model at once. Raises DTDLParserError."""
    raise DTDLParserError(detail=detail)
