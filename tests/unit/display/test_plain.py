"""No text from a value steers a terminal, reorders a line, or looks like a line of ours."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.display.cards import Card, Listing, Table
from runbook_lib.display.drawing import Drawing, Edge, Node
from runbook_lib.display.plain import one_line, quoted, unsafe_characters, visible
from runbook_lib.errors import AzureRefused

HOSTILE = "a\x1b]0;x\x07\x9b31m\u202eb\u2066c\u200f\x00\r\x08\ufeff\udcff\u2028d"


def everything_of(text: str) -> list[str]:
    """Show a text in every place of every kind of card, as text and as HTML."""
    blocks = (Table((text, text), ((text, text),), text), Listing(text, text), Listing(text, text, folded=True))
    cards = [Card(text, "bad", [(text, text)], blocks, [text], blocks), AzureRefused(text, who=text, code=text).card()]
    drawing = Drawing(text, (Node(text, text), Node("b", text)), (Edge(text, text, "b"), Edge("b", text, text)))
    return [*(shown for card in cards for shown in (card.text(), card.html())), drawing.text(), drawing.html()]


def test_nothing_hostile_is_shown_anywhere() -> None:
    for shown in everything_of(HOSTILE):
        assert unsafe_characters(shown.replace("\n", "").replace("\t", "")) == []
        assert "\\x1b" in shown


@given(st.text(max_size=40))
def test_no_text_can_steer_a_terminal(text: str) -> None:
    for shown in (visible(text), one_line(text), quoted(text)):
        assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one not in "\n\t"]
        shown.encode("utf-8")
    assert "\n" not in one_line(text)


@pytest.mark.parametrize("text", ["büro ✓ 日本 مرحبا", "👩‍🔧 team", "line\n\tindented", "~!@#$%^&*()", ""])
def test_ordinary_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_line_break_in_a_name_makes_no_line_of_its_own() -> None:
    fake = "x\n✓ Everything is done."
    for text in (Card(fake).text(), Card("t", "bad", [(fake, "v")]).text(), Card("t", "bad", [("n", fake)]).text()):
        assert not re.search(r"^✓ Everything", text, re.MULTILINE)


def test_long_values_are_cut() -> None:
    assert one_line("x" * 300, 10) == "xxxxxxxxxx…"
    assert quoted("x" * 300) == f"'{'x' * 40}…'"
