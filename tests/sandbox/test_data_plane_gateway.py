"""Who may come into the data plane, in Azure's order of checks, and what a wrong call is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient
from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER
from runbook_lib.sandbox.tokens import LIFETIME
from tests.azure import caller, management, token
from tests.sandbox.finished_instance import AUDIENCE, LAMP, PROPAGATION, ROOM, VERSION, Place, build, model, response


def test_owner_of_the_subscription_gets_a_mute_403(place: Place) -> None:
    with pytest.raises(HttpResponseError, match="Operation returned an invalid status 'Forbidden'") as refused:
        list(place.client().list_models())
    assert refused.value.status_code == 403
    assert response(refused.value).headers["Content-Length"] == "0"
    assert response(refused.value).body() == b""


def test_a_role_opens_the_data_plane_once_it_has_propagated(place: Place) -> None:
    place.give(DATA_OWNER, "owner")
    with pytest.raises(HttpResponseError, match="Forbidden"):
        list(place.client().list_models())
    place.clock.advance(PROPAGATION)
    assert list(place.client().list_models()) == []
    assert list(place.client().query_twins("SELECT * FROM digitaltwins")) == []


def test_a_reader_reads_and_does_not_write(place: Place) -> None:
    place.give(DATA_READER, "reader")
    place.clock.advance(PROPAGATION)
    client = place.client("reader")
    assert list(client.list_models()) == []
    assert list(client.list_event_routes()) == []
    with pytest.raises(ResourceNotFoundError):
        client.get_digital_twin("lamp-1")
    for refused in (
        lambda: client.create_models([model(ROOM)]),
        lambda: client.delete_model(ROOM),
        lambda: client.decommission_model(ROOM),
        lambda: client.upsert_digital_twin("lamp-1", {"$metadata": {"$model": LAMP}}),
        lambda: client.delete_event_route("route-1"),
    ):
        with pytest.raises(HttpResponseError, match="Forbidden"):
            refused()


def test_a_role_at_one_instance_does_not_open_its_neighbour(twins: DigitalTwinsClient, place: Place) -> None:
    neighbour = build(place.sandbox, place.clock, "factory-twins-2")
    assert list(twins.list_models()) == []
    with pytest.raises(HttpResponseError, match="Forbidden"):
        list(neighbour.client().list_models())


def refused_tokens(place: Place) -> Iterator[tuple[str, str]]:
    tokens = place.sandbox.cloud.tokens
    good = token(place.sandbox, "owner", AUDIENCE)
    yield "none", ""
    yield "garbage", "abc"
    yield "signature", good[:-8] + ("AAAAAAAA" if not good.endswith("AAAAAAAA") else "BBBBBBBB")
    yield "audience", token(place.sandbox, "owner", "https://management.azure.com")
    yield "expired", tokens.issue(AUDIENCE, caller("owner"), exp=int(place.clock.now().timestamp()) - 1)


def test_a_token_that_is_not_accepted_is_a_401_without_challenge(twins: DigitalTwinsClient, place: Place) -> None:
    assert list(twins.list_models()) == []
    for reason, bad in refused_tokens(place):
        answer = place.send("GET", f"/models?{VERSION}", bad)
        assert answer.status_code == 401, reason
        assert answer.text == '{ "statusCode": 401, "message": "Unauthorized" }', reason
        assert "WWW-Authenticate" not in answer.headers, reason


def test_a_token_grows_old(twins: DigitalTwinsClient, place: Place) -> None:
    held = token(place.sandbox, "owner", AUDIENCE)
    assert place.send("GET", f"/models?{VERSION}", held).status_code == 200
    place.clock.advance(LIFETIME.total_seconds())
    assert place.send("GET", f"/models?{VERSION}", held).status_code == 401


def test_azures_client_names_the_401(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    client = place.client()
    monkeypatch.setattr("tests.azure.token", lambda *_: "not-a-token")
    with pytest.raises(ClientAuthenticationError, match="Unauthorized"):
        list(client.list_models())


def test_a_token_of_another_tenant_finds_no_sub_domain(twins: DigitalTwinsClient, place: Place) -> None:
    assert list(twins.list_models()) == []
    foreign = place.sandbox.cloud.tokens.issue(AUDIENCE, caller("owner"), tid=str(uuid.uuid4()))
    answer = place.send("GET", f"/models?{VERSION}", foreign)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Sub-Domain not found"


def test_without_public_network_access_even_a_role_does_not_help(twins: DigitalTwinsClient, place: Place) -> None:
    assert list(twins.list_models()) == []
    arm = management(place.sandbox).digital_twins
    closed = DigitalTwinsPatchDescription(properties=DigitalTwinsPatchProperties(public_network_access="Disabled"))
    poller = arm.begin_update("rg-twins", "factory-twins", closed)
    place.clock.advance(120)
    poller.result()
    with pytest.raises(HttpResponseError, match="Public network access disabled by policy") as refused:
        list(twins.list_models())
    assert refused.value.status_code == 403
    assert arm.get("rg-twins", "factory-twins").public_network_access == "Disabled"


def test_no_instance_answers_under_a_name_that_nobody_has(place: Place) -> None:
    nowhere = Place(place.sandbox, place.clock, "nobodys-twins.api.weu.digitaltwins.azure.net", "")
    assert nowhere.send("GET", f"/models?{VERSION}").status_code == 404


def test_models_go_with_their_instance(twins: DigitalTwinsClient, place: Place) -> None:
    twins.create_models([model(ROOM)])
    poller = management(place.sandbox).digital_twins.begin_delete("rg-twins", "factory-twins")
    place.clock.advance(120)
    poller.result()
    assert place.send("GET", f"/models?{VERSION}").status_code == 404
    again = build(place.sandbox, place.clock, "factory-twins")
    again.give(DATA_OWNER, "owner")
    place.clock.advance(PROPAGATION)
    assert list(again.client().list_models()) == []
