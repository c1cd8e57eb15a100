"""Parses the query language: a text goes in, and a tree that follows the language's rules comes out.

Limits are documented (service limits, reference-query articles); the texts about exceeding them are modelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ..graph_errors import EventRouteFilterInvalid, SqlQueryError
from .functions import FUNCTIONS
from .syntax_tree import AllOf, AnyOf, Call, Comparison, Condition, Membership, Name, Not, Operand, Path, Query

TEXT_LIMIT = 8000
"""Maximum characters of a query."""
JOIN_LIMIT = 5
LOGIC_LIMIT = 50
"""Maximum number of AND and OR in one query."""
ITEM_LIMIT = 50
"""Maximum values of an IN or NIN."""
HOP_LIMIT = 10
TOP_DIGITS = 9
_RESERVED = """
    ALL AND AS ASC AVG BY COUNT DESC DEVICES DEVICES_JOBS DEVICES_MODULES ENDS_WITH FALSE FROM GROUP IN IS_BOOL
    IS_DEFINED IS_NULL IS_NUMBER IS_OBJECT IS_OF_MODEL IS_PRIMITIVE IS_STRING MAX MIN NOT NOT_IN NULL OR ORDER SELECT
    STARTS_WITH SUM TOP TRUE WHERE
    """
RESERVED = frozenset(_RESERVED.split())
"""Words that can be names only in double square brackets (reference-query-reserved article)."""


@lru_cache(maxsize=128)
def parse(text: str) -> Query:
    """Read a query. Raises SqlQueryError with line and position for anything invalid."""
    if len(text) > TEXT_LIMIT:
        raise SqlQueryError(line=1, position=TEXT_LIMIT, problem=f"query text is longer than {TEXT_LIMIT} characters")
    from .grammar import read

    query: Query = read(text, "query")
    _check_source(query)
    _check_limits(query)
    _check_names(query)
    _check_conditions(query.where)
    return query


def check_filter(text: str) -> None:
    """Read the filter of an event route. Raises EventRouteFilterInvalid.

    Filters are conditions on the event's fields, or just `true` or `false` (how-to-manage-routes article).
    """
    from .grammar import read

    try:
        if len(text) > TEXT_LIMIT:
            raise SqlQueryError(line=1, position=TEXT_LIMIT, problem="it is too long")
        condition = read(text, "filter")
        if not isinstance(condition, bool):
            _check_conditions(condition)
    except SqlQueryError as error:
        raise EventRouteFilterInvalid(problem=error.problem) from error


def conditions(node: Condition | None) -> Iterator[Condition]:
    """Iterate over a condition and all its parts; without recursion, because the text can nest deeply."""
    waiting = [] if node is None else [node]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, AllOf | AnyOf):
            waiting += reversed(part.conditions)
        elif isinstance(part, Not):
            waiting.append(part.condition)


def operands(node: Condition) -> tuple[Operand, ...]:
    """Return the operands of a condition, without the parts that are conditions themselves."""
    if isinstance(node, Comparison):
        return node.left, node.right
    if isinstance(node, Membership):
        return (node.operand, *node.values)
    return node.arguments if isinstance(node, Call) else ()


def paths(node: Condition | None) -> Iterator[Path]:
    """Iterate over all paths that a condition reads."""
    for part in conditions(node):
        yield from (operand for operand in operands(part) if isinstance(operand, Path))


def refusal(name: Name, problem: str) -> SqlQueryError:
    """Make the service's error about a word of the query."""
    return SqlQueryError(line=name.line, position=name.position, problem=problem)


def _check_source(query: Query) -> None:
    if query.source.text.lower() not in ("digitaltwins", "relationships"):
        raise refusal(query.source, f"mismatched input '{query.source}' expecting {{DIGITALTWINS, RELATIONSHIPS}}")
    if query.of_relationships and (query.joins or query.pattern):
        raise refusal(query.source, "JOIN and MATCH start from DIGITALTWINS.")
    if query.joins and not query.projections and not query.counts:
        raise refusal(query.source, "SELECT * is not valid with JOIN. Name the collections to return.")
    if (query.joins or query.pattern) and not any(path.texts[-1].lower() == "$dtid" for path in paths(query.where)):
        # Documented as required: `$dtid` finds nothing, though Microsoft's own examples have it.
        raise refusal(query.source, "a query with JOIN or MATCH must filter by the $dtId of at least one twin.")


def _check_limits(query: Query) -> None:
    parts = list(conditions(query.where))
    logic = sum(len(part.conditions) - 1 for part in parts if isinstance(part, AllOf | AnyOf))
    items = max((len(part.values) for part in parts if isinstance(part, Membership)), default=0)
    steps = query.pattern.steps if query.pattern else ()
    for broken, problem in (
        (len(query.joins) > JOIN_LIMIT, f"a query has at most {JOIN_LIMIT} JOINs."),
        (logic > LOGIC_LIMIT, f"a query has at most {LOGIC_LIMIT} AND and OR operators."),
        (items > ITEM_LIMIT, f"IN and NIN take at most {ITEM_LIMIT} values."),
        (query.top is not None and len(str(query.top)) > TOP_DIGITS, f"TOP takes at most {TOP_DIGITS} digits."),
        (any(step.most > HOP_LIMIT for step in steps), f"MATCH goes at most {HOP_LIMIT} hops."),
        (any(not 1 <= step.fewest <= step.most for step in steps), "the number of hops in MATCH is not valid."),
        (
            any(step.variable and step.most > 1 for step in steps),
            "a relationship variable in MATCH is only supported for a single hop.",
        ),
    ):
        if broken:
            raise refusal(query.source, problem)


def _check_names(query: Query) -> None:
    """Check that names aren't reserved words, and that JOIN starts from something known."""
    known = {query.alias.text} if query.alias else set[str]()
    for join in query.joins:
        if join.source.text not in known:
            raise refusal(join.source, f"'{join.source}' is not a collection that FROM or an earlier JOIN names.")
        if join.target.text in known:
            raise refusal(join.target, f"'{join.target}' names two collections.")
        known.add(join.target.text)
    for name in _names(query):
        if not name.escaped and name.text.upper() in RESERVED:
            raise refusal(name, f"no viable alternative at input '{name}'")


def _names(query: Query) -> Iterator[Name]:
    yield from filter(None, (query.alias, *(projection.alias for projection in query.projections)))
    for join in query.joins:
        yield from filter(None, (join.target, join.source, join.variable))
    if query.pattern:
        yield from filter(None, (*query.pattern.nodes, *(step.variable for step in query.pattern.steps)))
    for path in (*(projection.path for projection in query.projections), *paths(query.where)):
        yield path.names[0]


def _check_conditions(where: Condition | None) -> None:
    for part in conditions(where):
        if not isinstance(part, Call):
            continue
        function = FUNCTIONS.get(part.name.text.upper())
        if function is None:
            raise refusal(part.name, f"no viable alternative at input '{part.name}'")
        if not function.accepts(part.arguments):
            raise refusal(part.name, f"the arguments of {part.name.text.upper()} are not valid.")
