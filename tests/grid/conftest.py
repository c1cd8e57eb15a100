"""The clean run that all cells of a process share, and the tables at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grid.guide import IN_ANOTHERS_INSTANCE, Guide, guide
from tests.grid.tables import cuts_table, faults_table, operations_table

TABLES = "grid.md"
"""The file in pytest's cache folder that holds the tables of the last run, in Markdown."""


@pytest.fixture(scope="session")
def done_guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    with guide(tmp_path_factory.mktemp("guide")) as made:
        yield made


@pytest.fixture(scope="session")
def anothers_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    with guide(tmp_path_factory.mktemp("anothers-instance"), IN_ANOTHERS_INSTANCE) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cells and cuts were tried, and how they ended; keep the whole grid as a table beside the cache."""
    reports = [one for kind in ("passed", "failed", "xfailed") for one in terminalreporter.stats.get(kind, ())]
    noted = [one for report in reports if report.when == "call" for one in report.user_properties]
    cells = [value for name, value in noted if name == "cell"]
    cuts = [value for name, value in noted if name == "cuts"]
    if not cells and not cuts:
        return
    shown = [*faults_table(cells), *cuts_table(cuts)]
    terminalreporter.section("operation x fault, and a process that is gone at each boundary")
    for line in shown:
        terminalreporter.write_line(line)
    folder = Path(str(terminalreporter.config.rootpath)) / ".pytest_cache"
    if folder.is_dir():
        (folder / TABLES).write_text("\n".join([*shown, "", *operations_table(cells)]) + "\n", "utf-8")
        terminalreporter.write_line(f"every cell: {folder / TABLES}")
