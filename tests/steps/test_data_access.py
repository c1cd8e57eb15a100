"""Who is let in to an instance's data, and what the others are told: the same in all steps that use it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

from runbook_lib.azure.clients import Clients
from runbook_lib.azure.target import Target
from runbook_lib.errors import AzureRefused, InputError, PermissionMissing, SignInFailed, TimedOut
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER
from runbook_lib.sandbox.world import TENANT_ID, persona
from runbook_lib.steps.core.context import Context
from runbook_lib.steps.data.call_rest import CallRest
from tests import azure

from .data import HOST, build, call, connect, statuses
from .plant import SCOPE
from .world import NoPresenter, Phases, World


def test_who_has_no_role_for_the_data_is_told_the_way_to_notebook_02(there: World) -> None:
    for step in (call(there), build(there), connect(there)):
        plan = step.plan()
        assert plan.blocked
        assert plan.changes == ()
        with pytest.raises(PermissionMissing) as caught:
            step.apply()
        error = caught.value
        assert "403 with an empty body" in error.message
        assert "Owner and Contributor manage the instance" in error.meaning
        assert "02-assign-access" in error.remedy
        assert error.scope == SCOPE
        assert (error.request, error.who) == ("", "You.")  # an Owner needs nobody else
    assert there.journal.made("build-graph") == ()


def test_a_reader_of_the_data_is_told_what_it_takes_to_write(there: World) -> None:
    there.somebody_assigns(DATA_READER, persona("owner").id, SCOPE)
    with pytest.raises(PermissionMissing) as caught:
        build(there).apply()
    assert "You can read the instance's data, but you can't do" in caught.value.message
    assert caught.value.role == "Azure Digital Twins Data Owner"
    assert call(there).apply()


def test_a_role_that_does_not_work_yet_is_waited_for(there: World) -> None:
    there.assign().apply()
    step, phases = build(there), Phases()
    plan = step.plan()
    assert not plan.blocked
    assert "doesn't work yet" in plan.problems[0].message
    assert "You'll see what exists once you can read the data." in str(plan)
    assert step.apply(phases).made
    assert "Waiting for the role to take effect" in phases.texts
    assert there.slept


def test_public_access_that_is_off_is_told_from_a_missing_role(let_in: World) -> None:
    patch = DigitalTwinsPatchDescription(properties=DigitalTwinsPatchProperties(public_network_access="Disabled"))
    client = azure.management(let_in.sandbox).digital_twins
    client.begin_update("rg-digital-twins", "my-first-twins", patch, polling=False)
    let_in.clock.advance(600)
    with pytest.raises(AzureRefused) as caught:
        call(let_in).apply()
    assert "public network access is off" in caught.value.message
    assert "04-private-access" in caught.value.remedy


def test_waiting_for_a_role_ends(there: World) -> None:
    there.assign().apply()
    there.stuck = True
    with pytest.raises(TimedOut):
        call(there).apply()


def test_a_missing_instance_is_told_by_every_verb(ready: World) -> None:
    for step in (call(ready), build(ready), connect(ready)):
        with pytest.raises(InputError) as caught:
            step.apply()
        assert "01-create-instance" in caught.value.remedy
        assert statuses(step.verify()) == ["failed"]


class _OtherTenant:
    """Somebody who is signed in to another tenant."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        audience = scopes[0].removesuffix("/.default")
        tenant = "11111111-2222-3333-4444-555555555555" if "digitaltwins" in audience else TENANT_ID
        issued = self._sandbox.cloud.tokens.issue(audience, azure.caller("owner"), tid=tenant)
        return AccessToken(issued, int(time.time()))


def test_a_token_of_another_tenant_is_explained(let_in: World) -> None:
    clients = Clients(Target("sandbox", _OtherTenant(let_in.sandbox), let_in.sandbox.client_settings))
    try:
        with pytest.raises(SignInFailed) as caught:
            CallRest(Context(clients, let_in.journal, NoPresenter()), {"host_name": HOST}).apply()
    finally:
        clients.close()
    assert "a tenant other than" in caught.value.meaning
    assert "tenant" in caught.value.remedy


def test_who_knows_the_host_name_only_can_build_and_take_back(let_in: World) -> None:
    reader, store = persona("reader").id, let_in.sandbox.cloud.store
    for assignment in store.list("role-assignment"):
        if assignment["principalId"] == reader:
            place = f"{assignment['scope']}/providers/Microsoft.Authorization/roleAssignments/{assignment['name']}"
            assert store.delete("role-assignment", place)
    let_in.somebody_assigns(DATA_OWNER, reader, SCOPE)
    step = build(let_in, "reader", host_name=HOST)
    assert step.plan().changes[0].resource_id.startswith(f"https://{HOST}/models/")
    shown = str(step.plan())
    assert f"az dt twin query --dt-name {HOST} " in shown
    assert f"1. https://explorer.digitaltwins.azure.net > Azure Digital Twins URL: https://{HOST} > Save" in shown
    step.apply()
    assert step.verify().passed
    undone = step.undo()
    assert (len(undone.removed), undone.kept) == (16, ())
    assert step.undo().removed == ()
