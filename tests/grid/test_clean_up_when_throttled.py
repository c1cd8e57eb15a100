"""Every operation of the guide under every fault: clean-up, with the first of the faults."""

from __future__ import annotations

import pytest

from .cells import try_all
from .faults import TROUBLES
from .guide import STEPS, Guide


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", list(TROUBLES)[:7])
@pytest.mark.parametrize("step", list(STEPS)[-1:])
def test_each_operation(done_guide: Guide, step: str, fault: str, request: pytest.FixtureRequest) -> None:
    try_all(done_guide, step, fault, done_guide.new_operations(step), request)
