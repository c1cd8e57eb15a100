"""Splits the `$filter` of ARM's lists into its parts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lark import Lark, Tree
from lark.exceptions import UnexpectedInput

from .errors import invalid_filter


def split_filter(text: str) -> list[tuple[str, list[Any]]]:
    """Return kind (`comparison` or `function`) and words of each part. Raises ArmError."""
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise invalid_filter(text) from error
    return [(str(part.data), part.children) for part in tree.children if isinstance(part, Tree)]


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark.open("filter.lark", rel_to=__file__, parser="lalr", start="filter", maybe_placeholders=True)
