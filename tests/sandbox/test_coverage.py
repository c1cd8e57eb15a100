"""The sandbox's README: its generated parts are up to date, no route is without a witness, and the witnesses exist."""

from __future__ import annotations

from tests.sandbox import coverage, modelled_notes

PAGE = coverage.PAGE.read_text("utf-8")
KNOWN = coverage.claims(PAGE)
AGAIN = "run: python -m tests.sandbox.coverage"


def test_every_route_of_the_code_is_on_the_page_as_it_is() -> None:
    assert coverage.coverage(KNOWN) in PAGE, AGAIN


def test_no_route_is_without_a_witness() -> None:
    missing = [row.start for host in coverage.HOSTS for row in coverage.rows(host) if row.start not in KNOWN]
    nobody = [start for start, (witness, _) in KNOWN.items() if witness == coverage.NOBODY]
    assert missing + nobody == [], AGAIN


def test_every_witness_is_a_test() -> None:
    gone = {witness for witness, _ in KNOWN.values() if not coverage.exists(witness)}
    assert gone == set(), AGAIN


def test_every_remark_of_the_code_is_on_the_page() -> None:
    assert modelled_notes.table() in PAGE, f"{AGAIN} keep"


# ---- the tools themselves --------------------------------------------------------------------------------------------

SOURCE = '''"""A module. Modelled: its words."""
LENGTH = 3
"""Seconds. Modelled."""


def answer():
    """Answer."""
    # Modelled: the text
    # of this answer.
    return 1


def other():
    """Say nothing of the kind."""
'''


def test_remarks_are_found_with_the_name_of_what_they_are_about() -> None:
    assert list(modelled_notes.remarks(SOURCE)) == [
        ("", "A module. Modelled: its words."),
        ("LENGTH", "Seconds. Modelled."),
        ("answer", "Modelled: the text of this answer."),
    ]


def test_of_a_long_text_only_the_sentences_that_say_so_are_taken() -> None:
    long = "A sentence that goes on for a while and says what the thing is good for, and for whom. " * 3
    assert list(modelled_notes.remarks(f'"""{long}Modelled: the rest. End."""')) == [("", "Modelled: the rest.")]


def test_the_most_convincing_witness_is_chosen_and_of_those_the_most_special() -> None:
    route = "data GET /models/{id}"
    many = {f"data GET /x{number}": {"recording": ["tests/sandbox/test_a.py::test_all"]} for number in range(3)}
    seen = {
        "own client": ["tests/sandbox/test_o.py::test_own"],
        "recording": [
            "tests/sandbox/test_a.py::test_all",
            "tests/sandbox/test_b.py::test_one[5]",
        ],
    }
    found = coverage.chosen({route: seen, **many})
    assert list(found.values()) == [("`test_b.py::test_one`", "recording")]
    assert coverage.chosen({route: {"own client": seen["own client"]}}).popitem()[1][1] == "own client"


def test_a_witness_that_is_no_test_does_not_exist() -> None:
    assert coverage.exists("`test_coverage.py::test_a_witness_that_is_no_test_does_not_exist`")
    assert not coverage.exists("`test_coverage.py::test_gone`")
    assert not coverage.exists("`test_gone.py::test_a`")
