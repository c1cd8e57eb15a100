"""Write `notebooks/COVERAGE.md`: which part of the article is taught and proved where.

python3 -m uv run --group dev python -m tests.notebooks.coverage
"""

from __future__ import annotations

from pathlib import Path

import nbformat

from runbook_lib.guide import NOTEBOOKS
from tests.notebooks.article import NOT_YET, SECTIONS, Row

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "notebooks" / "COVERAGE.md"
ARTICLE = "https://learn.microsoft.com/azure/digital-twins/how-to-set-up-instance-portal"


def cells() -> dict[str, str]:
    """Return every cell of the guide, as number of the notebook and id, with the notebook's file name."""
    found = {}
    for notebook in (each for each in NOTEBOOKS if each.path.exists()):
        content = nbformat.read(notebook.path, as_version=4)  # type: ignore[no-untyped-call]
        for cell in content.cells:
            found[f"{notebook.name[:2]}/{cell.id}"] = notebook.path.name
    return found


def document() -> str:
    """Write the table."""
    known = cells()
    lines = [
        "<!-- Written by tests/notebooks/coverage.py; change tests/notebooks/article.py. -->",
        "# Where the guide covers the article",
        "",
        f"Every part of [the article]({ARTICLE}), the cells that teach or do it, and what proves it: tests,",
        "and checks that a step runs itself (in quotes). A test fails if one of them doesn't exist.",
    ]
    for title, rows in SECTIONS:
        lines += ["", f"## {title}", "", "| Id | The article | In the guide | Proved by |", "|---|---|---|---|"]
        lines += [_line(row, known) for row in rows]
    return "\n".join(lines) + "\n"


def _line(row: Row, known: dict[str, str]) -> str:
    if row.id in NOT_YET:
        return f"| {row.id} | {row.says} | not yet | not yet |"
    places = ", ".join(f"[{cell}]({known.get(cell, '')})" for cell in row.cell_list)
    checks = "<br>".join(check if check.startswith('"') else f"`{check}`" for check in row.check_list)
    return f"| {row.id} | {row.says} | {places} | {checks} |"


def main() -> None:
    """Write the table to its file."""
    TABLE.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
