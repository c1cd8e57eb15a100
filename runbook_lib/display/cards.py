"""How a result looks: an HTML card in JupyterLab, and the same facts as plain text everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape as escape_html
from typing import Any, Literal, Protocol

from .plain import one_line, visible

Tone = Literal["good", "warning", "bad", "neutral"]

# An untrusted saved notebook loses <style>, ids, roles and var(...) but keeps inline styles and classes. And a change
# to a stylesheet would change every committed output. So the styles are inline and few, and text inherits its color,
# which suits both themes. The classes are for the forms' stylesheet.
_EDGE: Mapping[Tone, str] = {"good": "#2e7d32", "warning": "#b26a00", "bad": "#c62828", "neutral": "#1565c0"}
_MARK: Mapping[Tone, str] = {"good": "✓", "warning": "!", "bad": "✗", "neutral": "•"}
# JupyterLab right-aligns the cells of tables.
_CELL = "text-align:left;vertical-align:top;padding:2px 16px 2px 0;white-space:pre-line"
_NAME = "text-align:left;vertical-align:top;padding:2px 16px 2px 0;font-weight:600"
_TABLE = "margin:6px 0 0;border-collapse:collapse"
_LONG_WORD = 30
"""Characters; a GUID has 36."""
_WIDEST = 120
"""Characters that a column is padded to. One long command shouldn't push what's beside it off the screen."""
# JupyterLab breaks words anywhere in <pre>.
_LISTING = "margin:4px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;word-break:normal"
_LISTING += ";padding:6px 10px;border-left:1px solid #888888;line-height:1.4"


class Block(Protocol):
    """A part of a card, which renders as text and as HTML."""

    def text(self) -> str:
        """Render as plain text."""
        ...

    def html(self) -> str:
        """Render as HTML that needs no stylesheet."""
        ...


@dataclass(frozen=True)
class Table:
    """A small table with a heading row. Cells are plain text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    def text(self) -> str:
        """Render with aligned columns. Cells can have several lines."""
        cells = [[visible(cell).splitlines() or [""] for cell in row] for row in (self.columns, *self.rows)]
        longest = (max(len(line) for row in cells for line in row[i]) for i in range(len(self.columns)))
        widths = [min(one, _WIDEST) for one in longest]
        lines = [_line(self.caption)] if self.caption else []
        for row in cells:
            for number in range(max(map(len, row))):
                parts = [cell[number] if number < len(cell) else "" for cell in row]
                lines.append("  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip())
        return "\n".join(lines)

    def html(self) -> str:
        """Render as a semantic table."""
        caption = f'<caption style="text-align:left">{escape(self.caption)}</caption>' if self.caption else ""
        head = "".join(f'<th scope="col" style="{_NAME}">{escape(column)}</th>' for column in self.columns)
        rows = "".join(f"<tr>{_cells(row)}</tr>" for row in self.rows)
        return f'<table style="{_TABLE}">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


@dataclass(frozen=True)
class Listing:
    """Code, or a request with its answer, shown exactly as it is, to read and copy."""

    title: str
    content: str
    folded: bool = False
    """True: the reader can expand it. Plain text always shows it."""
    prose: bool = False
    """True: sentences, not code."""

    def text(self) -> str:
        """Render below its title, indented."""
        return "\n".join([f"{_line(self.title)}:", *_indented([self.content])])

    def html(self) -> str:
        """Render below its title, or collapsed under it."""
        font = "inherit" if self.prose else "monospace"
        code = f'<pre style="{_LISTING};font-family:{font}">{escape(self.content)}</pre>'
        if self.folded:
            summary = f'<summary style="cursor:pointer">{escape(self.title)}</summary>'
            return f'<details style="margin:6px 0 0">{summary}{code}</details>'
        return f'<p style="margin:8px 0 0;font-weight:600">{escape(self.title)}</p>{code}'


@dataclass(frozen=True)
class Card:
    """What a result shows: a title, labeled values, tables and notes."""

    title: str
    tone: Tone = "neutral"
    rows: Sequence[tuple[str, str]] = ()
    tables: Sequence[Block] = ()
    """Tables and other blocks, below the labeled values."""
    notes: Sequence[str] = ()
    more: Sequence[Block] = ()
    """Blocks at the very end, often collapsed, because most people don't need them."""

    def text(self) -> str:
        """Render as plain text, always the same for the same facts: no times, no colors."""
        named = [(_line(name), visible(value)) for name, value in self.rows]
        width = max((len(name) for name, _ in named), default=0)
        lines = [f"{_MARK[self.tone]} {_line(self.title)}"]
        for name, value in named:
            first, *more = value.splitlines() or [""]
            lines += [f"  {name.ljust(width)}  {first}".rstrip(), *(f"  {' ' * width}  {line}" for line in more)]
        for table in self.tables:
            lines += ["", *_indented([table.text()])]
        lines += ["", *_indented(self.notes)] if self.tables and self.notes else _indented(self.notes)
        for block in self.more:
            lines += ["", *_indented([block.text()])]
        return "\n".join(lines)

    def html(self) -> str:
        """Render as an HTML card that also reads well without a stylesheet."""
        rows = "".join(
            f'<tr><th scope="row" style="{_NAME};white-space:nowrap">{escape(name)}</th>{_cells([value])}</tr>'
            for name, value in self.rows
        )
        parts = [f'<strong><span aria-hidden="true">{_MARK[self.tone]}</span> {escape(self.title)}</strong>']
        parts += [f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>'] if rows else []
        parts += [table.html() for table in self.tables]
        parts += [f'<p style="margin:6px 0 0;white-space:pre-wrap">{escape(note)}</p>' for note in self.notes]
        parts += [block.html() for block in self.more]
        style = f"border-left:4px solid {_EDGE[self.tone]};padding:4px 0 6px 14px;margin:4px 0;overflow-x:auto"
        attributes = f'class="rb-card" role="group" aria-label="{escape(self.title)}" style="{style}"'
        return f"<div {attributes}>{''.join(parts)}</div>"


class Displayable:
    """Base of everything that shows as a card, in notebooks and in print."""

    def card(self) -> Card:
        """Return what to show."""
        raise TypeError(f"{type(self).__name__} doesn't define a card")

    def __str__(self) -> str:
        return self.card().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        card = self.card()
        return {"text/plain": card.text(), "text/html": card.html()}


@dataclass(frozen=True)
class Shown(Displayable):
    """A card that shows itself."""

    shown: Card

    def card(self) -> Card:
        """Return the card."""
        return self.shown


def escape(text: str) -> str:
    """Escape text for HTML, and spell out what could reorder or hide parts of it."""
    return escape_html(visible(text))


def _line(text: str) -> str:
    """Return a title. A line break in a value must not look like a line of ours."""
    return one_line(text, 500)


def _cells(values: Iterable[str]) -> str:
    return "".join(f'<td style="{_cell_style(value)}">{escape(value)}</td>' for value in values)


def _cell_style(value: str) -> str:
    # Long ids can break anywhere, so that a card fits a narrow screen. Ordinary words never break.
    longest = max(map(len, value.split()), default=0)
    return f"{_CELL};overflow-wrap:anywhere" if longest > _LONG_WORD else _CELL


def _indented(texts: Iterable[str], by: int = 2) -> list[str]:
    return [f"{' ' * by}{line}".rstrip() for text in texts for line in visible(text).splitlines()]
