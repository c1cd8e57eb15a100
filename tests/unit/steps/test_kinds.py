"""The records of what each change takes agree with Azure's own roles, and with what can be taken back."""

from __future__ import annotations

import pytest

from runbook_lib.azure.permissions import contains, smallest_role, smallest_roles
from runbook_lib.sandbox.rbac import role_allows
from runbook_lib.sandbox.roles import BUILT_IN
from runbook_lib.steps.core.kinds import Activity, Places, RequiredPermission, activities, kinds
from runbook_lib.steps.core.removal import removers

ROLES = {role.name: role for role in BUILT_IN}

EVERY_PERMISSION = sorted(
    {needed for kind in kinds() for several in kind.permissions.values() for needed in several},
    key=lambda needed: needed.action,
)


def test_everything_that_can_be_removed_has_its_permission_and_its_place_in_the_order() -> None:
    assert set(removers()) == {kind.name for kind in kinds() if "delete" in kind.permissions}
    assert all(remover.kind.rank > 0 for remover in removers().values())


def test_everything_that_can_be_made_can_be_removed() -> None:
    kept = {"Resource provider", "Private endpoint connection"}
    assert {kind.name for kind in kinds() if set(kind.permissions) & {"create", "assign", "register", "update"}} == {
        kind.name for kind in kinds() if "delete" in kind.permissions and kind.name != "Orphaned role assignment"
    } | kept


@pytest.mark.parametrize("needed", EVERY_PERMISSION, ids=lambda needed: needed.action)
def test_the_least_role_allows_the_action(needed: RequiredPermission) -> None:
    role = ROLES[smallest_role(needed.action, data=needed.data)]
    assert role_allows(role, needed.action, data=needed.data)


@pytest.mark.parametrize("activity", activities(), ids=lambda activity: activity.label)
def test_the_fixing_roles_allow_everything(activity: Activity) -> None:
    wanted = activity.permissions
    roles = [ROLES[name] for name in smallest_roles(smallest_role(one.action, data=one.data) for one in wanted)]
    assert all(any(role_allows(role, one.action, data=one.data) for role in roles) for one in wanted)


def test_activities_come_in_the_order_of_the_notebooks() -> None:
    numbers = [activity.notebook for activity in activities()]
    assert numbers == sorted(numbers)
    assert set(numbers) == {"00", "01", "02", "03", "04", "05", "06"}


def test_a_role_that_another_contains_is_left_out() -> None:
    assert smallest_roles(["Network Contributor", "Contributor", "Private DNS Zone Contributor"]) == ["Contributor"]
    assert smallest_roles(["Reader", "Azure Digital Twins Data Reader"]) == [
        "Reader",
        "Azure Digital Twins Data Reader",
    ]
    assert contains("Contributor", "Reader")
    assert not contains("Reader", "Contributor")


def test_what_is_not_there_yet_is_asked_for_above() -> None:
    everything = Places("/s", "/s/g", "/s/g/i")
    assert [everything.nearest(place) for place in ("subscription", "group", "instance")] == ["/s", "/s/g", "/s/g/i"]
    assert Places("/s", "/s/g").nearest("instance") == "/s/g"
    assert Places("/s").nearest("instance") == Places("/s").nearest("group") == "/s"
    assert Places("/s").nearest("itself", "/s/x") == "/s/x"
