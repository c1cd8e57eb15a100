"""Queries answer as a second reading of the language does: no shortcuts, no compiling, all combinations tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.data_plane.twin_graph import TwinGraph

from .sample_graphs import ROOM, ask, graph

VALUES = st.sampled_from([0, 1, 1.0, True, False, "0", "a", "ab", None])
TWINS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.dictionaries(st.sampled_from(["p", "q"]), VALUES, max_size=2),
    min_size=1,
)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def written(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def terms(collections: list[str]) -> st.SearchStrategy[tuple[Any, ...]]:
    def path(*names: str) -> st.SearchStrategy[tuple[str, str]]:
        return st.tuples(st.sampled_from(collections), st.sampled_from(names))

    anywhere, texts = path("p", "q", "$dtId"), st.sampled_from(["a", "b", ""])
    checks = st.sampled_from(["IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_BOOL", "IS_STRING"])
    simple = st.one_of(
        st.tuples(st.just("compare"), anywhere, st.sampled_from(["=", "!=", *OPERATORS]), VALUES),
        st.tuples(st.just("in"), anywhere, st.lists(VALUES, min_size=1, max_size=3), st.booleans()),
        st.tuples(st.just("is"), anywhere, checks),
        st.tuples(st.just("text"), anywhere, st.sampled_from(["STARTSWITH", "ENDSWITH", "CONTAINS"]), texts),
        st.tuples(st.just("compare"), path("$dtId"), st.just("="), st.sampled_from(["a", "b"])),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner),
            st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        ),
        max_leaves=5,
    )


def text_of(term: tuple[Any, ...]) -> str:
    kind, *rest = term
    if kind == "not":
        return f"NOT ({text_of(rest[0])})"
    if kind in ("and", "or"):
        return f"({text_of(rest[0])}) {kind.upper()} ({text_of(rest[1])})"
    path = ".".join(rest[0])
    if kind == "compare":
        return f"{path} {rest[1]} {written(rest[2])}"
    if kind == "in":
        return f"{path} {'NIN' if rest[2] else 'IN'} [{', '.join(map(written, rest[1]))}]"
    return f"{rest[1]}({path})" if kind == "is" else f"{rest[1]}({path}, '{rest[2]}')"


def kind_of(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "number" if isinstance(value, int | float) else type(value).__name__


def verdict(term: tuple[Any, ...], row: dict[str, Any]) -> bool | None:
    kind, *rest = term
    if kind == "not":
        inner = verdict(rest[0], row)
        return None if inner is None else not inner
    if kind in ("and", "or"):
        both = [verdict(rest[0], row), verdict(rest[1], row)]
        decisive = kind == "or"
        undecided = None if None in both else not decisive
        return decisive if decisive in both else undecided
    collection, name = rest[0]
    present, value = name in row[collection], row[collection].get(name)
    if kind == "is":
        checks = {"IS_DEFINED": "", "IS_NULL": "NoneType", "IS_NUMBER": "number", "IS_BOOL": "bool", "IS_STRING": "str"}
        return present and checks[rest[1]] in ("", kind_of(value))
    if not present:
        return None
    if kind == "text":
        work = {"STARTSWITH": str.startswith, "ENDSWITH": str.endswith, "CONTAINS": str.__contains__}[rest[1]]
        return bool(work(value, rest[2])) if isinstance(value, str) else None
    if kind == "in":
        negated: bool = rest[2]
        return any(kind_of(value) == kind_of(one) and value == one for one in rest[1]) != negated
    sign, other = str(rest[1]), rest[2]
    same = kind_of(value) == kind_of(other)
    if sign in ("=", "!="):
        return bool(same and value == other) == (sign == "=")
    return bool(OPERATORS[sign](value, other)) if same and value is not None else None


def built(twins: dict[str, dict[str, Any]], edges: list[tuple[str, str, str]]) -> TwinGraph:
    return graph(
        {name: (ROOM, properties) for name, properties in twins.items()},
        *((source, kind, target, {}) for source, kind, target in edges if source in twins and target in twins),
    )


EDGES = st.lists(st.tuples(*(st.sampled_from(part) for part in ("abcd", "xy", "abcd"))), max_size=4)


@settings(deadline=None, max_examples=100)
@given(twins=TWINS, term=terms(["T"]))
def test_filters_against_a_naive_reading(twins: dict[str, dict[str, Any]], term: tuple[Any, ...]) -> None:
    made = built(twins, [])
    found = [item["$dtId"] for item in ask(f"SELECT * FROM digitaltwins T WHERE {text_of(term)}", made)]
    assert found == [name for name in sorted(twins) if verdict(term, {"T": made.twins[name]}) is True]


@settings(deadline=None, max_examples=100)
@given(twins=TWINS, edges=EDGES, term=terms(["T", "U"]))
def test_joins_against_a_naive_reading(
    twins: dict[str, dict[str, Any]], edges: list[tuple[str, str, str]], term: tuple[Any, ...]
) -> None:
    made = built(twins, edges)
    condition = f"({text_of(term)}) AND T.$dtId != 'nobody'"
    found = ask(f"SELECT T.$dtId AS t, U.$dtId AS u FROM digitaltwins T JOIN U RELATED T.x WHERE {condition}", made)
    expected = [
        (one["$sourceId"], one["$targetId"])
        for one in made.relationships.values()
        if one["$relationshipName"] == "x"
        and verdict(term, {"T": made.twins[one["$sourceId"]], "U": made.twins[one["$targetId"]]}) is True
    ]
    assert sorted((row["t"], row["u"]) for row in found) == sorted(expected)


def walks(made: TwinGraph, hops: range, direction: str) -> Iterator[tuple[str, str]]:
    """All pairs of twins between which some sequence of different relationships of the right length leads."""
    for length in hops:
        for sequence in permutations(made.relationships.values(), length):
            starts = {(one["$sourceId"], one["$targetId"]) for one in sequence[:1]}
            if direction != "right":
                starts = {(b, a) for a, b in starts} | (starts if direction == "either" else set())
            for start, at in starts:
                here: set[str] = {at}
                for one in sequence[1:]:
                    ends = [(one["$sourceId"], one["$targetId"])]
                    if direction != "right":
                        ends = [(b, a) for a, b in ends] + (ends if direction == "either" else [])
                    here = {b for a, b in ends if a in here}
                yield from ((start, end) for end in here)


@settings(deadline=None, max_examples=100)
@given(
    twins=TWINS,
    edges=EDGES,
    term=terms(["A", "B"]),
    direction=st.sampled_from(["right", "left", "either"]),
    hops=st.sampled_from([("*1", range(1, 2)), ("*2", range(2, 3)), ("*..3", range(1, 4)), ("*1..3", range(2, 4))]),
)
def test_patterns_against_a_naive_reading(
    twins: dict[str, dict[str, Any]],
    edges: list[tuple[str, str, str]],
    term: tuple[Any, ...],
    direction: str,
    hops: tuple[str, range],
) -> None:
    made = built(twins, edges)
    arrow = {"right": "-[{}]->", "left": "<-[{}]-", "either": "-[{}]-"}[direction].format(hops[0])
    condition = f"({text_of(term)}) AND A.$dtId != 'nobody'"
    found = ask(f"SELECT A.$dtId AS a, B.$dtId AS b FROM digitaltwins MATCH (A){arrow}(B) WHERE {condition}", made)
    expected = {
        pair
        for pair in walks(made, hops[1], direction)
        if verdict(term, {"A": made.twins[pair[0]], "B": made.twins[pair[1]]}) is True
    }
    assert sorted((row["a"], row["b"]) for row in found) == sorted(expected)
