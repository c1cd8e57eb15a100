"""The process is gone at every boundary of every request of the guide, and a rerun comes to the same end."""

from __future__ import annotations

import pytest

from .cuts import boundaries, try_cut
from .guide import STEPS, Guide

PARTS = {"05-build-graph": 3, "06-clean-up": 4}
"""Steps that are shared out over several tests, because they have many boundaries."""
TESTS = [(step, part) for step in STEPS for part in range(PARTS.get(step, 1))]


@pytest.mark.grid
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("step", "part"), TESTS)
def test_a_rerun_after_any_cut(done_guide: Guide, step: str, part: int, request: pytest.FixtureRequest) -> None:
    found, parts = boundaries(done_guide, step), PARTS.get(step, 1)
    mine = found.different[part::parts]
    wrong = [f"boundary {at}: {what}" for at in mine for what in try_cut(done_guide, step, at, found.conclusion)]
    counted = found.all if part == 0 else 0
    request.node.user_properties.append(("cuts", (step, counted, len(mine), len(wrong))))
    assert not wrong, "\n" + "\n".join(wrong)
