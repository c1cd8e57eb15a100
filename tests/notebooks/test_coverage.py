"""The table of the article's coverage holds: every part has a row, and every tie leads somewhere."""

from __future__ import annotations

import ast
import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.notebooks.article import NOT_YET, ROWS, Row
from tests.notebooks.coverage import ROOT, TABLE, cells, document

IDS = [
    *("O1", "O2", "O3", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "V1", "V2", "V3", "V4"),
    *("A1", "A2", "A3", "P1", "P2", "P3", "P4", "A4", "A5", "A6", "A7", "A8"),
    *("I1", "I2", "I3", "I4", "I5", "I6", "I7", "D1", "N1", "N2"),
]
"""Every part of the article."""

tied = pytest.mark.parametrize("row", [row for row in ROWS if row.id not in NOT_YET], ids=lambda row: row.id)


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@cache
def texts_of_steps() -> frozenset[str]:
    found = set()
    for path in (ROOT / "runbook_lib" / "steps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


def test_every_part_of_the_article_has_one_row() -> None:
    assert [row.id for row in ROWS] == IDS


def test_our_list_of_parts_is_the_outlines() -> None:
    outline = Path(os.environ.get("AZURE_SPECS_DIR") or "no such folder").parent / "article" / "outline.md"
    if not outline.is_file():
        pytest.skip("the article's outline lies beside the OpenAPI files that AZURE_SPECS_DIR names; there is none")
    assert re.findall(r"^\| ([A-Z]\d+) \|", outline.read_text("utf-8"), re.MULTILINE) == IDS


def test_only_known_parts_are_not_yet_covered() -> None:
    assert set(IDS) >= NOT_YET
    assert {row.id for row in ROWS if not row.cells or not row.checks} == NOT_YET


@tied
def test_cells_are_there(row: Row) -> None:
    assert set(row.cell_list) <= set(cells())


@tied
def test_checks_are_there(row: Row) -> None:
    for check in row.check_list:
        if check.startswith('"'):
            assert check.strip('"') in texts_of_steps(), check
        else:
            name, _, test = check.partition("::")
            path = ROOT / "tests" / name
            assert path.is_file(), check
            assert test in functions_of(path), check


def test_the_file_is_as_generated() -> None:
    assert TABLE.read_text("utf-8") == document(), "write it again: python -m tests.notebooks.coverage"
