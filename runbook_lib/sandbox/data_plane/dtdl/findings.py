"""What reading models brings to light: problems, worded as the service's parser words them, and references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..errors import DTDLParserError

Element = dict[str, Any]
"""An element as it was read: short names for properties, classes and the language's own words; lists where the language
has sets; `@type` is the class alone."""


@dataclass(frozen=True)
class Reference:
    """An element that is named by its identifier."""

    id: str
    classes: tuple[str, ...]
    """What it may be."""
    versions: frozenset[int]
    """Of the language, in which it may be written."""
    where: str


@dataclass
class Findings:
    """What one interface brought to light."""

    problems: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    defined: dict[str, Element] = field(default_factory=dict)
    """Elements inside the interface that have an identifier of their own."""
    inner: list[tuple[Element, int]] = field(default_factory=list)
    """Interfaces that are written inside the interface, and their versions."""

    def problem(self, cause: str, cure: str) -> None:
        """Note that something is wrong."""
        self.problems.append(f"{cause} {cure}")


def fail(detail: str) -> NoReturn:
    """Refuse a model at once. Raises DTDLParserError."""
    raise DTDLParserError(detail=detail)
