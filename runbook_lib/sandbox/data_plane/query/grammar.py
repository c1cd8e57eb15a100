"""Parses query texts, and describes errors in them as the service's parser generator (ANTLR) does.

The one recorded message is "missing SELECT at 'foo'"; the others are modelled on that generator's own.
This module loads the parser library. It's imported with the first query, so that the sandbox starts without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from ..graph_errors import SqlQueryError
from .syntax_tree import (
    AllOf,
    AnyOf,
    Call,
    Comparison,
    Condition,
    Join,
    Literal,
    Membership,
    Name,
    Not,
    Operand,
    Path,
    Pattern,
    Projection,
    Query,
    Step,
)

END = "<EOF>"
SHOWN = {
    "$END": END,
    "STAR": "'*'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "DOT": "'.'",
    "COMMA": "','",
    "COLON": "':'",
    "VBAR": "'|'",
    "__ANON_0": "'..'",
    "NAME": "ID",
    "ESCAPED": "ID",
    "INT": "NUMBER",
    "COMPARISON": "OPERATOR",
    "_OPEN": "'-['",
    "_OPEN_LEFT": "'<-['",
    "_CLOSE": "']-'",
    "_CLOSE_RIGHT": "']->'",
}
"""What messages call the grammar's terminals, if not by their own names."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def read(text: str, start: str) -> Any:
    """Parse a text, beginning at one of the grammar's start rules, `query` or `filter`. Raises SqlQueryError."""
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise _refusal(error, text) from error


@cache
def _parser() -> Lark:
    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        start=["query", "filter"],
        transformer=_Builder(),
        maybe_placeholders=True,
    )


def _refusal(error: UnexpectedInput, text: str) -> SqlQueryError:
    if isinstance(error, UnexpectedCharacters):
        problem = f"token recognition error at: '{text[error.pos_in_stream or 0]}'"
        return SqlQueryError(line=error.line, position=error.column - 1, problem=problem)
    assert isinstance(error, UnexpectedToken)
    token = error.token
    if token.type == "$END":
        line, position = _end(text)
        return SqlQueryError(line=line, position=position, problem=_mismatch(END, error.accepts))
    missing = _insertable(error)
    problem = f"missing {missing} at '{token}'" if missing else _mismatch(str(token), error.accepts)
    return SqlQueryError(line=token.line, position=(token.column or 1) - 1, problem=problem)


def _mismatch(found: str, expected: Iterable[str]) -> str:
    names = sorted({_shown(name) for name in expected})
    wanted = names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"
    return f"mismatched input '{found}' expecting {wanted}"


def _insertable(error: UnexpectedToken) -> str:
    """Return the only word that fits here, if the text would be valid after it; otherwise an empty text."""
    if len(error.accepts) != 1 or error.interactive_parser is None:
        return ""
    (name,) = error.accepts
    tried = copy(error.interactive_parser)
    tried.feed_token(Token(name, "1" if name == "INT" else "x"))
    accepted: set[str] = tried.accepts()  # type: ignore[no-untyped-call] # lark has no types here
    return _shown(name) if error.token.type in accepted else ""


def _shown(terminal: str) -> str:
    return SHOWN.get(terminal, terminal.removeprefix("_"))


