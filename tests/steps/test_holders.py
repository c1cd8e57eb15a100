"""The list of everybody who has access to the data: whom it names, and where from."""

from __future__ import annotations

import pytest

from runbook_lib.azure.resource_ids import group_id, instance_id
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER
from runbook_lib.sandbox.world import GROUP_ID, TRAINING_ID, persona
from tests.steps.world import GROUP, World

SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
SCOPE = instance_id(TRAINING_ID, GROUP, "my-first-twins")
DATA_OWNER_NAME, DATA_READER_NAME = "Azure Digital Twins Data Owner", "Azure Digital Twins Data Reader"


@pytest.fixture
def there(ready: World) -> World:
    ready.create().apply()
    return ready


def listed(world: World, who: str = "owner") -> list[tuple[str, ...]]:
    """The rows of the list, in the plan."""
    tables = [block for block in world.assign(who).plan().blocks if getattr(block, "columns", ())[:1] == ("Member",)]
    return [row for table in tables for row in table.rows]  # type: ignore[attr-defined]


def test_whoever_inherits_a_role_is_listed_with_where_from(there: World) -> None:
    there.somebody_assigns(DATA_OWNER, GROUP_ID, SUBSCRIPTION, kind="Group")
    there.somebody_assigns(DATA_READER, persona("reader").id, group_id(TRAINING_ID, GROUP))
    there.somebody_assigns(DATA_OWNER, persona("setup-pipeline").id, SCOPE, kind="ServicePrincipal")
    assert listed(there) == [
        ("Twin Engineers", "Group", DATA_OWNER_NAME, "Subscription (inherited)"),
        ("reader@contoso.onmicrosoft.com", "User", DATA_READER_NAME, f"Resource group {GROUP} (inherited)"),
        ("setup-pipeline", "ServicePrincipal", DATA_OWNER_NAME, "This resource"),
    ]


def test_owners_and_contributors_are_not_listed_as_they_have_no_access_to_the_data(there: World) -> None:
    assert listed(there) == []
    assert "Nobody has a role for the data here yet." in there.assign().plan().notes


@pytest.mark.parametrize(
    ("withheld", "reads"),
    [
        ("Microsoft.DigitalTwins/query/action", False),
        ("Microsoft.DigitalTwins/*", False),
        ("Microsoft.DigitalTwins/models/delete", True),
    ],
)
def test_a_role_that_withholds_reading_makes_nobody_a_reader(there: World, withheld: str, reads: bool) -> None:
    role = "11111111-2222-3333-4444-555555555555"
    permissions = {"dataActions": ["Microsoft.DigitalTwins/*"], "notDataActions": [withheld]}
    there.somebody_defines_role(role, "Twin Watcher", permissions)
    there.somebody_assigns(role, persona("owner").id, SCOPE)
    mine = [("owner@contoso.onmicrosoft.com", "User", "Twin Watcher", "This resource")]
    assert listed(there) == (mine if reads else [])
    now = f"owner@contoso.onmicrosoft.com has {'Twin Watcher' if reads else 'no role'} for the data now."
    assert now in there.assign().plan().notes


def test_the_proof_lists_the_new_member(there: World) -> None:
    step = there.assign(principal="reader@contoso.onmicrosoft.com")
    step.apply()
    assert "reader@contoso.onmicrosoft.com  User  Azure Digital Twins Data Owner  This resource" in str(step.verify())


def test_a_member_that_is_gone_is_called_what_the_portal_calls_it(there: World) -> None:
    there.somebody_assigns(DATA_READER, "0b6d3f0a-4a0a-4c53-9f0b-3f9f0f5d7a11", SCOPE, kind="ServicePrincipal")
    assert listed(there)[0][:2] == ("Identity not found (0b6d3f0a-4a0a-4c53-9f0b-3f9f0f5d7a11)", "ServicePrincipal")


def test_without_the_directory_object_ids_are_listed(there: World) -> None:
    there.somebody_assigns(DATA_READER, persona("reader").id, SCOPE)
    store, who = there.sandbox.cloud.store, persona("setup-pipeline").id
    store.put("servicePrincipal", who, {**(store.get("servicePrincipal", who) or {}), "mayReadDirectory": False})
    assert listed(there, "setup-pipeline")[0][:2] == (persona("reader").id, "User")
