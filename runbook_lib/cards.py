"""How a result looks: one HTML card in JupyterLab, the same facts as stable plain text everywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Tone = Literal["good", "warning", "bad", "neutral"]

# A saved notebook that is not trusted loses <style>, ids and var(...) but keeps plain inline styles, and any change of
# a stylesheet would change every committed output. So: inline, few, and with inherited text colours for both themes.
_EDGE: Mapping[Tone, str] = {"good": "#2e7d32", "warning": "#b26a00", "bad": "#c62828", "neutral": "#1565c0"}
_MARK: Mapping[Tone, str] = {"good": "✓", "warning": "!", "bad": "✗", "neutral": "•"}
_CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0;white-space:pre-line"


@dataclass(frozen=True)
class Table:
    """A small table with a heading row. Cells are plain text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    def text(self) -> str:
        """Render with aligned columns."""
        widths = [max(len(line[i]) for line in (self.columns, *self.rows)) for i in range(len(self.columns))]
        lines = [self.caption] if self.caption else []
        for row in (self.columns, *self.rows):
            lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return "\n".join(lines)

    def html(self) -> str:
        """Render as a semantic table."""
        caption = f'<caption style="text-align:left;padding:6px 0 2px">{escape(self.caption)}</caption>' if self.caption else ""
        head = "".join(f'<th scope="col" style="{_CELL}">{escape(c)}</th>' for c in self.columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in self.rows
        )
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class Card:
    """What a result shows: a title, named values, tables, and sentences."""

    title: str
    tone: Tone = "neutral"
    rows: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Render as plain text that is the same for the same facts: no times, no colours."""
        width = max((len(name) for name, _ in self.rows), default=0)
        lines = [f"{_MARK[self.tone]} {self.title}"]
        lines += [f"  {name.ljust(width)}  {value}".rstrip() for name, value in self.rows]
        for table in self.tables:
            lines += ["", *("  " + line for line in table.text().splitlines())]
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)

    def html(self) -> str:
        """Render as an HTML card."""
        rows = "".join(
            f'<tr><th scope="row" style="{_CELL}">{escape(name)}</th><td style="{_CELL}">{escape(value)}</td></tr>'
            for name, value in self.rows
        )
        parts = [f"<strong>{_MARK[self.tone]} {escape(self.title)}</strong>"]
        parts += [f"<table><tbody>{rows}</tbody></table>"] if rows else []
        parts += [table.html() for table in self.tables]
        parts += [f'<p style="margin:4px 0">{escape(note)}</p>' for note in self.notes]
        return f'<div style="border-left:4px solid {_EDGE[self.tone]};padding:4px 0 4px 14px;margin:4px 0">{"".join(parts)}</div>'


class Shown:
    """Base of everything that shows itself as a card, in a notebook and in print alike."""

    def card(self) -> Card:
        """Return what to show."""
        raise TypeError(f"{type(self).__name__} does not say what it shows")

    def __str__(self) -> str:
        return self.card().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        card = self.card()
        return {"text/plain": card.text(), "text/html": card.html()}
