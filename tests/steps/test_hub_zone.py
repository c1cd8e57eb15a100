"""A private DNS zone that somebody else keeps, in another subscription; and how Azure compares regions."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.sandbox.world import PRODUCTION_ID
from runbook_lib.steps.data_plane.probe import IN_A_ROW, Reading, steady
from runbook_lib.steps.private_link.step import PrivateAccess

from .plant import SCOPE
from .reruns.places import HUB_ZONE, zone_in_hub
from .world import World


def access(world: World, who: str = "owner", **values: Any) -> PrivateAccess:
    values = {"create_private_endpoint": True, "private_dns_zone": HUB_ZONE} | values
    return PrivateAccess(world.context(who), values)


def test_a_zone_in_another_subscription_is_used_and_only_our_own_parts_go_again(there: World) -> None:
    zone_in_hub(there)
    step = access(there)
    plan = step.plan()
    assert "Private DNS zone" not in {change.kind for change in plan.changes}
    (link,) = [change for change in plan.changes if change.kind == "Virtual network link"]
    assert link.resource_id.startswith(f"{HUB_ZONE}/virtualNetworkLinks/")
    assert any(f"--subscription {PRODUCTION_ID}" in one and "link vnet create" in one for one in plan.commands)
    step.apply()
    assert step.verify().passed
    assert access(there).plan().empty
    there.clean_up(confirm_clean_up=True).apply()
    store = there.sandbox.cloud.store
    assert store.get("resource", HUB_ZONE)
    assert not store.get("resource", link.resource_id)


def test_a_zone_that_cannot_be_seen_is_an_error_before_anything_is_made(there: World) -> None:
    with pytest.raises(InputError, match="can't see the private DNS zone"):
        access(there).apply()
    with pytest.raises(InputError, match="isn't the resource id of a private DNS zone"):
        access(there, private_dns_zone="privatelink.digitaltwins.azure.net").apply()


def test_regions_are_compared_as_azure_compares_them(there: World) -> None:
    store = there.sandbox.cloud.store
    for kind, key in (("resource", SCOPE), ("resource-group", SCOPE.partition("/providers/")[0])):
        document = store.get(kind, key)
        assert document
        store.put(kind, key, {**document, "location": "West Europe"})
    step = there.create(region="westEurope ")
    plan = step.plan()
    assert plan.empty
    assert not plan.problems
    assert not any("already exists in" in note for note in plan.notes)
    assert step.verify().passed
    hint = step.hint("instance_name", {**step.parameters.model_dump(), "region": "West Europe"})
    assert hint
    assert "already exists" in hint.text


@pytest.mark.parametrize(
    ("answers", "accepted", "asked"),
    [("yyy", True, 3), ("yyn", False, 3), ("yn", False, 2), ("n", False, 1)],
)
def test_works_means_several_accepted_reads_in_a_row(answers: str, accepted: bool, asked: int) -> None:
    left = list(answers)
    found = steady(lambda: Reading("accepted" if left.pop(0) == "y" else "refused", "200"))
    assert (found.accepted, len(answers) - len(left)) == (accepted, asked)
    assert found.evidence == (f"200, {IN_A_ROW} times in a row" if accepted else "200")
