"""The query language's grammar: what is taken, and what a refused query is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.data_plane.errors import DataPlaneError
from runbook_lib.sandbox.data_plane.graph_errors import EventRouteFilterInvalid, SqlQueryError
from runbook_lib.sandbox.data_plane.query.parsing import RESERVED, check_filter, parse

TAKEN = r"""
select * from DIGITALTWINS
SELECT * FROM digitaltwins AS T
SELECT TOP (5) FROM digitaltwins
SELECT TOP(5) * FROM digitaltwins
SELECT TOP(5) T.name AS label, T FROM digitaltwins T
SELECT COUNT ( ) FROM relationships r WHERE r.$sourceId IN ['a', 'b']
SELECT name, age FROM digitaltwins
SELECT T.$metadata.$model AS kind FROM digitaltwins T
SELECT * FROM digitaltwins WHERE a = 1 AND b != 'x' OR NOT c <= -2.5e3 AND (d > 1 OR e >= 2)
SELECT * FROM digitaltwins T WHERE T. Temperature > 72
SELECT * FROM digitaltwins WHERE owner NIN ['a', 'b']
SELECT * FROM digitaltwins WHERE x = null OR y = TRUE OR z = false
SELECT * FROM digitaltwins WHERE 80 < temperature
SELECT * FROM digitaltwins WHERE joinDate = 'x' AND match = 1 AND top1 = 2 AND related = 3
SELECT T.match, T.count, T.group FROM digitaltwins T
SELECT * FROM digitaltwins WHERE [[Group]] = 'BravoTeam' AND tags.[[my tag]] = 1
SELECT * FROM digitaltwins WHERE name = 'it\'s' OR name = "double"
SELECT * FROM digitaltwins WHERE is_of_model('dtmi:a;1') AND Is_Of_Model('dtmi:a;1', Exact)
SELECT * FROM digitaltwins T WHERE IS_OF_MODEL(T, 'dtmi:a;1') AND IS_OF_MODEL(T, 'dtmi:a;1', exact)
SELECT * FROM digitaltwins WHERE STARTS_WITH(a, 'x') AND ENDS_WITH(a, 'y') AND STARTSWITH(a, 'z')
SELECT A, B, R FROM digitaltwins A JOIN B RELATED A.contains R WHERE A.$dtId = 'a'
SELECT A, B FROM digitaltwins A JOIN B RELATED A.match AS R JOIN C RELATED B.contains WHERE C.$dtId IN ['a']
SELECT A FROM digitaltwins MATCH (A) WHERE A.$dtId = 'a'
SELECT A FROM digitaltwins MATCH (A)-[]->()<-[r]-(B)-[:x|y]-(C) WHERE A.$dtId = 'a'
SELECT A FROM digitaltwins MATCH (A)-[:x*3]->(B)-[*1..3]-(C)-[*..10]-(D)<-[x|y*..3]-(E) WHERE A.$dtId = 'a'
SELECT A FROM digitaltwins MATCH (A) - [ r : x ] - > (B) < - [ ] - (C) WHERE A.$dtId = 'a'
SELECT space FROM DigitalTwins space JOIN device RELATED space.has WHERE space.$dtid = 'x' AND has.role = 'y'
""".strip().splitlines()


@pytest.mark.parametrize("text", [*TAKEN, "SELECT *\nFROM\n\tdigitaltwins\r\nWHERE\n a = 1"])
def test_taken(text: str) -> None:
    assert parse(text).source.text.lower() in ("digitaltwins", "relationships")


@pytest.mark.parametrize(
    ("text", "line", "position", "problem"),
    [
        ("foo", 1, 0, "missing SELECT at 'foo'"),
        ("", 1, 0, "mismatched input '<EOF>' expecting SELECT"),
        ("SELECT", 1, 6, "mismatched input '<EOF>' expecting {'*', COUNT, ID, TOP}"),
        ("SELECT * FROM twins", 1, 14, "mismatched input 'twins' expecting {DIGITALTWINS, RELATIONSHIPS}"),
        ("SELECT *\nFROM\n  twins", 3, 2, "mismatched input 'twins' expecting {DIGITALTWINS, RELATIONSHIPS}"),
        ("SELECT * digitaltwins", 1, 9, "missing FROM at 'digitaltwins'"),
        ("SELECT * FROM digitaltwins; DROP", 1, 26, "token recognition error at: ';'"),
        ("SELECT * FROM digitaltwins T U", 1, 29, "mismatched input 'U' expecting {<EOF>, JOIN, MATCH, WHERE}"),
        ("SELECT * FROM digitaltwins\nWHERE", 2, 5, "mismatched input '<EOF>' expecting {'('"),
        ("SELECT * FROM digitaltwins\nWHERE a", 2, 7, "mismatched input '<EOF>' expecting {'(', '.', IN,"),
        ("SELECT * FROM digitaltwins WHERE a = 'x", 1, 37, "token recognition error at: '''"),
        ("SELECT * FROM digitaltwins WHERE a == 1", 1, 36, "mismatched input '=' expecting"),
        ("SELECT * FROM digitaltwins WHERE a IN []", 1, 39, "mismatched input ']' expecting"),
        ("SELECT TOP 3 * FROM digitaltwins", 1, 11, "mismatched input '3' expecting '('"),
        ("SELECT TOP(x) * FROM digitaltwins", 1, 11, "mismatched input 'x' expecting NUMBER"),
        ("SELECT COUNT(*) FROM digitaltwins", 1, 13, "mismatched input '*' expecting ')'"),
        ("SELECT * FROM 'digitaltwins'", 1, 14, "mismatched input ''digitaltwins'' expecting ID"),
        ("SELECT * FROM (SELECT * FROM digitaltwins)", 1, 14, "mismatched input '(' expecting ID"),
        ("SELECT * FROM digitaltwins WHERE tags[0] = 1", 1, 37, "mismatched input '[' expecting"),
        ("SELECT * FROM digitaltwins WHERE group = 1", 1, 33, "no viable alternative at input 'group'"),
        ("SELECT * FROM digitaltwins WHERE LOWER(a) = 1", 1, 42, "mismatched input '=' expecting"),
        ("SELECT * FROM digitaltwins WHERE LOWER(a)", 1, 33, "no viable alternative at input 'LOWER'"),
        ("SELECT * FROM digitaltwins WHERE IS_DEFINED('a')", 1, 33, "the arguments of IS_DEFINED are not valid."),
        ("SELECT * FROM digitaltwins WHERE CONTAINS(a)", 1, 33, "the arguments of CONTAINS are not valid."),
        ("SELECT * FROM digitaltwins WHERE IS_OF_MODEL(a)", 1, 33, "the arguments of IS_OF_MODEL are not valid."),
        ("SELECT * FROM digitaltwins T JOIN X RELATED T.a WHERE T.$dtId='a'", 1, 14, "SELECT * is not valid"),
        ("SELECT X FROM digitaltwins T JOIN X RELATED T.a WHERE T.b = 1", 1, 14, "must filter by the $dtId"),
        ("SELECT X FROM digitaltwins MATCH (X)-[]-(Y)", 1, 14, "must filter by the $dtId"),
        ("SELECT X FROM relationships T JOIN X RELATED T.a WHERE T.$dtId = 'a'", 1, 14, "start from DIGITALTWINS"),
        ("SELECT X FROM digitaltwins T JOIN X RELATED Y.a WHERE T.$dtId = 'a'", 1, 44, "'Y' is not a collection"),
        ("SELECT T FROM digitaltwins T JOIN T RELATED T.a WHERE T.$dtId = 'a'", 1, 34, "'T' names two collections."),
        ("SELECT X FROM digitaltwins MATCH (X)-[*11]-(Y) WHERE X.$dtId = 'a'", 1, 14, "at most 10 hops"),
        ("SELECT X FROM digitaltwins MATCH (X)-[*3..3]-(Y) WHERE X.$dtId = 'a'", 1, 14, "number of hops"),
        ("SELECT X FROM digitaltwins MATCH (X)-[r*2]-(Y) WHERE X.$dtId = 'a'", 1, 14, "only supported for"),
        ("SELECT X FROM digitaltwins MATCH (X)<-[]->(Y) WHERE X.$dtId = 'a'", 1, 41, "mismatched input '>' expecting"),
        (f"SELECT TOP({'9' * 5000}) FROM digitaltwins", 1, 5018, "TOP takes at most 9 digits"),
    ],
)
def test_refused_where_it_goes_wrong(text: str, line: int, position: int, problem: str) -> None:
    with pytest.raises(SqlQueryError) as caught:
        parse(text)
    assert (
        f"SQL query parse failed: SQL Parser Error, Line={line}, Position={position}, Message=" in caught.value.message
    )
    assert problem in caught.value.problem
    assert caught.value.message.endswith(" See samples in https://aka.ms/adtv2query for the correct syntax.")


@pytest.mark.parametrize(
    ("text", "limit", "problem"),
    [
        ("SELECT * FROM digitaltwins WHERE a = 1{}", " AND a = 1", "at most 50 AND and OR"),
        ("SELECT * FROM digitaltwins WHERE (a = 1{}) OR b = 2", " OR NOT a = 1", "at most 50 AND and OR"),
        ("SELECT * FROM digitaltwins WHERE a IN ['x'{}]", ", 'x'", "at most 50 values"),
        ("SELECT * FROM digitaltwins WHERE a NIN ['x'{}]", ", 'x'", "at most 50 values"),
    ],
)
def test_limits(text: str, limit: str, problem: str) -> None:
    parse(text.format(limit * 49))
    with pytest.raises(SqlQueryError, match=problem):
        parse(text.format(limit * 51))


def test_a_query_has_five_joins_and_8000_characters_at_most() -> None:
    def chain(length: int) -> str:
        joins = " ".join(f"JOIN T{number + 1} RELATED T{number}.contains" for number in range(length))
        return f"SELECT T1 FROM digitaltwins T0 {joins} WHERE T0.$dtId = 'a'"

    assert len(parse(chain(5)).joins) == 5
    with pytest.raises(SqlQueryError, match="at most 5 JOINs"):
        parse(chain(6))
    parse("SELECT * FROM digitaltwins".ljust(8000))
    with pytest.raises(SqlQueryError, match="longer than 8000"):
        parse("SELECT * FROM digitaltwins".ljust(8001))


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_reserved_words_are_names_in_double_square_brackets_only(word: str) -> None:
    parse(f"SELECT * FROM digitaltwins WHERE [[{word}]] = 'x'")
    with pytest.raises(SqlQueryError):
        parse(f"SELECT {word} FROM digitaltwins")


@pytest.mark.parametrize("text", ["NOT " * 1900 + "a = 1", "(" * 3900 + "a = 1" + ")" * 3900])
def test_deep_texts_are_read(text: str) -> None:
    assert parse(f"SELECT * FROM digitaltwins WHERE {text}").where is not None


WORDS = (
    "SELECT * TOP ( 3 ) COUNT FROM digitaltwins relationships T WHERE T.a = != < 'x' 1 AND OR NOT IN [ ] , JOIN RELATED"
    " MATCH -[ ]-> ]- <-[ : | .. $dtId IS_DEFINED IS_OF_MODEL [[a]] null true ; ' \" é \\"
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=12))
def test_whatever_is_not_understood_is_refused_in_the_services_words(words: list[str]) -> None:
    for text in (" ".join(words), "SELECT * FROM digitaltwins " + " ".join(words)):
        try:
            parse(text)
        except DataPlaneError as error:
            assert error.code == "SqlQueryError"


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "FALSE",
        "type = 'Microsoft.DigitalTwins.Twin.Create'",
        "$eventType = 'a' or $body.$metadata.$model = 'b'",
    ],
)
def test_filters_of_event_routes(text: str) -> None:
    check_filter(text)


@pytest.mark.parametrize("text", ["", "maybe", "type =", "SELECT * FROM digitaltwins", "LOWER(type)", "a = 1 " * 2000])
def test_filters_that_are_none(text: str) -> None:
    with pytest.raises(EventRouteFilterInvalid):
        check_filter(text)
