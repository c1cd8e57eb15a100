"""Azure's bad days: what is repeated, what is waited for and how visibly, and how it ends when it can't be helped."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from runbook_lib.azure.retries import FAILURE_PAUSES, LOSS_PAUSES
from runbook_lib.azure.target import Target, connect, sandbox_target
from runbook_lib.azure.waiting import SILENT_SECONDS, Waiting, patiently
from runbook_lib.errors import AzureRefused, RunbookError, SignInFailed, Stopped, TimedOut, Unreachable
from runbook_lib.explain.translate import explaining
from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.sandbox.faults import Effect, Fault
from runbook_lib.sandbox.lifecycle import credential_environment
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure

from .cleaning import kinds
from .data import build
from .plant import GROUP_SCOPE, NAME, SCOPE, identity_step
from .world import Phases, World

GROUP_PATH = "*/resourcegroups/*"


def add(world: World, effect: Effect, **conditions: Any) -> None:
    world.sandbox.cloud.faults.add(Fault(effect, **conditions))


def failing(step: Step[Any, Any], kind: type[RunbookError], progress: Phases | None = None) -> RunbookError:
    with pytest.raises(RunbookError) as caught:
        step.apply(progress or Phases())
    assert type(caught.value) is kind, caught.value
    return caught.value


class TestThrottling:
    def test_a_long_pause_is_obeyed_and_shown_and_then_the_phase_comes_back(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, method="PUT", path=SCOPE, seconds=300, times=1)
        phases = Phases()
        ready.create().apply(phases)
        number = phases.texts.index("Azure asks to wait 300 s before the next request (429)")
        assert phases.texts[number - 1] == phases.texts[number + 1] == "Creating the instance"
        assert 300 in ready.slept

    def test_a_pause_beyond_the_timeout_ends_at_once_and_a_rerun_continues(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, method="PUT", path=SCOPE, seconds=3600, times=1)
        error = failing(ready.create(), TimedOut)
        assert "Azure asks to wait 3600 s" in error.message
        assert "600 s that are left" in error.message
        assert "Wait 3600 s, then run this again" in error.remedy
        assert sum(ready.slept) < 60
        assert "Azure Digital Twins instance" in kinds(ready.create().apply().made)

    def test_throttling_without_end_stops_at_the_timeout(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, service="arm", seconds=50)
        error = failing(ready.create(timeout_minutes=5), TimedOut)
        assert error.exit_code == 5
        assert 250 <= sum(ready.slept) <= 300

    def test_the_wait_ends_when_somebody_stops_it(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, service="arm", seconds=200)
        stop, step = threading.Event(), ready.create()
        step.context = replace(step.context, waiting=step.context.waiting.stoppable(stop))
        ready.on_sleep = stop.set
        failing(step, Stopped)
        assert sum(ready.slept) < 1

    def test_a_plan_that_nobody_watches_waits_for_a_moment_only(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, service="arm", seconds=SILENT_SECONDS - 1, times=1)
        ready.create().plan()
        add(ready, Effect.THROTTLED, service="arm", seconds=SILENT_SECONDS + 1, times=1)
        with pytest.raises(TimedOut, match="Azure asks to wait 21 s"):
            ready.create().plan()

    def test_a_plan_that_somebody_watches_waits_as_long_as_the_step(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, service="arm", seconds=120, times=1)
        step, phases = ready.create(), Phases()
        with patiently(step.context.waiting, step.seconds, phases.phase):
            step.plan()
        assert phases.texts == ["Azure asks to wait 120 s before the next request (429)"]

    def test_an_operation_that_is_throttled_ends_in_the_time_of_the_operation(self, ready: World) -> None:
        add(ready, Effect.THROTTLED, path="*/operationsStatuses/*", seconds=45)
        failing(ready.create(timeout_minutes=2), TimedOut)
        assert sum(ready.slept) <= 120


class TestFailures:
    @pytest.mark.parametrize("effect", [Effect.INTERNAL_ERROR, Effect.UNAVAILABLE])
    def test_a_few_are_ridden_out(self, ready: World, effect: Effect) -> None:
        add(ready, effect, method="PUT", path=SCOPE, times=len(FAILURE_PAUSES))
        assert "Azure Digital Twins instance" in kinds(ready.create().apply().made)

    @pytest.mark.parametrize(
        ("effect", "kind"), [(Effect.INTERNAL_ERROR, AzureRefused), (Effect.UNAVAILABLE, Unreachable)]
    )
    def test_too_many_are_told(self, ready: World, effect: Effect, kind: type[RunbookError]) -> None:
        add(ready, effect, method="PUT", path=SCOPE)
        failing(ready.create(), kind)
        assert sum(ready.slept) == sum(FAILURE_PAUSES)


class TestConnections:
    @pytest.mark.parametrize("effect", [Effect.DROP, Effect.DROP_ANSWER])
    def test_a_registration_survives_a_broken_connection(self, world: World, effect: Effect) -> None:
        add(world, effect, method="POST", path="*/register", times=1)
        world.start_here().apply()
        assert world.start_here().verify().passed

    @pytest.mark.parametrize("effect", [Effect.DROP, Effect.DROP_ANSWER])
    def test_a_patch_survives_a_broken_connection(self, there: World, effect: Effect) -> None:
        add(there, effect, method="PATCH", times=1)
        identity_step(there, system_assigned="on").apply()
        assert identity_step(there, system_assigned="on").verify().passed

    @pytest.mark.parametrize("effect", [Effect.DROP, Effect.DROP_ANSWER])
    def test_a_look_into_the_directory_survives_a_broken_connection(self, let_in: World, effect: Effect) -> None:
        add(let_in, effect, service="graph", path="*/getByIds", times=1)
        let_in.assign().plan()
        assert let_in.sandbox.cloud.faults.known()[0].struck == 1

    @pytest.mark.parametrize("path", ["/models", "/digitaltwins/*"])
    def test_what_was_made_without_an_answer_is_known_as_ours(self, let_in: World, path: str) -> None:
        add(
            let_in,
            Effect.DROP_ANSWER,
            service="data",
            method="POST" if path == "/models" else "PUT",
            path=path,
            times=1,
        )
        outcome = build(let_in).apply()
        assert len(outcome.made) == 16
        assert let_in.journal.unfinished() == {}
        assert build(let_in).verify().passed

    def test_a_model_of_others_that_was_faster_is_still_refused(self, let_in: World) -> None:
        step = build(let_in)
        plan, found = step._look()
        build(let_in).apply()
        assert found
        with pytest.raises(RunbookError, match="Somebody else created Model"):
            step._carry_out(plan, found, Phases())

    def test_a_deletion_whose_answer_was_lost_is_done(self, let_in: World) -> None:
        build(let_in).apply()
        add(let_in, Effect.DROP_ANSWER, service="data", method="DELETE", times=1)
        undone = build(let_in).undo()
        assert len(undone.removed) == 16
        assert not undone.kept

    def test_a_lasting_break_ends_soon(self, ready: World) -> None:
        add(ready, Effect.DROP, service="arm")
        assert failing(ready.create(), Unreachable).exit_code == 7
        assert sum(ready.slept) == sum(LOSS_PAUSES)


class TestTokens:
    @pytest.mark.parametrize("service", ["arm", "graph", "data"])
    def test_a_token_that_is_refused_once_is_renewed(self, let_in: World, service: str) -> None:
        add(let_in, Effect.EXPIRE_TOKEN, service=service, times=1)
        step = let_in.assign()
        step.apply()
        assert step.verify().passed
        assert let_in.sandbox.cloud.faults.known()[0].struck == 1

    def test_a_token_that_stays_refused_ends_with_advice_for_notebook_and_pipeline(self, ready: World) -> None:
        add(ready, Effect.EXPIRE_TOKEN)
        error = failing(ready.create(), SignInFailed)
        assert "In a notebook" in error.remedy
        assert "runbook run" in error.remedy


def through_the_sandbox(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead clients of target azure into the sandbox, with a service principal's variables."""
    known = environment(sandbox.settings)
    needed = {name: known[name] for name in ("HTTPS_PROXY", "HTTP_PROXY", "REQUESTS_CA_BUNDLE")}
    for name, value in (needed | credential_environment(sandbox.cloud.store)).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["device code", "service-principal", "default"])
