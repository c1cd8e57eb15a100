"""Every write of the guide while somebody else changes, deletes or remakes what it's about."""

from __future__ import annotations

import pytest

from .cells import report
from .colleague import DEEDS
from .guide import STEPS, Guide
from .in_between import MOMENTS, try_between, try_unreplicated


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("step", STEPS)
def test_each_write(done_guide: Guide, step: str, moment: str, deed: str, request: pytest.FixtureRequest) -> None:
    writes = [one for one in done_guide.operations[step].values() if not one.looks]
    cells = [try_between(done_guide, step, one, moment, deed) for one in writes]
    report(step, f"somebody {deed} it {moment}", cells, request)


@pytest.mark.grid
@pytest.mark.parametrize("step", ["01-create-instance", "02-assign-access"])
def test_each_role_for_a_principal_that_is_not_replicated(
    done_guide: Guide, step: str, request: pytest.FixtureRequest
) -> None:
    gives = [one for one in done_guide.operations[step].values() if one.path.partition("/roleAssignments/")[1]]
    cells = [try_unreplicated(done_guide, step, one) for one in gives if one.method == "PUT"]
    assert cells
    report(step, "a principal not yet replicated", cells, request)
