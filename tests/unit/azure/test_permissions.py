"""Whether an action is allowed follows from effective actions."""

from __future__ import annotations

import pytest

from runbook_lib.azure.actions import allows, matches
from runbook_lib.azure.permissions import ASSIGN_ROLES, CREATE_INSTANCE, missing, smallest_role

CONTRIBUTOR = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"], "dataActions": []}
ACCESS_ADMIN = {"actions": ["*/read", "Microsoft.Authorization/*"]}


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "Microsoft.X/y/write", True),
        ("*/read", "Microsoft.X/y/z/read", True),
        ("*/read", "Microsoft.X/y/write", False),
        ("microsoft.x/Y/WRITE", "Microsoft.X/y/write", True),
        ("Microsoft.X/*/assign/action", "Microsoft.X/assign/action", True),
        ("Microsoft.X/*/assign/action", "Microsoft.X/a/b/assign/action", True),
        ("Microsoft.X/y", "Microsoft.X/y/write", False),
        ("Microsoft.X/y.z", "Microsoft.X/yaz", False),
    ],
)
def test_patterns(pattern: str, action: str, expected: bool) -> None:
    assert matches(pattern, action) is expected


def test_what_one_role_withholds_another_may_give() -> None:
    assert not allows([CONTRIBUTOR], ASSIGN_ROLES)
    assert allows([CONTRIBUTOR, ACCESS_ADMIN], ASSIGN_ROLES)
    assert allows([CONTRIBUTOR], CREATE_INSTANCE)


def test_actions_give_no_data_actions() -> None:
    assert not allows([{"actions": ["*"]}], "Microsoft.DigitalTwins/models/read", data=True)
    assert allows(
        [{"dataActions": ["Microsoft.DigitalTwins/models/*"]}], "Microsoft.DigitalTwins/models/read", data=True
    )


@pytest.mark.parametrize(
    ("action", "data", "role"),
    [
        (ASSIGN_ROLES, False, "Role Based Access Control Administrator"),
        (CREATE_INSTANCE, False, "Contributor"),
        ("Microsoft.DigitalTwins/digitalTwinsInstances/read", False, "Reader"),
        ("Microsoft.DigitalTwins/models/read", True, "Azure Digital Twins Data Reader"),
        ("Microsoft.DigitalTwins/query/action", True, "Azure Digital Twins Data Reader"),
        ("Microsoft.DigitalTwins/models/write", True, "Azure Digital Twins Data Owner"),
    ],
)
def test_the_least_role_that_cures(action: str, data: bool, role: str) -> None:
    assert smallest_role(action, data=data) == role


def test_the_message_to_send_names_both_ways_out() -> None:
    error = missing(ASSIGN_ROLES, "/subscriptions/s", who="carlos@contoso.com", object_id="oid", command="az do it")
    assert "1. Do this step for me: az do it" in error.request
    assert "2. Give me the role Role Based Access Control Administrator" in error.request
    assert "--assignee-object-id oid" in error.request
    wanted, shown = ([line.strip() for line in text.splitlines()] for text in (error.request, str(error)))
    assert shown[1 - len(wanted) :] == wanted[1:]
