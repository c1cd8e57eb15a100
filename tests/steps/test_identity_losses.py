"""Before an identity goes, people read which events stop and which roles stay behind, wherever these are."""

from __future__ import annotations

from runbook_lib.sandbox.roles import EVENT_HUBS_DATA_SENDER
from runbook_lib.sandbox.world import PRODUCTION_ID

from .plant import (
    identity_of,
    identity_step,
    owner_gets_the_data,
    somebody_adds_endpoint,
    somebody_adds_route,
    somebody_changes,
)
from .world import World


def test_undo_keeps_an_identity_that_something_uses_by_now(there: World) -> None:
    step = identity_step(there)
    step.apply()
    somebody_adds_endpoint(there, "alarms")
    owner_gets_the_data(there)
    somebody_adds_route(there, "hot-rooms", "alarms")
    undone = step.undo()
    assert undone.removed == ()
    ((name, reason),) = undone.kept
    assert (name, reason.startswith("without it this stops: endpoint alarms. EventHub")) == ("my-first-twins", True)
    assert reason.endswith("events of these routes stop: hot-rooms (all events).")
    cleaning = str(there.clean_up().plan())
    assert "without it this stops: endpoint alarms" in cleaning
    assert "hot-rooms (all events)" in cleaning


def test_switching_off_names_the_roles_in_other_subscriptions_too(there: World) -> None:
    somebody_changes(there, "SystemAssigned")
    object_id = identity_of(there)["principal_id"]
    scope = f"/subscriptions/{PRODUCTION_ID}"
    there.somebody_assigns(EVENT_HUBS_DATA_SENDER, object_id, scope, kind="ServicePrincipal", by="platform-owner")
    plan = identity_step(there, system_assigned="off").plan()
    (lost,) = [loss for loss in plan.losses if loss.kind == "Role assignment"]
    assert f"At {scope} it stays behind" in lost.effect
    assert "Role assignment" not in [
        loss.kind for loss in identity_step(there, "contributor", system_assigned="off").plan().losses
    ], "who can't see that subscription isn't told what is there"


def test_undo_keeps_an_identity_that_others_gave_roles_in_another_subscription(there: World) -> None:
    step = identity_step(there)
    object_id = step.apply().values["Identity object id"]
    scope = f"/subscriptions/{PRODUCTION_ID}"
    there.somebody_assigns(EVENT_HUBS_DATA_SENDER, object_id, scope, kind="ServicePrincipal", by="platform-owner")
    ((_, reason),) = step.undo().kept
    assert f"Azure Event Hubs Data Sender at {scope}" in reason
