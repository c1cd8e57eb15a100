"""Cards: the same facts as text and as HTML, without harm from what they hold."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from runbook_lib.display.cards import Card, Displayable, Listing, Table

TABLE = Table(("Result", "Check"), (("passed", "It is there"), ("not tried", "two\nlines")), "Checks")
CARD = Card(
    "The <instance> is ready",
    "good",
    [("Name", "a & b"), ("Host name", "one\ntwo")],
    [TABLE],
    ["A note."],
    [Listing("The same with the Azure CLI", "az dt show --dt-name 'a'", folded=True)],
)


class Reader(HTMLParser):
    """Reads a card as a browser without any stylesheet does."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_very_long_cell_does_not_push_its_neighbours_away() -> None:
    table = Table(("What to do", "Who"), ((f"Activate it.\n{'x' * 900}", "You."),))
    assert [len(line) for line in table.text().splitlines()] == [125, 126, 900]


def test_text_is_aligned_and_stable() -> None:
    assert CARD.text().splitlines() == [
        "✓ The <instance> is ready",
        "  Name       a & b",
        "  Host name  one",
        "             two",
        "",
        "  Checks",
        "  Result     Check",
        "  passed     It is there",
        "  not tried  two",
        "             lines",
        "",
        "  A note.",
        "",
        "  The same with the Azure CLI:",
        "    az dt show --dt-name 'a'",
    ]


@pytest.mark.parametrize(("tone", "mark"), [("good", "✓"), ("warning", "!"), ("bad", "✗"), ("neutral", "•")])
def test_tone_is_said_without_colour_too(tone: str, mark: str) -> None:
    card = Card("Title", tone)  # type: ignore[arg-type]  # the parameters are the literal's values
    assert card.text() == f"{mark} Title"
    assert mark in "".join(Reader(card.html()).texts)


def test_html_says_all_that_the_text_says() -> None:
    words = " ".join(Reader(CARD.html()).texts).split()
    assert [word for word in CARD.text().replace(":", "").split() if word not in words] == []


def test_html_survives_an_untrusted_notebook() -> None:
    """JupyterLab takes <style>, ids and CSS variables out of a notebook that is not trusted."""
    read = Reader(CARD.html())
    assert read.open == []
    assert {"style", "script"}.isdisjoint(read.tags)
    assert "id" not in dict(read.attributes)
    assert "var(" not in CARD.html()


def test_html_is_readable_by_ear() -> None:
    read = Reader(CARD.html())
    assert ("aria-label", "The <instance> is ready") in read.attributes
    assert read.attributes.count(("scope", "row")) == 2
    assert read.attributes.count(("scope", "col")) == 2
    assert "caption" in read.tags
    assert ("aria-hidden", "true") in read.attributes


def test_values_cannot_become_markup() -> None:
    hidden = Listing("<u>", '"<u>', folded=True)
    card = Card("<b>", rows=[("<i>", "<script>alert(1)</script>")], notes=["<img>"], more=[hidden])
    assert {"b", "i", "script", "img", "u"}.isdisjoint(Reader(card.html()).tags)


def test_only_long_ids_break_in_the_middle() -> None:
    read = Reader(Card("Title", rows=[("Action", "create"), ("Id", "x" * 36)]).html())
    breaking = [style for name, style in read.attributes if name == "style" and "overflow-wrap" in str(style)]
    assert len(breaking) == 1


def test_what_shows_itself_does_so_in_print_and_in_a_notebook() -> None:
    class Shows(Displayable):
        def card(self) -> Card:
            return CARD

    assert str(Shows()) == CARD.text()
    assert Shows()._repr_mimebundle_() == {"text/plain": CARD.text(), "text/html": CARD.html()}


def test_what_has_no_card_says_so() -> None:
    with pytest.raises(TypeError, match="Displayable doesn't define a card"):
        Displayable().card()
