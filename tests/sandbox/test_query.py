"""The query language: what an empty graph can answer is answered, everything else is refused with its place."""

from __future__ import annotations

import pytest

from runbook_lib.sandbox.data_plane.errors import SqlQueryError
from runbook_lib.sandbox.data_plane.query import Query, parse


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT * FROM digitaltwins", Query("digitaltwins")),
        ("select * from DIGITALTWINS", Query("digitaltwins")),
        ("SELECT * FROM digitaltwins T", Query("digitaltwins")),
        ("SELECT * FROM digitaltwins AS T ", Query("digitaltwins")),
        ("SELECT *\nFROM relationships", Query("relationships")),
        ("SELECT COUNT() FROM digitaltwins", Query("digitaltwins", counts=True)),
        ("SELECT COUNT ( ) FROM relationships r", Query("relationships", counts=True)),
        ("SELECT TOP(3) * FROM digitaltwins", Query("digitaltwins", top=3)),
        ("SELECT TOP (10) FROM digitaltwins", Query("digitaltwins", top=10)),
    ],
)
def test_understood(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "line", "position", "problem"),
    [
        ("foo", 1, 0, "missing SELECT at 'foo'"),
        ("", 1, 0, "mismatched input '<EOF>' expecting SELECT"),
        ("SELECT", 1, 6, "mismatched input '<EOF>' expecting '*'"),
        ("SELECT * FROM twins", 1, 14, "mismatched input 'twins' expecting {DIGITALTWINS, RELATIONSHIPS}"),
        ("SELECT *\nFROM\n  twins", 3, 2, "mismatched input 'twins' expecting {DIGITALTWINS, RELATIONSHIPS}"),
        ("SELECT * digitaltwins", 1, 9, "mismatched input 'digitaltwins' expecting FROM"),
        ("SELECT * FROM digitaltwins; DROP", 1, 26, "mismatched input ';' expecting <EOF>"),
        ("SELECT * FROM digitaltwins T U", 1, 29, "mismatched input 'U' expecting <EOF>"),
        ("SELECT * FROM digitaltwins AS WHERE", 1, 30, "the sandbox does not simulate WHERE yet: it works on Azure."),
        ("SELECT TOP 3 * FROM digitaltwins", 1, 11, "mismatched input '3' expecting '('"),
        ("SELECT TOP(x) * FROM digitaltwins", 1, 11, "mismatched input 'x' expecting a number"),
        (f"SELECT TOP({'9' * 5000}) * FROM digitaltwins", 1, 11, "TOP takes a number of at most 9 digits"),
        ("SELECT COUNT(*) FROM digitaltwins", 1, 13, "mismatched input '*' expecting ')'"),
        ("SELECT * FROM 'digitaltwins'", 1, 14, "mismatched input ''digitaltwins'' expecting"),
    ],
)
def test_refused_where_it_goes_wrong(text: str, line: int, position: int, problem: str) -> None:
    with pytest.raises(SqlQueryError) as caught:
        parse(text)
    assert f"SQL Parser Error, Line={line}, Position={position}, Message={problem}" in caught.value.message
    assert caught.value.message.endswith(" See samples in https://aka.ms/adtv2query for the correct syntax.")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("SELECT * FROM digitaltwins WHERE $dtId = 'a'", "WHERE"),
        ("SELECT * FROM digitaltwins T JOIN R RELATED T.contains", "JOIN"),
        ("SELECT * FROM digitaltwins MATCH (a)-[]-(b)", "MATCH"),
        ("SELECT T.name FROM digitaltwins T", "projections"),
    ],
)
def test_what_only_azure_understands_is_said_to_be_so(text: str, word: str) -> None:
    with pytest.raises(SqlQueryError, match=f"the sandbox does not simulate {word} yet"):
        parse(text)


def test_a_query_is_not_longer_than_the_service_takes() -> None:
    parse("SELECT * FROM digitaltwins".ljust(8000))
    with pytest.raises(SqlQueryError, match="longer than 8000"):
        parse("SELECT * FROM digitaltwins".ljust(8001))
