"""The addresses of a new subnet."""

from __future__ import annotations

from runbook_lib.steps.network.topology import free_range


def test_addresses_are_the_first_that_are_free() -> None:
    assert free_range(["10.0.0.0/24"], []) == "10.0.0.0/27"
    assert free_range(["fd00::/64", "10.0.0.0/24"], ["10.0.0.0/26", "fd00::/64"]) == "10.0.0.64/27"
    assert free_range(["10.0.0.0/29"], []) == "10.0.0.0/29"
    assert free_range(["10.0.0.0/29", "10.0.1.0/29"], ["10.0.0.0/29"]) == "10.0.1.0/29"
    assert free_range(["10.0.0.0/27"], ["10.0.0.0/29"]) == ""
