"""A few cells of the grid, for every run of the tests: each fault once, all over the guide."""

from __future__ import annotations

import pytest

from .cells import try_all
from .faults import TROUBLES
from .guide import Guide

# Faults of operations meet those that take long. The others are spread over what the guide calls.
SAMPLE = {
    "429 for 7 s": ("00-start-here", "arm POST /subscriptions/{}/providers/microsoft.digitaltwins/register"),
    "429 for 200 s": ("05-build-graph", "data PUT /digitaltwins/{}"),
    "429 for an hour": ("00-start-here", "arm GET /subscriptions"),
    "429 lasting": ("05-build-graph", "data POST /models"),
    "500 once": ("05-build-graph", "data PUT /digitaltwins/{}/relationships/{}"),
    "500 lasting": ("00-start-here", "arm GET /subscriptions"),
    "503 once": ("00-start-here", "arm GET /subscriptions"),
    "503 lasting": ("05-build-graph", "data POST /query"),
    "dropped before": ("05-build-graph", "data POST /models"),
    "dropped after": ("05-build-graph", "data POST /models"),
    "dropped after, lasting": ("05-build-graph", "data PUT /digitaltwins/{}"),
    "dropped before, lasting": ("00-start-here", "arm GET /subscriptions"),
    "401 once": ("00-start-here", "arm POST /subscriptions/{}/providers/microsoft.digitaltwins/register"),
    "401 lasting": ("00-start-here", "arm GET /subscriptions"),
    "slow": ("01-create-instance", ""),
    "stuck": ("01-create-instance", ""),
    "failed": ("01-create-instance", ""),
    "canceled": ("01-create-instance", ""),
}


@pytest.mark.parametrize("fault", SAMPLE)
def test_each_fault(done_guide: Guide, fault: str, request: pytest.FixtureRequest) -> None:
    step, template = SAMPLE[fault]
    chosen = [one for one in done_guide.operations[step].values() if one.template == template or not template]
    fitting = [one for one in chosen if TROUBLES[fault].fits(one)]
    assert fitting, sorted(done_guide.operations[step])
    try_all(done_guide, step, fault, fitting[:1], request)


def test_every_fault_is_in_the_sample() -> None:
    assert SAMPLE.keys() == TROUBLES.keys()
