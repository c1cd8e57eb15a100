"""Graphs are drawn completely, the same each time, and can be read without seeing them."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.display.cards import Card, Listing
from runbook_lib.display.drawing import Drawing, Edge, Node

LINE = Drawing(
    "A line",
    (Node("mixer", "Machine"), Node("press", "Machine"), Node("oven", "Machine")),
    (Edge("mixer", "feeds", "press"), Edge("press", "feeds", "oven")),
)


class Boxes(HTMLParser):
    """Counts the boxes of a drawing, and checks that every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.full, self.dashed = 0, 0
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = dict(attrs).get("style") or ""
        if tag == "span" and "dashed" in style:
            self.dashed += 1
        elif tag == "span" and "border:1px" in style:
            self.full += 1
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_a_line_is_drawn_from_its_beginning() -> None:
    assert LINE.text().splitlines() == [
        "A line:",
        "  mixer (Machine)",
        "  └─ feeds → press (Machine)",
        "     └─ feeds → oven (Machine)",
    ]


def test_a_node_that_two_lead_to_has_one_box() -> None:
    nodes = tuple(Node(name, "Thing") for name in "abc")
    drawing = Drawing("", nodes, (Edge("a", "has", "b"), Edge("a", "has", "c"), Edge("b", "feeds", "c")))
    boxes = Boxes(drawing.html())
    assert (boxes.full, boxes.dashed) == (3, 1)
    assert "feeds → c (see there)" in drawing.text()
    assert "dashed" in drawing.html()


def test_circles_and_lonely_nodes_are_drawn_too() -> None:
    nodes = tuple(Node(name, "Thing") for name in "abc")
    drawing = Drawing("", nodes, (Edge("a", "next", "b"), Edge("b", "next", "a")))
    assert drawing.text().splitlines()[1:] == [
        "  c (Thing)",
        "  a (Thing)",
        "  └─ next → b (Thing)",
        "     └─ next → a (see there)",
    ]


def test_names_cannot_break_out_of_the_html() -> None:
    drawing = Drawing("<t>", (Node("<b>", "<k>"), Node("c", "")), (Edge("<b>", "<e>", "c"),))
    for name in ("<t>", "<b>", "<k>", "<e>"):
        assert name not in drawing.html()


def test_the_drawing_has_a_name_and_a_text_alternative_and_no_colours_of_its_own() -> None:
    html = LINE.html()
    assert '<figure role="group" aria-label="A line"' in html
    assert "└─ feeds → press (Machine)" in html
    assert "color:" not in html.replace("background-color:transparent", "")


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("xy"), st.integers(0, 5)), max_size=12, unique=True))
def test_every_node_and_every_arrow_is_drawn_once(lines: list[tuple[int, str, int]]) -> None:
    nodes = tuple(Node(f"n{number}", "Thing") for number in range(6))
    drawing = Drawing("", nodes, tuple(Edge(f"n{a}", name, f"n{b}") for a, name, b in lines))
    boxes = Boxes(drawing.html())
    assert boxes.full == len(nodes)
    assert drawing.text().count("(Thing)") == len(nodes)
    assert drawing.text().count("→") == len(lines)
    assert drawing.html() == Drawing("", drawing.nodes, drawing.edges).html()


def test_a_listing_keeps_its_lines_and_can_be_folded() -> None:
    listing = Listing("Code", "for x in y:\n    print(x < 1)")
    assert listing.text() == "Code:\n  for x in y:\n      print(x < 1)"
    assert "    print(x &lt; 1)" in listing.html()
    assert "<details" not in listing.html()
    assert "<details" in Listing("Code", "x", folded=True).html()
    assert "Code:" in Card("Title", tables=[listing]).text()


MARKED = Drawing(
    "A setup",
    (
        Node("s", "Subscription", "Training", holds=True),
        Node("g", "Resource group", "rg-plant", "changed", inside="s"),
        Node("i", "Instance", "plant-7", "new", inside="g"),
        Node("o", "Role", "Olivia", "blocked"),
        Node("d", "Identity", "id-old", "removed"),
    ),
    (Edge("i", "lets in", "o"), Edge("i", "acts as", "d", "removed")),
)


def test_what_lies_inside_is_drawn_inside() -> None:
    assert MARKED.text().splitlines() == [
        "A setup:",
        "  Training (Subscription)",
        "    rg-plant (Resource group) ~ changed",
        "      plant-7 (Instance) + new",
        "      ├─ lets in → Olivia (Role) ⊘ blocked",
        "      └─ acts as − removed → id-old (Identity) − removed",
    ]
    html = MARKED.html()
    assert html.index("Training") < html.index("<div", html.index("Training")) < html.index("rg-plant")
    Boxes(html)


def test_a_mark_can_be_read_in_words_and_by_the_line_around_it() -> None:
    html = MARKED.html()
    for sign, line in (("+ new", "solid"), ("~ changed", "dashed"), ("− removed", "dotted"), ("⊘ blocked", "double")):
        assert f"<strong>{sign}</strong>" in html
        assert f"px {line} #" in html
