"""The clean run that all cells of a process share, and the numbers at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.grid.guide import Guide, guide


@pytest.fixture(scope="session")
def done_guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    with guide(tmp_path_factory.mktemp("guide")) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cells were tried, and how they ended."""
    reports = [one for kind in ("passed", "failed", "xfailed") for one in terminalreporter.stats.get(kind, ())]
    cells = [value for one in reports if one.when == "call" for name, value in one.user_properties if name == "cell"]
    if not cells:
        return
    terminalreporter.section("operation x fault")
    outcomes = Counter(outcome for _, _, outcome, _ in cells)
    terminalreporter.write_line(
        f"{len(cells)} cells: " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common())
    )
    by_fault: dict[str, Counter[str]] = {}
    for _, fault, outcome, _ in cells:
        by_fault.setdefault(fault, Counter())[outcome] += 1
    for fault, ends in by_fault.items():
        shown = ", ".join(f"{n} {what}" for what, n in ends.most_common())
        terminalreporter.write_line(f"  {fault:24} {sum(ends.values()):4}: {shown}")
    judged = Counter(judgment for *_, judgment in cells)
    terminalreporter.write_line(
        f"{judged['right']} right, {judged['open']} right but open in the record, {judged['wrong']} wrong"
    )
