"""01 over an instance that is there: what others gave it stays."""

from __future__ import annotations

from azure.mgmt.digitaltwins.models import DigitalTwinsDescription, DigitalTwinsIdentity, UserAssignedIdentity

from runbook_lib.sandbox.faults import Effect, Fault
from tests import azure

from .plant import NAME, SCOPE, identity_of, identity_step, somebody_makes_identity
from .test_user_identities import KEEP, PLANT, names
from .world import GROUP, World


def test_01_switches_the_own_identity_on_and_keeps_the_others(there: World) -> None:
    somebody_makes_identity(there, "id-plant")
    identity_step(there, **KEEP, associate_identity="id-plant").apply()
    step = there.create(system_identity=True, tags={"env": "test"})
    plan = step.plan()
    assert not any("dt create" in command for command in plan.commands), "that would write the whole instance"
    step.apply()
    assert names(there) == ["id-plant"]
    assert identity_of(there)["type"] == "SystemAssigned,UserAssigned"
    assert step.plan().empty


def test_01_makes_an_instance_that_failed_again_with_the_identities_and_tags_it_has(ready: World) -> None:
    ready.somebody_makes_group()
    somebody_makes_identity(ready, "id-plant")
    instances = azure.management(ready.sandbox).digital_twins
    ready.sandbox.cloud.faults.add(Fault(Effect.FAILED, service="arm", method="PUT", path=SCOPE, times=1))
    identity = DigitalTwinsIdentity(type="UserAssigned", user_assigned_identities={PLANT: UserAssignedIdentity()})
    body = DigitalTwinsDescription(location="westeurope", tags={"env": "test"}, identity=identity)
    instances.begin_create_or_update(GROUP, NAME, body, polling=False)
    ready.clock.advance(600)
    step = ready.create(tags={"stage": "two"}, system_identity=True)
    (change,) = step.plan().changes
    assert change.details == "its state is Failed: create it again, tag stage=two, system-assigned identity on"
    assert f"--mi-system-assigned --mi-user-assigned {PLANT}" in step.plan().commands[-1]
    step.apply()
    assert names(ready) == ["id-plant"]
    assert instances.get(GROUP, NAME).tags == {"env": "test", "stage": "two"}, "others began it: it isn't this run's"
    assert step.verify().passed
