"""The pages for people name files that exist, and link to pages and headings that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "runbook_lib/README.md",
    "notebooks/PARAMETERS.md",
    "notebooks/exercises/TRAINER.md",
)
FILE = re.compile(r"`((?:[\w.-]+/)+[\w*.-]*|[\w-]+\.(?:py|toml|md))`")
LINK = re.compile(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)", re.DOTALL)
MADE_UP = {"Microsoft.SignalRService/signalR", "workshop/board.sqlite"}
"""What looks like a file of ours and is something else."""


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def exists(path: str, folder: Path) -> bool:
    """Tell whether there is such a file: seen from the root, from the page's folder, or a bare name in the library."""
    found = [*ROOT.glob(path), *folder.glob(path), *([] if "/" in path else (ROOT / "runbook_lib").rglob(path))]
    return bool(found)


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_a_page_names_exists(name: str) -> None:
    page = ROOT / name
    named = set(FILE.findall(page.read_text("utf-8"))) - MADE_UP
    assert [path for path in sorted(named) if not exists(path, page.parent)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        goal = page.parent / target.replace("\n", " ").strip() if target else page
        assert goal.exists(), target
        assert not anchor or anchor in anchors(goal), anchor
