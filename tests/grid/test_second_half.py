"""Every operation of the guide's steps under every fault; the steps [5:] of the list."""

from __future__ import annotations

import pytest

from .cells import try_all
from .faults import TROUBLES
from .guide import STEPS, Guide


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", TROUBLES)
@pytest.mark.parametrize("step", list(STEPS)[5:])
def test_each_operation(done_guide: Guide, step: str, fault: str, request: pytest.FixtureRequest) -> None:
    try_all(done_guide, step, fault, done_guide.new_operations(step), request)
