"""The grids as tables with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

Cell = tuple[str, str, str, str, str]
"""Step, fault, operation, outcome, and whether that's right."""
Cuts = tuple[str, int, int, int]
"""Step, boundaries, those that leave something different, and those after which a rerun came to another end."""


def faults_table(cells: Sequence[Cell]) -> Iterator[str]:
    """List the faults, each with how many operations met it and how these ended."""
    if not cells:
        return
    rows = [(f"**{len(cells)} cells**", len(cells), _counted(outcome for *_, outcome, _ in cells))]
    for fault in dict.fromkeys(fault for _, fault, *_ in cells):
        mine = [outcome for _, name, _, outcome, _ in cells if name == fault]
        rows.append((fault, len(mine), _counted(mine)))
    yield from _table(("Fault", "Operations", "Outcomes (exit code)"), rows)
    wrong = sum(judgment == "wrong" for *_, judgment in cells)
    yield f"{len(cells) - wrong} right, {wrong} wrong"


def cuts_table(cuts: Sequence[Cuts]) -> Iterator[str]:
    """List the steps, each with its boundaries."""
    if not cuts:
        return
    sums: dict[str, Counter[str]] = {}
    for step, passed, tried, wrong in cuts:
        sums.setdefault(step, Counter()).update(passed=passed, tried=tried, wrong=wrong)
    rows = [(step, one["passed"], one["tried"], one["wrong"]) for step, one in sums.items()]
    total = ("**all**", *(sum(row[number] for row in rows) for number in (1, 2, 3)))  # type: ignore[misc]  # all ints
    yield ""
    yield from _table(("Step", "Boundaries", "Leave something different", "Another end"), [*rows, total])


def operations_table(cells: Sequence[Cell]) -> Iterator[str]:
    """List every operation with every fault: the whole grid."""
    faults = list(dict.fromkeys(fault for _, fault, *_ in cells))
    known: dict[tuple[str, str], dict[str, str]] = {}
    for step, fault, operation, outcome, _ in cells:
        known.setdefault((step, operation), {})[fault] = outcome
    rows = [(f"{step}: `{name}`", *(ends.get(fault, "–") for fault in faults)) for (step, name), ends in known.items()]
    yield from _table(("Operation", *faults), sorted(rows))


def _counted(outcomes: Iterable[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in Counter(outcomes).most_common())


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
