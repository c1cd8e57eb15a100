"""No parameter of any notebook is left out of the tables of reruns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest

from runbook_lib.guide import NOTEBOOKS, Notebook

from . import (
    test_assign_access,
    test_clean_up,
    test_connect_a_client,
    test_create_instance,
    test_managed_identity,
    test_private_access,
    test_run_parameters,
    test_start_here,
    test_timeouts,
)
from .rerun import Rerun, unexplained

TABLES: Mapping[str, Sequence[Rerun]] = MappingProxyType(
    {
        "00-start-here": test_start_here.ROWS,
        "01-create-instance": test_create_instance.ROWS,
        "02-assign-access": test_assign_access.ROWS,
        "03-managed-identity": test_managed_identity.ROWS,
        "04-private-access": test_private_access.ROWS,
        "05-connect-a-client": test_connect_a_client.ROWS,
        "06-clean-up": test_clean_up.ROWS,
    }
)
RUN = ("target", "sign_in", "tenant", "mode", "timeout_minutes")
"""Tried for each notebook by the tests of these names: they decide who asks, where and how long, not what for."""

guide = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: str(notebook.name))


@guide
def test_every_parameter_has_a_row(notebook: Notebook) -> None:
    tried = {row.parameter for row in TABLES[notebook.name]} | set(RUN)
    assert tried == set(notebook.parameters.model_fields)
    assert all(hasattr(test_run_parameters, f"test_{name}") for name in RUN)
    assert notebook.name in test_timeouts.WAITS


@guide
def test_every_row_changes_plan_wire_and_checks_or_says_why_not(notebook: Notebook) -> None:
    assert {row.parameter: unexplained(row) for row in TABLES[notebook.name] if unexplained(row)} == {}


@guide
def test_no_row_repeats_the_default(notebook: Notebook) -> None:
    defaults = {name: field.default for name, field in notebook.parameters.model_fields.items()}
    for row in TABLES[notebook.name]:
        assert row.value != {**defaults, **row.usual}[row.parameter]
