"""Running cells and reporting them: what the grid's test files share."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from .faults import TROUBLES, Cell, try_cell
from .guide import Guide, Operation


def try_all(
    guide: Guide, step: str, fault: str, operations: Iterable[Operation], request: pytest.FixtureRequest
) -> None:
    """Try these operations of a step under a fault. Fails with a list of what's wrong."""
    trouble = TROUBLES[fault]
    tried = (try_cell(guide, step, one, trouble) for one in operations if trouble.fits(one))
    report(step, fault, [cell for cell in tried if cell], request)


def report(step: str, fault: str, cells: Iterable[Cell], request: pytest.FixtureRequest) -> None:
    """Keep how cells ended, for the tables at the end. Fails with a list of what's wrong."""
    wrong = list[str]()
    for cell in cells:
        judgment = "wrong" if cell.wrong else "right"
        request.node.user_properties.append(("cell", (step, fault, cell.operation.template, cell.outcome, judgment)))
        wrong += [f"{cell.operation.template}\n    {what}" for what in cell.wrong]
    assert not wrong, "\n" + "\n".join(wrong)
