"""Fault injection: each effect as a client sees it, which calls it applies to, and how it is undone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.faults import Effect, Fault, Faults
from runbook_lib.sandbox.store import Store
from runbook_lib.sandbox.world import TENANT_ID
from tests import azure
from tests.sandbox.control_plane import ARM, GROUP, NEW, SUBSCRIPTION, TWINS, call, error, follow, instance, prepare

GROUPS = f"{SUBSCRIPTION}/resourcegroups"
GRAPH = "https://graph.microsoft.com"
KEYS = f"https://login.microsoftonline.com/{TENANT_ID}/discovery/v2.0/keys"
INSTANCE_WRITE = "Microsoft.DigitalTwins/digitalTwinsInstances/write"


def add(sandbox: Sandbox, effect: Effect, **conditions: Any) -> Fault:
    return sandbox.cloud.faults.add(Fault(effect, **conditions))


def groups(sandbox: Sandbox, **more: Any) -> requests.Response:
    return call(sandbox, "GET", GROUPS, **more)


def every_service(sandbox: Sandbox) -> dict[str, requests.Response]:
    """Ask each service something; the data plane has no instance, so that it answers 404 where all is well."""
    data = "https://my-twins.api.weu.digitaltwins.azure.net"
    return {
        "login": azure.http(sandbox).get(KEYS),
        "arm": groups(sandbox),
        "graph": azure.http(sandbox, "owner", GRAPH).get(f"{GRAPH}/v1.0/me"),
        "data": azure.http(sandbox, "owner", "https://digitaltwins.azure.net").get(f"{data}/models"),
    }


class TestAnswers:
    @pytest.mark.parametrize(
        ("effect", "status"), [(Effect.THROTTLED, 429), (Effect.INTERNAL_ERROR, 500), (Effect.UNAVAILABLE, 503)]
    )
    def test_every_service_fails_in_its_own_envelope(self, sandbox: Sandbox, effect: Effect, status: int) -> None:
        add(sandbox, effect, seconds=7)
        answers = every_service(sandbox)
        assert {answer.status_code for answer in answers.values()} == {status}
        assert {answer.headers["Retry-After"] for answer in answers.values()} == {"7"}
        assert answers["login"].json()["error_description"].startswith("AADSTS")
        assert set(answers["arm"].json()["error"]) == {"code", "message"}
        assert "innerError" in answers["graph"].json()["error"]
        assert set(answers["data"].json()["error"]) == {"code", "message"}
        assert answers["arm"].headers["x-ms-request-id"] and answers["arm"].headers["x-ms-failure-cause"] == "gateway"
        assert answers["data"].headers["mise-correlation-id"]

    def test_the_recorded_words_of_throttling(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.THROTTLED, seconds=324)
        assert error(groups(sandbox)) == (
            429,
            "ResourceRequestsThrottled",
            (
                "Number of requests for action 'GET' exceeded the limit of '150' for time interval '01:00:00'. "
                "Please try again after '324' seconds."
            ),
        )

    def test_code_and_message_can_be_chosen(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.UNAVAILABLE, code="ServerTimeout", message="Try later.")
        answer = groups(sandbox)
        assert error(answer) == (503, "ServerTimeout", "Try later.")
        assert "Retry-After" not in answer.headers

    def test_an_official_client_rides_out_a_short_fault(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.UNAVAILABLE, service="arm", times=2, seconds=0)
        assert list(azure.resources(sandbox).resource_groups.list()) == []
        assert [fault.struck for fault in sandbox.cloud.faults.known()] == [2]

    def test_an_expired_token_is_refused_in_the_services_own_words(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.EXPIRE_TOKEN)
        answers = every_service(sandbox)
        assert error(answers["arm"])[:2] == (401, "ExpiredAuthenticationToken")
        assert "expired" in error(answers["graph"])[2]
        assert answers["login"].status_code == 200, "who asks for keys shows no token"
        anonymous = azure.http(sandbox).get(f"{GRAPH}/v1.0/me")
        assert error(anonymous)[2] == "Access token is empty."

    def test_a_fault_leaves_nothing_behind_when_it_is_cleared(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.INTERNAL_ERROR)
        assert groups(sandbox).status_code == 500
        sandbox.cloud.faults.clear()
        assert groups(sandbox).status_code == 200


class TestConnections:
    def test_a_request_that_is_dropped_was_not_carried_out(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.DROP, method="PUT")
        with pytest.raises(requests.ConnectionError):
            call(sandbox, "PUT", GROUP, NEW)
        assert groups(sandbox).json()["value"] == []

    def test_an_answer_that_is_dropped_was_carried_out(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.DROP_ANSWER, method="put")
        with pytest.raises(requests.ConnectionError):
            call(sandbox, "PUT", GROUP, NEW)
        assert len(groups(sandbox).json()["value"]) == 1

    def test_latency_delays_the_answer(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.LATENCY, seconds=0.15)
        assert groups(sandbox).elapsed.total_seconds() >= 0.15
        add(sandbox, Effect.LATENCY, seconds=0.15)
        assert groups(sandbox).elapsed.total_seconds() >= 0.3, "latencies add up"

    def test_latency_keeps_nobody_else_waiting_and_the_work_is_done_at_once(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.LATENCY, seconds=3600, method="PUT")
        arrived = threading.Event()
        sandbox.cloud.observers.append(lambda request, _: arrived.set() if request.method == "PUT" else None)
        session = azure.http(sandbox, "owner")

        def wait_in_vain() -> None:
            with pytest.raises(requests.Timeout):
                session.put(f"{ARM}{GROUP}?api-version=2022-09-01", json=NEW, timeout=1)

        waiting = threading.Thread(target=wait_in_vain)
        waiting.start()
        assert arrived.wait(5)
        assert len(groups(sandbox).json()["value"]) == 1
        assert waiting.is_alive()
        waiting.join()


class TestOperations:
    @pytest.fixture
    def ready(self, sandbox: Sandbox, clock: ManualClock) -> Sandbox:
        prepare(sandbox, clock)
        return sandbox

    def begin(self, sandbox: Sandbox) -> str:
        answer = call(sandbox, "PUT", TWINS, NEW)
        assert answer.status_code == 201, answer.text
        return answer.headers["Azure-AsyncOperation"]

    def state(self, sandbox: Sandbox) -> str:
        return str(call(sandbox, "GET", TWINS).json()["properties"]["provisioningState"])

    def test_slow(self, ready: Sandbox, clock: ManualClock) -> None:
        add(ready, Effect.SLOW, action=INSTANCE_WRITE, seconds=1000)
        address = self.begin(ready)
        clock.advance(1000)
        assert follow(ready, address).json()["status"] == "Running"
        clock.advance(60)
        assert follow(ready, address).json()["status"] == "Succeeded"

    def test_stuck_until_the_fault_is_cleared(self, ready: Sandbox, clock: ManualClock) -> None:
        fault = add(ready, Effect.STUCK, path="*/digitalTwinsInstances/*")
        address = self.begin(ready)
        clock.advance(1_000_000)
        assert follow(ready, address).json()["status"] == "Running"
        assert self.state(ready) == "Provisioning"
        ready.cloud.faults.clear(fault.id)
        assert follow(ready, address).json()["status"] == "Succeeded"
        assert self.state(ready) == "Succeeded"

    @pytest.mark.parametrize(
        ("effect", "status", "code"),
        [(Effect.FAILED, "Failed", "InternalServerError"), (Effect.CANCELED, "Canceled", "OperationPreempted")],
    )
    def test_a_bad_end(self, ready: Sandbox, clock: ManualClock, effect: Effect, status: str, code: str) -> None:
        add(ready, effect, provider="microsoft.digitaltwins", method="PUT", times=1)
        address = self.begin(ready)
        assert follow(ready, address).json()["status"] == "Running"
        clock.advance(60)
        watched = follow(ready, address).json()
        assert (watched["status"], watched["error"]["code"]) == (status, code)
        shown = call(ready, "GET", TWINS).json()["properties"]
        assert (shown["provisioningState"], shown["hostName"]) == (status, None)

    def test_the_official_client_raises_the_operations_error_and_a_repetition_cures(
        self, ready: Sandbox, clock: ManualClock
    ) -> None:
        add(ready, Effect.FAILED, action=INSTANCE_WRITE, times=1, code="OutOfCapacity", message="No room in there.")
        with pytest.raises(HttpResponseError, match="OutOfCapacity") as caught:
            instance(ready, clock)
        assert "No room in there." in caught.value.message
        assert instance(ready, clock).provisioning_state == "Succeeded"

    def test_a_failed_deletion_leaves_the_instance(self, ready: Sandbox, clock: ManualClock) -> None:
        instance(ready, clock)
        add(ready, Effect.FAILED, method="DELETE", times=1)
        delete = azure.management(ready).digital_twins.begin_delete
        for succeeds in (False, True):
            poller = delete("rg-twins", "my-twins")
            clock.advance(60)
            if succeeds:
                poller.result()
                assert call(ready, "GET", TWINS).status_code == 404
            else:
                with pytest.raises(HttpResponseError):
                    poller.result()
                assert self.state(ready) == "Failed"

    def test_a_failed_deletion_of_a_group_is_told_and_leaves_the_group(
        self, ready: Sandbox, clock: ManualClock
    ) -> None:
        add(ready, Effect.FAILED, method="DELETE", times=1)
        poller = azure.resources(ready).resource_groups.begin_delete("rg-twins")
        clock.advance(600)
        with pytest.raises(HttpResponseError, match="The operation failed"):
            poller.result()
        assert call(ready, "HEAD", GROUP).status_code == 204

    def test_nothing_but_operations_is_touched(self, ready: Sandbox) -> None:
        add(ready, Effect.FAILED)
        assert groups(ready).status_code == 200
        assert [fault.seen for fault in ready.cloud.faults.known()] == [0]


class TestConditions:
    @pytest.mark.parametrize(
        ("conditions", "struck"),
        [
            ({}, {"login", "arm", "graph", "data"}),
            ({"service": "graph"}, {"graph"}),
            ({"method": "POST"}, set()),
            ({"path": "/subscriptions/*/RESOURCEGROUPS"}, {"arm"}),
            ({"path": "/subscriptions"}, set()),
            ({"path": "*/m*"}, {"graph", "data"}),
            ({"action": "microsoft.resources/*/READ"}, {"arm"}),
            ({"action": "Microsoft.DigitalTwins/models/read"}, {"data"}),
            ({"provider": "Microsoft.DigitalTwins"}, set()),
            ({"service": "arm", "method": "get", "path": "*groups", "action": "*/read"}, {"arm"}),
            ({"service": "arm", "path": "*/models"}, set()),
        ],
    )
    def test_who_is_struck(self, sandbox: Sandbox, conditions: dict[str, str], struck: set[str]) -> None:
        add(sandbox, Effect.INTERNAL_ERROR, **conditions)
        answers = every_service(sandbox)
        assert {name for name, answer in answers.items() if answer.status_code == 500} == struck

    def test_the_next_ones_and_no_more(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.INTERNAL_ERROR, times=2)
        assert [groups(sandbox).status_code for _ in range(4)] == [500, 500, 200, 200]
        (fault,) = sandbox.cloud.faults.known()
        assert (fault.seen, fault.struck, fault.used_up) == (2, 2, True)

    def test_of_several_the_first_decides(self, sandbox: Sandbox) -> None:
        add(sandbox, Effect.UNAVAILABLE, times=1)
        add(sandbox, Effect.INTERNAL_ERROR, times=1)
        assert [groups(sandbox).status_code for _ in range(3)] == [503, 500, 200]

    @pytest.mark.parametrize(
        "wrong",
        [{"service": "mail"}, {"probability": 0}, {"probability": 1.5}, {"times": -1}, {"seconds": -0.1}],
    )
    def test_what_makes_no_sense_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"no service 'mail'|probability|negative"):
            Fault(Effect.DROP, **wrong)


class TestChance:
    def outcomes(self, seed: int, calls: int = 400) -> list[int]:
        with Sandbox(pace=Pace.INSTANT) as sandbox:
            add(sandbox, Effect.INTERNAL_ERROR, probability=0.25, seed=seed)
            handle = sandbox.cloud.faults.inject
            request = _request()
            return [int(handle(request, "arm", lambda _: "").fault is not None) for _ in range(calls)]

    def test_the_same_seed_strikes_the_same_calls_and_about_as_many_as_it_should(self) -> None:
        first = self.outcomes(seed=1)
        assert first == self.outcomes(seed=1)
        assert first != self.outcomes(seed=2)
        assert 70 <= sum(first) <= 130


class TestSwitchboard:
    def test_ids_count_up_and_clearing_takes_what_is_named(self, sandbox: Sandbox) -> None:
        faults = sandbox.cloud.faults
        first, second = add(sandbox, Effect.DROP), add(sandbox, Effect.LATENCY)
        assert (first.id, second.id) == ("1", "2")
        assert [fault.id for fault in faults.clear("1")] == ["1"]
        assert faults.known() == [second]
        with pytest.raises(KeyError):
            faults.clear("1")
        assert add(sandbox, Effect.DROP).id == "3"
        assert len(faults.clear()) == 2 and faults.known() == []

    def test_faults_survive_a_restart(self, tmp_path: Any) -> None:
        path = tmp_path / "state.sqlite"
        with Sandbox(path=path) as sandbox:
            add(sandbox, Effect.INTERNAL_ERROR, times=3)
            assert groups(sandbox).status_code == 500
            azure.close_clients(sandbox)
        with Sandbox(path=path) as sandbox:
            assert [groups(sandbox).status_code for _ in range(3)] == [500, 500, 200]
            azure.close_clients(sandbox)

    def test_another_process_may_switch_them(self, tmp_path: Any) -> None:
        path = tmp_path / "state.sqlite"
        with Sandbox(path=path) as sandbox:
            other = Store(path)
            assert groups(sandbox).status_code == 200
            Faults(other).add(Fault(Effect.UNAVAILABLE))
            assert groups(sandbox).status_code == 503
            Faults(other).clear()
            assert groups(sandbox).status_code == 200
            other.close()
            azure.close_clients(sandbox)


def _request() -> Any:
    from runbook_lib.sandbox.http import Request

    return Request("GET", "management.azure.com", "/subscriptions")


@pytest.fixture(autouse=True)
def _no_fault_is_left(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.cloud.faults.clear()