def target(request: pytest.FixtureRequest, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """Somebody who has yet to sign in: a user; and a service principal on target azure, alone and in the chain."""
    if request.param == "device code":
        made = sandbox_target(sandbox.settings, "owner")
    else:
        through_the_sandbox(sandbox, monkeypatch)
        made = connect("azure", request.param)
    yield made
    made.credential.close()  # type: ignore[attr-defined]


class TestSignIn:
    def sign_in(self, target: Target, phases: Phases) -> list[float]:
        slept: list[float] = []
        waiting = Waiting(lambda: sum(slept), slept.append)
        with patiently(waiting, 600, phases.phase), explaining("signing in"):
            target.account()
        return slept

    def test_it_waits_visibly(self, sandbox: Sandbox, target: Target) -> None:
        sandbox.cloud.faults.add(Fault(Effect.THROTTLED, service="login", seconds=90, times=1))
        phases = Phases()
        assert self.sign_in(target, phases) == [90]
        (said,) = phases.texts
        assert "90 s before the next request" in said

    def test_it_waits_within_the_timeout(self, sandbox: Sandbox, target: Target) -> None:
        sandbox.cloud.faults.add(Fault(Effect.THROTTLED, service="login", seconds=90))
        # The chain leaves the pauses to azure-core, which stops after a few.
        chain = type(target.credential).__name__ == "DefaultAzureCredential"
        with pytest.raises(TimedOut) as caught:
            self.sign_in(target, Phases())
        assert ("still asks to wait" if chain else "90 s before the next") in caught.value.message
        assert caught.value.exit_code == 5

    def test_nobody_is_waited_for_longer_than_the_step_can_take(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        through_the_sandbox(sandbox, monkeypatch)
        made = connect("azure", "device-code")
        with pytest.raises(TimedOut) as caught, patiently(Waiting(), 0, Phases().phase), explaining("signing in"):
            made.account()
        made.credential.close()  # type: ignore[attr-defined]
        assert "timeout_minutes" in caught.value.remedy

    def test_an_unknown_tenant_is_called_that(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        through_the_sandbox(sandbox, monkeypatch)
        for way, named in (("device-code", "no-such.example.org"), ("service-principal", str(uuid.uuid4()))):
            made = connect("azure", way, named)
            with pytest.raises(SignInFailed) as caught, patiently(Waiting(), 60), explaining("signing in"):
                made.account()
            assert caught.value.remedy == "Check the parameter tenant, or AZURE_TENANT_ID."

    @pytest.mark.parametrize("effect", [Effect.INTERNAL_ERROR, Effect.UNAVAILABLE, Effect.DROP, Effect.DROP_ANSWER])
    def test_a_service_that_is_down_is_not_called_a_failed_sign_in(
        self, sandbox: Sandbox, target: Target, effect: Effect
    ) -> None:
        sandbox.cloud.faults.add(Fault(effect, service="login"))
        with pytest.raises(Unreachable) as caught:
            self.sign_in(target, Phases())
        assert caught.value.exit_code == 7
        assert "Run this again" in caught.value.remedy or "run this again" in caught.value.remedy

    @pytest.mark.parametrize("effect", [Effect.INTERNAL_ERROR, Effect.UNAVAILABLE, Effect.DROP])
    def test_a_bad_moment_is_ridden_out(self, sandbox: Sandbox, target: Target, effect: Effect) -> None:
        sandbox.cloud.faults.add(Fault(effect, service="login", times=2))
        self.sign_in(target, Phases())


def test_a_subnet_that_failed_is_written_again_with_its_own_range(world: World) -> None:
    world.create(grant_access=True).apply()
    world.clock.advance(600)
    add(world, Effect.FAILED, method="PUT", path="*/subnets/*", times=1)
    step = PrivateAccess(world.context(), {})
    first = next(change.details for change in step.plan().changes if change.kind == "Subnet")
    failing(step, AzureRefused)
    again = PrivateAccess(world.context(), {})
    assert [change.details for change in again.plan().changes if change.kind == "Subnet"] == [first]
    again.apply()
    assert first.startswith("10.20.0.0/27")
    assert again.plan().empty


def test_a_network_that_failed_is_written_again_with_the_subnets_that_others_added(world: World) -> None:
    world.create(grant_access=True).apply()
    world.clock.advance(600)
    network = f"{GROUP_SCOPE}/providers/Microsoft.Network/virtualNetworks/vnet-{NAME}"
    add(world, Effect.FAILED, method="PUT", path=network, times=1)
    failing(PrivateAccess(world.context(), {}), AzureRefused)
    body = {"properties": {"addressPrefix": "10.20.0.128/27"}}
    azure.resources(world.sandbox).resources.begin_create_or_update_by_id(
        f"{network}/subnets/of-a-colleague", body, api_version="2024-05-01", polling=False
    )
    world.clock.advance(60)
    PrivateAccess(world.context(), {}).apply()
    there = world.context().clients.arm.get(network, {"api-version": "2024-05-01"})["properties"]
    assert {one["name"] for one in there["subnets"]} == {"of-a-colleague", "private-endpoints"}
    assert there["provisioningState"] == "Succeeded"
    assert world.journal.unfinished() == {}


def test_a_request_for_a_connection_that_is_there_already_changes_nothing_and_says_so(world: World) -> None:
    world.create(grant_access=True).apply()
    world.clock.advance(600)
    PrivateAccess(world.context(), {}).apply()
    plan = PrivateAccess(world.context(), {"request_approval": True}).plan()
    assert plan.empty
    assert any("is Approved already. request_approval is for a new private endpoint" in note for note in plan.notes)
