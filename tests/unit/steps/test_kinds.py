"""The table of what each change needs agrees with Azure's own roles, and with what can be taken back."""

from __future__ import annotations

import pytest

from runbook_lib.azure.permissions import contains, least_role, least_roles
from runbook_lib.sandbox.rbac import role_allows
from runbook_lib.sandbox.roles import BUILT_IN
from runbook_lib.steps.core.kinds import NEEDS, UNDERTAKINGS, Need, Places
from runbook_lib.steps.instance.removers import REMOVERS

ROLES = {role.name: role for role in BUILT_IN}
EVERY_NEED = sorted({need for needs in NEEDS.values() for need in needs}, key=lambda need: need.action)


def test_whatever_can_be_removed_has_its_permission() -> None:
    assert set(REMOVERS) == {kind for action, kind in NEEDS if action == "delete"}


@pytest.mark.parametrize("need", EVERY_NEED, ids=lambda need: need.action)
def test_the_least_role_allows_the_action(need: Need) -> None:
    role = ROLES[least_role(need.action, data=need.data)]
    assert role_allows(role, need.action, data=need.data)


@pytest.mark.parametrize("undertaking", UNDERTAKINGS, ids=lambda undertaking: undertaking.label)
def test_the_roles_that_cure_allow_everything(undertaking: object) -> None:
    wanted = next(each for each in UNDERTAKINGS if each is undertaking).needs
    cures = [ROLES[name] for name in least_roles(least_role(need.action, data=need.data) for need in wanted)]
    assert all(any(role_allows(role, need.action, data=need.data) for role in cures) for need in wanted)


def test_a_role_that_another_contains_is_left_out() -> None:
    assert least_roles(["Network Contributor", "Contributor", "Private DNS Zone Contributor"]) == ["Contributor"]
    assert least_roles(["Reader", "Azure Digital Twins Data Reader"]) == ["Reader", "Azure Digital Twins Data Reader"]
    assert contains("Contributor", "Reader")
    assert not contains("Reader", "Contributor")


def test_what_is_not_there_yet_is_asked_for_above() -> None:
    everything = Places("/s", "/s/g", "/s/g/i")
    assert [everything.nearest(place) for place in ("subscription", "group", "instance")] == ["/s", "/s/g", "/s/g/i"]
    assert Places("/s", "/s/g").nearest("instance") == "/s/g"
    assert Places("/s").nearest("instance") == Places("/s").nearest("group") == "/s"
    assert Places("/s").nearest("itself", "/s/x") == "/s/x"
