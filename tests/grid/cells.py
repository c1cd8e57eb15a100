"""Running cells and reporting them: what the grid's test files share."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from .faults import TROUBLES, try_cell
from .guide import Guide, Operation


def try_all(
    guide: Guide, step: str, fault: str, operations: Iterable[Operation], request: pytest.FixtureRequest
) -> None:
    """Try these operations of a step under a fault. Fails with a list of what's wrong."""
    trouble, wrong = TROUBLES[fault], list[str]()
    for operation in operations:
        if not trouble.fits(operation) or (cell := try_cell(guide, step, operation, trouble)) is None:
            continue
        request.node.user_properties.append(
            ("cell", (step, fault, cell.outcome, "wrong" if cell.wrong else "open" if cell.open else "right"))
        )
        wrong += [f"{operation.template}\n    {what}" for what in cell.wrong]
    assert not wrong, "\n" + "\n".join(wrong)
