"""Clean-up that removes data one by one, from an instance that another run made: every fault and cut, and others."""

from __future__ import annotations

import pytest

from .cells import report, try_all
from .colleague import DEEDS
from .cuts import boundaries, try_cut
from .faults import TROUBLES
from .guide import Guide
from .in_between import MOMENTS, try_between

STEP = "06-remove-data"
PARTS = 2


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", TROUBLES)
def test_each_operation(anothers_instance: Guide, fault: str, request: pytest.FixtureRequest) -> None:
    try_all(anothers_instance, STEP, fault, anothers_instance.new_operations(STEP), request)


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_each_write(anothers_instance: Guide, moment: str, deed: str, request: pytest.FixtureRequest) -> None:
    writes = [one for one in anothers_instance.operations[STEP].values() if not one.looks]
    cells = [try_between(anothers_instance, STEP, one, moment, deed) for one in writes]
    report(STEP, f"somebody {deed} it {moment}", cells, request)


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_rerun_after_any_cut(anothers_instance: Guide, part: int, request: pytest.FixtureRequest) -> None:
    found = boundaries(anothers_instance, STEP)
    mine = found.different[part::PARTS]
    wrong = [f"boundary {at}: {what}" for at in mine for what in try_cut(anothers_instance, STEP, at, found.conclusion)]
    request.node.user_properties.append(("cuts", (STEP, found.all * (part == 0), len(mine), len(wrong))))
    assert not wrong, "\n" + "\n".join(wrong)
