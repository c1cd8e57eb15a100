"""A run is about one set-up: what one step worked with, the next one starts from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.parameters import BuildGraphParameters
from runbook_lib.sandbox.world import TRAINING_ID, persona
from runbook_lib.steps.core.setup import is_named
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure

from .plant import identity_step, somebody_makes_identity
from .world import World

PLANT = {"resource_group": "rg-plant", "instance_name": "plant-7"}


def kept(world: World) -> dict[str, str]:
    """Return the values in the file; none if there is no file."""
    path = world.journal.folder / "important-values.json"
    return json.loads(path.read_text()) if path.exists() else {}


def test_what_one_created_the_others_start_from(ready: World) -> None:
    ready.create(instance_name="other", resource_group="rg-other").apply()
    ready.create(**PLANT).apply()
    for step in (
        ready.assign(),
        ManagedIdentity(ready.context(), {}),
        PrivateAccess(ready.context(), {}),
        BuildGraph(ready.context(), {}),
        ready.clean_up(),
    ):
        assert step.values == {**PLANT, "subscription": TRAINING_ID}
        assert dict(step.plan().choices).get("Resource name", "plant-7") == "plant-7"


def test_what_is_named_wins_and_becomes_current(ready: World) -> None:
    ready.create(instance_name="other", resource_group="rg-other").apply()
    ready.create(**PLANT).apply()
    ready.assign(instance_name="other").apply()
    assert ready.assign().values["resource_group"] == "rg-other"
    assert kept(ready)["instance_name"] == "other"


def test_a_name_without_a_group_is_searched(ready: World) -> None:
    ready.create(**PLANT).apply()
    ready.create(instance_name="other", resource_group="rg-other").apply()
    assert ("Resource group", "rg-plant") in ready.assign(instance_name="plant-7").plan().choices


def test_names_in_two_groups_are_told_apart(ready: World) -> None:
    ready.create(**PLANT).apply()
    ready.create(instance_name="plant-7", resource_group="rg-two", region="northeurope").apply()
    ready.create(instance_name="third", resource_group="rg-two").apply()
    problem = ready.assign(instance_name="plant-7").plan().problems[0]
    assert problem.field == "resource_group"
    assert problem.message.startswith("Several resource groups have an instance 'plant-7'")


def test_several_instances_and_none_named_is_a_question(ready: World) -> None:
    ready.create(**PLANT).apply()
    ready.create(instance_name="other").apply()
    (ready.journal.folder / "journal.jsonl").unlink()
    with pytest.raises(InputError, match="It isn't clear which instance is meant"):
        ready.assign().apply()
    hint = ready.assign().hint("instance_name", {})
    assert hint is not None
    assert (hint.tone, hint.text) == ("bad", "Choose one: other, plant-7.")


def test_a_form_says_at_once_that_there_is_none(ready: World) -> None:
    hint = ready.assign().hint("instance_name", {})
    assert hint is not None
    assert hint.text == "You can't see any instance in Contoso Training. Create one with 01-create-instance."


def test_clean_up_takes_one_set_up_and_lists_the_rest(ready: World) -> None:
    ready.create(instance_name="other", resource_group="rg-other", grant_access=True).apply()
    ready.create(**PLANT, grant_access=True).apply()
    plan = ready.clean_up().plan()
    assert {change.name for change in plan.changes} == {"plant-7", "rg-plant", "Azure Digital Twins Data Owner"}
    left = str(plan.blocks)
    assert "rg-other" in left
    ready.clean_up(confirm_clean_up=True).apply()
    assert [str(one.name) for one in azure.management(ready.sandbox).digital_twins.list()] == ["other"]
    assert kept(ready) == {}
    again = ready.clean_up(confirm_clean_up=True)
    assert again.verify().passed, "nothing of this set-up is left, whatever else there is"
    assert again.plan().changes == () and "rg-other" in str(again.plan().blocks)
    assert again.apply().made == ()
    ready.clean_up(confirm_clean_up=True, instance_name="other", resource_group="rg-other").apply()
    assert list(azure.management(ready.sandbox).digital_twins.list()) == []


def test_clean_up_asks_which_when_nothing_says_so(ready: World) -> None:
    ready.create(instance_name="other", resource_group="rg-other").apply()
    ready.create(**PLANT).apply()
    problem = ready.clean_up(instance_name="nobodys").plan().problems[0]
    assert (problem.field, problem.meaning) == ("instance_name", "It made something for: other, plant-7.")


def test_values_that_clean_up_removed_are_no_longer_kept(ready: World) -> None:
    ready.create(**PLANT).apply()
    identity = ManagedIdentity(ready.context(), {"system_assigned": "on"})
    identity.apply()
    assert kept(ready)["identity_object_id"]
    identity.undo()
    assert kept(ready)["instance_name"] == "plant-7"
    assert "identity_object_id" not in kept(ready)


def test_values_of_what_others_removed_are_no_longer_kept(ready: World) -> None:
    ready.create(instance_name="other", resource_group="rg-other").apply()
    ready.create(**PLANT, system_identity=True).apply()
    azure.management(ready.sandbox).digital_twins.begin_delete("rg-plant", "plant-7", polling=False)
    ready.clock.advance(120)
    step = ready.clean_up(confirm_clean_up=True)
    assert [one.name for one in step.apply().made] == ["rg-plant"]
    assert step.verify().passed
    assert kept(ready) == {}


def test_an_associated_identity_that_goes_leaves_the_own_ones_id(ready: World) -> None:
    ready.create(system_identity=True).apply()
    own = kept(ready)["identity_object_id"]
    somebody_makes_identity(ready, "id-plant")
    associated = identity_step(ready, system_assigned="keep", associate_identity="id-plant")
    associated.apply()
    assert [one.name for one in associated.undo().removed] == ["id-plant"]
    assert kept(ready)["identity_object_id"] == own


def test_an_instance_that_others_made_becomes_current_too(ready: World) -> None:
    ready.somebody_makes_group()
    ready.somebody_makes("theirs", finished=True)
    ready.create(instance_name="theirs").apply()
    ready.create(instance_name="mine").plan()
    assert ready.assign(principal=persona("reader").user_principal_name).values["instance_name"] == "theirs"


def test_a_form_offers_the_private_endpoints_that_are_there(ready: World) -> None:
    ready.create(**PLANT).apply()
    PrivateAccess(ready.context(), {}).apply()
    offered = [choice.value for choice in PrivateAccess(ready.context(), {}).choices("private_endpoint_name", {})]
    assert offered == ["pe-plant-7"]


def test_undo_removes_one_set_up(ready: World) -> None:
    ready.create(instance_name="other", resource_group="rg-other").apply()
    plant = ready.create(**PLANT)
    plant.apply()
    undone = plant.undo()
    assert {change.name for change in undone.removed} == {"plant-7", "rg-plant"}
    assert [str(one.name) for one in azure.management(ready.sandbox).digital_twins.list()] == ["other"]


def private(world: World, name: str, network: str = "") -> PrivateAccess:
    return PrivateAccess(
        world.context(), {"instance_name": name, "resource_group": "rg-shared", "virtual_network": network}
    )


def test_what_the_other_set_up_uses_stays(ready: World) -> None:
    for name in ("first", "second"):
        ready.create(instance_name=name, resource_group="rg-shared").apply()
        private(ready, name, "vnet-shared").apply()
    where = {"instance_name": "first", "resource_group": "rg-shared"}
    plan = ready.clean_up(**where).plan()
    going = {change.kind for change in plan.changes}
    assert not going & {"Private DNS zone", "Virtual network link", "Virtual network", "Subnet"}
    ready.clean_up(**where, confirm_clean_up=True).apply()
    assert private(ready, "second", "vnet-shared").verify().passed
    ready.clean_up(instance_name="second", resource_group="rg-shared", confirm_clean_up=True).apply()
    ready.clean_up(**where, confirm_clean_up=True).apply()
    assert {change.kind for change in ready.journal.made()} == {"Resource provider"}


def test_records_of_others_keep_the_zone(ready: World) -> None:
    ready.create(**PLANT).apply()
    PrivateAccess(ready.context(), {}).apply()
    zone = next(change for change in ready.journal.made() if change.kind == "Private DNS zone").resource_id
    operations: Any = azure.resources(ready.sandbox).resources
    record = {"properties": {"ttl": 60, "txtRecords": [{"value": ["theirs"]}]}}
    operations.begin_create_or_update_by_id(f"{zone}/TXT/theirs", record, api_version="2020-06-01").result()
    plan = ready.clean_up().plan()
    assert "Private DNS zone" not in {change.kind for change in plan.changes}
    assert "TXT record theirs" in str(plan.blocks)


A = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/P/t/aaa"


@pytest.mark.parametrize(
    ("instance", "values", "meant"),
    [
        (A, {"instance_name": "aaa", "resource_group": "G"}, True),
        (A, {"instance_name": "bbb"}, False),
        (A, {"instance_name": "aaa", "subscription": "22222222-2222-2222-2222-222222222222"}, False),
        (A, {"host_name": "aaa.api.weu.digitaltwins.azure.net"}, True),
        (A, {"host_name": "bbb.api.weu.digitaltwins.azure.net"}, False),
        ("https://aaa.api.weu.digitaltwins.azure.net", {"host_name": "bbb.api.weu.digitaltwins.azure.net"}, False),
        ("https://aaa.api.weu.digitaltwins.azure.net", {"instance_name": "aaa"}, True),
        ("https://aaaa.api.weu.digitaltwins.azure.net", {"instance_name": "aaa"}, False),
    ],
)
def test_which_instance_parameters_mean(instance: str, values: dict[str, str], meant: bool) -> None:
    assert is_named(instance, BuildGraphParameters.model_validate(values)) is meant