def _end(text: str) -> tuple[int, int]:
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1)


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Turns parse results into the tree's own classes: one method for each rule."""

    def query(self, *parts: Any) -> Query:
        selection, source, tail, where = _split(parts)
        return Query(
            where=where,
            joins=tuple(part for part in tail if isinstance(part, Join)),
            pattern=next((part for part in tail if isinstance(part, Pattern)), None),
            **selection,
            **source,
        )

    def filter(self, condition: Condition | bool) -> Condition | bool:
        return condition

    def count(self) -> dict[str, Any]:
        return {"counts": True}

    def top(self, number: Token) -> dict[str, Any]:
        return {"top": _whole(number)}

    def star(self, _star: Token) -> dict[str, Any]:
        return {}

    def projection(self, path: Path, alias: Name | None) -> Projection:
        return Projection(path, alias)

    def alias(self, name: Name) -> Name:
        return name

    def source(self, name: Token, alias: Name | None) -> dict[str, Any]:
        return {"source": _name(name), "alias": alias}

    def join(self, target: Name, source: Name, relationship: Name, variable: Name | None) -> Join:
        return Join(target, source, relationship, variable)

    def match(self, *parts: Any) -> Pattern:
        return Pattern(parts[::2], parts[1::2])

    def node(self, name: Name | None) -> Name | None:
        return name

    def step(self, step: Step) -> Step:
        return step

    def right(self, *parts: Any) -> Step:
        return _step("right", parts)

    def left(self, *parts: Any) -> Step:
        return _step("left", parts)

    def either(self, *parts: Any) -> Step:
        return _step("either", parts)

    def names(self, *names: Name) -> tuple[str, ...]:
        return tuple(name.text for name in names)

    several = names

    def exactly(self, hops: Token) -> range:
        return range(_whole(hops), _whole(hops))

    def between(self, start: Token, end: Token) -> range:
        return range(_whole(start) + 1, _whole(end))  # not at the start (MATCH article)

    def up_to(self, end: Token) -> range:
        return range(1, _whole(end))

    def any_of(self, *conditions: Condition) -> AnyOf:
        return AnyOf(conditions)

    def all_of(self, *conditions: Condition) -> AllOf:
        return AllOf(conditions)

    def negated(self, condition: Condition) -> Condition:
        # Two of them cancel out, so that a text with many doesn't become a tree too deep to walk.
        return condition.condition if isinstance(condition, Not) else Not(condition)

    def comparison(self, left: Operand, operator: Token, right: Operand) -> Comparison:
        return Comparison(left, str(operator), right)

    def member(self, operand: Operand, *values: Literal) -> Membership:
        return Membership(operand, values)

    def no_member(self, operand: Operand, *values: Literal) -> Membership:
        return Membership(operand, values, negated=True)

    def call(self, name: Token, *arguments: Operand) -> Call:
        return Call(_name(name), arguments)

    def path(self, *names: Name) -> Path:
        return Path(names)

    def name(self, token: Token) -> Name:
        return _name(token)

    def literal(self, value: Token | bool) -> Literal:
        if isinstance(value, bool):
            return Literal(value)
        if value.type == "STRING":
            return Literal(_ESCAPE.sub(r"\1", value[1:-1]))
        if value.type == "NULL":
            return Literal(None)
        return Literal(int(value) if _INTEGER.fullmatch(value) else float(value))

    def boolean(self, token: Token) -> bool:
        return token.type == "TRUE"


def _name(token: Token) -> Name:
    escaped = token.type == "ESCAPED"
    return Name(token[2:-2] if escaped else str(token), token.line or 1, (token.column or 1) - 1, escaped)


def _whole(token: Token) -> int:
    """Read a whole number. Of one that's too long for any limit, read only the beginning."""
    return int(token[:10])


def _split(parts: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any], Sequence[Any], Condition | None]:
    """Identify a query's parts: its columns, its source, its path through the graph, its condition."""
    at = next(index for index, part in enumerate(parts) if isinstance(part, dict) and "source" in part)
    selection: dict[str, Any] = {}
    for part in parts[:at]:
        selection |= part if isinstance(part, dict) else {}
    projections = tuple(part for part in parts[:at] if isinstance(part, Projection))
    return selection | {"projections": projections}, parts[at], parts[at + 1 : -1], parts[-1]


def _step(direction: str, parts: Sequence[Any]) -> Step:
    """Make a step from what's between the brackets. `range` has the fewest and the most hops, both included."""
    variable = next((part for part in parts if isinstance(part, Name)), None)
    names = next((part for part in parts if isinstance(part, tuple)), ())
    hops = next((part for part in parts if isinstance(part, range)), range(1, 1))
    return Step(direction, variable, names, hops.start, hops.stop)
