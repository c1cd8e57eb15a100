"""Models of an instance, uploaded and managed with Azure's own client."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient

from runbook_lib.sandbox.data_plane import models
from tests.azure import http
from tests.sandbox.finished_instance import AUDIENCE, FLOOR, LAMP, ROOM, VERSION, Place, code, model


def test_models_are_stored_listed_read_and_deleted(twins: DigitalTwinsClient, place: Place) -> None:
    room = model(ROOM, displayName="Room", description={"en": "A room", "de": "Ein Raum"})
    created = twins.create_models([room, model(FLOOR)])
    assert [m.id for m in created] == [ROOM, FLOOR]
    assert created[0].display_name == {"en": "Room"}
    assert created[0].upload_time is not None
    assert abs((created[0].upload_time - place.clock.now()).total_seconds()) < 1
    listed = {m.id: m for m in twins.list_models()}
    assert set(listed) == {ROOM, FLOOR}
    assert listed[ROOM].description == {"en": "A room", "de": "Ein Raum"}
    assert listed[ROOM].model is None
    assert twins.get_model(ROOM, include_model_definition=True).model == room
    twins.delete_model(ROOM)
    assert [m.id for m in twins.list_models()] == [FLOOR]
    with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
        twins.get_model(ROOM)


def test_an_upload_is_stored_whole_or_not_at_all(twins: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError, match="DTDLParserError"):
        twins.create_models([model(ROOM), model(FLOOR, extends=LAMP)])
    assert list(twins.list_models()) == []
    twins.create_models([model(ROOM)])
    with pytest.raises(ResourceExistsError) as exists:
        twins.create_models([model(LAMP), model(ROOM)])
    assert code(exists) == "ModelIdAlreadyExists"
    assert [m.id for m in twins.list_models()] == [ROOM]


def test_an_upload_may_lean_on_what_is_stored(twins: DigitalTwinsClient) -> None:
    twins.create_models([model(ROOM)])
    twins.create_models([model(FLOOR, extends=ROOM)])
    assert [m.id for m in twins.list_models()] == [FLOOR, ROOM]


def test_ids_that_differ_in_case_are_two_models(twins: DigitalTwinsClient) -> None:
    small = ROOM.replace("Room", "room")
    twins.create_models([model(ROOM, displayName="capital"), model(small, displayName="small")])
    assert twins.get_model(ROOM).display_name == {"en": "capital"}
    assert twins.get_model(small).display_name == {"en": "small"}


def test_a_list_comes_in_pages(twins: DigitalTwinsClient, place: Place) -> None:
    ids = [f"dtmi:com:contoso:Part{number:03d};1" for number in range(205)]
    twins.create_models([model(identifier) for identifier in ids])
    pages = [[m.id for m in page] for page in twins.list_models().by_page()]
    assert [len(page) for page in pages] == [100, 100, 5]
    assert [identifier for page in pages for identifier in page] == ids
    first = place.send("GET", f"/models?{VERSION}", headers={"max-items-per-page": "3"}).json()
    assert [m["id"] for m in first["value"]] == ids[:3]
    second = http(place.sandbox, "owner", AUDIENCE).get(first["nextLink"]).json()
    assert [m["id"] for m in second["value"]] == ids[3:6]


@pytest.mark.parametrize("size", ["0", "-1", "many", "9" * 30])
@pytest.mark.usefixtures("twins")
def test_a_page_size_that_is_none(place: Place, size: str) -> None:
    answer = place.send("GET", f"/models?{VERSION}", headers={"max-items-per-page": size})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidArgument")


def test_a_list_of_some_models_brings_what_they_depend_on(twins: DigitalTwinsClient, place: Place) -> None:
    component = {"@type": "Component", "name": "lamp", "schema": LAMP}
    aim = {"@type": "Relationship", "name": "next", "target": "dtmi:com:contoso:Other;1"}
    other = model("dtmi:com:contoso:Other;1")
    twins.create_models([model(ROOM, extends=FLOOR), model(FLOOR, contents=[component, aim]), model(LAMP), other])
    found = list(twins.list_models([ROOM], include_model_definition=True))
    assert {m.id for m in found} == {ROOM, FLOOR, LAMP}
    assert all(m.model for m in found)
    joined = place.send("GET", f"/models?{VERSION}&dependenciesFor={LAMP},{other['@id']}").json()
    assert [m["id"] for m in joined["value"]] == [LAMP, other["@id"]]
    unfiltered = place.send("GET", f"/models?{VERSION}&dependenciesFor=").json()
    assert len(unfiltered["value"]) == 4


def test_a_model_is_decommissioned_as_often_as_one_likes(twins: DigitalTwinsClient, place: Place) -> None:
    twins.create_models([model(ROOM)])
    assert twins.get_model(ROOM).decommissioned is False
    twins.decommission_model(ROOM)
    twins.decommission_model(ROOM)
    assert twins.get_model(ROOM).decommissioned is True
    back = [{"op": "replace", "path": "/decommissioned", "value": False}]
    assert place.send("PATCH", f"/models/{ROOM}?{VERSION}", json=back).status_code == 204
    assert twins.get_model(ROOM).decommissioned is False


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        ({}, "Parameter op must not be empty."),
        ({"op": "move", "path": "/decommissioned"}, "Unsupported operation type move."),
        ({"op": "replace", "path": "/displayName", "value": "x"}, "Could not resolve path /displayName."),
        ({"op": "replace", "path": "/decommissioned", "value": "yes"}, "must be true or false."),
    ],
)
def test_a_patch_that_cannot_be(twins: DigitalTwinsClient, place: Place, operation: Any, problem: str) -> None:
    twins.create_models([model(ROOM)])
    error = place.send("PATCH", f"/models/{ROOM}?{VERSION}", json=[operation]).json()["error"]
    assert error["code"] == "JsonPatchInvalid"
    assert problem in error["message"]


def test_a_model_that_others_need_stays(twins: DigitalTwinsClient) -> None:
    component = {"@type": "Component", "name": "lamp", "schema": LAMP}
    twins.create_models([model(ROOM, contents=[component]), model(LAMP), model(FLOOR, extends=LAMP)])
    with pytest.raises(ResourceExistsError, match=f"referenced by {FLOOR}, {ROOM}") as needed:
        twins.delete_model(LAMP)
    assert code(needed) == "ModelReferencesNotDeleted"
    twins.delete_model(ROOM)
    twins.delete_model(FLOOR)
    twins.delete_model(LAMP)
    assert list(twins.list_models()) == []


def test_an_instance_has_a_limit_of_models(twins: DigitalTwinsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models.STORED_LIMIT == 10_000
    monkeypatch.setattr(models, "STORED_LIMIT", 3)
    twins.create_models([model(ROOM), model(FLOOR)])
    with pytest.raises(HttpResponseError, match="supported limit of 3") as caught:
        twins.create_models([model(LAMP), model("dtmi:com:contoso:Desk;1")])
    assert code(caught) == "LimitExceeded"
    twins.create_models([model(LAMP)])


def test_an_upload_has_250_models_at_most(twins: DigitalTwinsClient) -> None:
    many = [model(f"dtmi:com:contoso:Part{number};1") for number in range(251)]
    with pytest.raises(HttpResponseError, match="exceeds the supported limit of 250"):
        twins.create_models(many)
    assert len(twins.create_models(many[:250])) == 250


def test_a_model_has_a_megabyte_at_most(twins: DigitalTwinsClient) -> None:
    with pytest.raises(HttpResponseError, match="exceeds the supported size of 1 MB"):
        twins.create_models([model(ROOM, comment="x" * 1024 * 1024)])


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"\\ud800"'])
def test_what_could_not_be_read_back_is_not_stored(twins: DigitalTwinsClient, place: Place, value: str) -> None:
    body = f'[{{"@id": "{ROOM}", "@type": "Interface", "@context": "dtmi:dtdl:context;2", "note": {value}}}]'
    answer = place.send("POST", f"/models?{VERSION}", data=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert list(twins.list_models()) == []


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'["\\ud800"]', b"[NaN]", b"[" * 100_000, b'[{"@id": 1e999}]', b'{"a": 1}', b"7", b"[[]]"],
)
@pytest.mark.usefixtures("twins")
def test_a_hostile_body_is_a_400(place: Place, body: bytes) -> None:
    for method, path in (
        ("POST", "/models"),
        ("POST", "/query"),
        ("PUT", "/eventroutes/route-1"),
        ("PUT", "/digitaltwins/a"),
    ):
        answer = place.send(method, f"{path}?{VERSION}", data=body)
        assert answer.status_code == 400, (method, path)
        assert answer.json()["error"]["code"]
