"""What leaves the board as a file or a page to print: the table, the participation summary, the hand-outs."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined

from ..exercises import NAMES
from .settings import Settings, title_of

_SOLUTION = 4
"""As many hints mean that the solution was shown."""


@cache
def _pages() -> Environment:
    return Environment(loader=PackageLoader(__package__, "pages"), autoescape=True, undefined=StrictUndefined)


def render(name: str, **values: Any) -> str:
    """Fill in a page."""
    return _pages().get_template(name).render(**values)


def qr_code(text: str) -> str:
    """Return a QR code as a data address of an image."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2, light="white"))


def qr_lines(text: str) -> str:
    """Return a QR code for a terminal."""
    out = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()


def as_csv(snapshot: dict[str, Any]) -> str:
    """Return the table as CSV: a line for each learner, two columns for each step or exercise."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = [one["place"] for one in snapshot["columns"]]
    writer.writerow(["learner", "left", *(part for one in columns for part in (one, f"{one} error"))])
    for row in snapshot["learners"]:
        cells = [row["cells"].get(one, {}) for one in columns]
        parts = [str(cell.get(part, "")) for cell in cells for part in ("state", "error")]
        writer.writerow([_no_formula(row["name"]), "yes" if row["left"] else "", *parts])
    return out.getvalue()


def _no_formula(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{name}" if name[:1] in "=+-@" else name


def handouts_page(
    settings: Settings,
    title: str,
    address: str,
    *,
    codes: Mapping[str, str] = MappingProxyType({}),
    served: bool = False,
) -> str:
    """Return the hand-outs as a page to print: one for each name, or one for anybody.

    `codes` are sign-in codes by lower-case name, for a class in the browser.
    """
    plan = [(name, title_of(name) if name in NAMES else name) for name in settings.plan]
    values = {
        "codes": codes,
        "names": settings.names or ("",),
        "plan": plan,
        "qr": qr_code(address),
        "css": _css(served),
    }
    return render("handout.html", title=title, address=address, **values)


def summary_page(snapshot: dict[str, Any], *, served: bool = False) -> str:
    """Return the participation summary as a page to print."""
    day = datetime.fromtimestamp(snapshot["opened"], UTC).date().isoformat()
    learners = [_learner(one) for one in snapshot["learners"]]
    columns = [_column(one, snapshot["learners"]) for one in snapshot["columns"]]
    return render(
        "summary.html", title=snapshot["title"], day=day, learners=learners, columns=columns, css=_css(served)
    )


def _learner(row: dict[str, Any]) -> dict[str, Any]:
    cells = row["cells"].values()
    done = sum(cell["state"] == "done" for cell in cells)
    hints = sum(min(cell["hints"], _SOLUTION - 1) for cell in cells)
    return {"name": row["name"], "done": done, "hints": hints, "left": row["left"]}


def _column(column: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    cells = [row["cells"][column["place"]] for row in rows if column["place"] in row["cells"]]
    troubles = Counter(error for cell in cells for error in cell["troubles"])
    return {
        "title": column["title"],
        "begun": len(cells),
        "done": sum(cell["state"] == "done" for cell in cells),
        "solution": sum(cell["hints"] == _SOLUTION for cell in cells),
        "trouble": ", ".join(f"{error} ({count})" for error, count in troubles.most_common(2)),
    }


def _css(served: bool) -> str:
    """Return the stylesheet for a file of its own. A page that the board serves links to it."""
    return "" if served else (files(__package__) / "pages" / "print.css").read_text("utf-8")
