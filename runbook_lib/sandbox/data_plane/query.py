"""The query language, as far as an empty graph needs it; what is not understood is refused, never answered.

    SELECT * | TOP (n) [*] | COUNT()   FROM digitaltwins | relationships   [[AS] alias]

WHERE, JOIN, MATCH and projections belong to the whole language, which has its own grammar: `parse` is the one door
through which it comes in, and `Query` the one thing it hands on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import SqlQueryError

EMPTY_GRAPH_CHARGE = "2.53"
"""Query units of a query over nothing. Modelled: recorded charges lie between 3 and 9 for graphs with twins."""
TEXT_LIMIT = 8000
"""Characters of a query text (service limits)."""
COUNT_DIGITS = 9
KEYWORDS = frozenset({"SELECT", "TOP", "COUNT", "FROM", "AS", "WHERE", "JOIN", "MATCH", "RELATED", "AND", "OR", "NOT"})
OUTSIDE = frozenset({"WHERE", "JOIN", "MATCH"})
END = "<EOF>"
_TOKEN = re.compile(
    r"(?P<blank>\s+)|(?P<word>[A-Za-z_$][\w$]*)|(?P<number>\d+)|(?P<text>'(?:[^'\\]|\\.)*')|(?P<sign>.)", re.DOTALL
)


@dataclass(frozen=True)
class Query:
    """A query that was understood."""

    source: str
    """`digitaltwins` or `relationships`."""
    counts: bool = False
    """Whether the answer is one row with the number of hits."""
    top: int | None = None
    """At most so many hits; None is no limit."""


@dataclass(frozen=True)
class Token:
    """A piece of the text and where it stands: lines count from 1, positions in the line from 0."""

    kind: str
    text: str
    line: int
    position: int

    def refuse(self, problem: str) -> SqlQueryError:
        """Make the service's error about this piece."""
        return SqlQueryError(line=self.line, position=self.position, problem=problem)


def parse(text: str) -> Query:
    """Read a query. Raises SqlQueryError with line and position for whatever is not understood."""
    if len(text) > TEXT_LIMIT:
        # Modelled: the limit is documented, its message is not.
        raise SqlQueryError(line=1, position=TEXT_LIMIT, problem=f"query text is longer than {TEXT_LIMIT} characters")
    return _Parser(list(_tokens(text))).query()


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "blank":
            yield Token(kind, found[0], *_place(text, found.start()))
    yield Token("end", END, *_place(text, len(text)))


def _place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1)


class _Parser:
    """Walks over the tokens; words its errors as the service's parser generator (ANTLR) does."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        if self._peek.kind == "word" and self._peek.text.upper() not in KEYWORDS:
            raise self._peek.refuse(f"missing SELECT at '{self._peek.text}'")  # recorded for the query `foo`
        self._keyword("SELECT")
        top = self._top()
        counts = top is None and self._is("COUNT")
        if counts:
            self._keyword("COUNT")
            self._sign("(")
            self._sign(")")
        elif top is None or self._peek.text == "*":
            self._sign("*")
        self._keyword("FROM")
        source = self._source()
        self._alias()
        if self._peek.kind != "end":
            raise self._beyond(END)
        return Query(source, counts, top)

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _is(self, keyword: str) -> bool:
        return self._peek.kind == "word" and self._peek.text.upper() == keyword

    def _next(self) -> Token:
        token = self._peek
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _keyword(self, keyword: str) -> None:
        if not self._is(keyword):
            raise self._beyond(keyword)
        self._next()

    def _sign(self, sign: str) -> None:
        if self._peek.text != sign:
            raise self._beyond(f"'{sign}'")
        self._next()

    def _top(self) -> int | None:
        if not self._is("TOP"):
            return None
        self._next()
        self._sign("(")
        if self._peek.kind != "number":
            raise self._beyond("a number")
        number = self._next()
        if len(number.text) > COUNT_DIGITS:
            raise number.refuse(f"TOP takes a number of at most {COUNT_DIGITS} digits")
        self._sign(")")
        return int(number.text)

    def _source(self) -> str:
        name = self._peek.text.lower()
        if self._peek.kind != "word" or name not in ("digitaltwins", "relationships"):
            raise self._beyond("{DIGITALTWINS, RELATIONSHIPS}")
        self._next()
        return name

    def _alias(self) -> None:
        named = self._is("AS")
        if named:
            self._next()
        if self._peek.kind == "word" and self._peek.text.upper() not in KEYWORDS:
            self._next()
        elif named:
            raise self._beyond("an alias")

    def _beyond(self, expected: str) -> SqlQueryError:
        """Refuse the next token: it is wrong, or right on Azure and not understood here."""
        token = self._peek
        if token.text.upper() in OUTSIDE and token.kind == "word":
            return token.refuse(f"the sandbox does not simulate {token.text.upper()} yet: it works on Azure.")
        if expected == "'*'" and token.kind == "word" and token.text.upper() not in KEYWORDS:
            return token.refuse("the sandbox does not simulate projections yet: they work on Azure.")
        return token.refuse(f"mismatched input '{token.text}' expecting {expected}")
