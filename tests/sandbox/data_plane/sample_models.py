"""A small world for the tests: models of rooms, floors and lamps with everything that the language has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.digitaltwins.core import DigitalTwinsClient

from tests.sandbox.finished_instance import model, response

ROOM, SUITE, FLOOR, LAMP = (f"dtmi:com:contoso:{name};1" for name in ("Room", "Suite", "Floor", "Lamp"))


def prop(name: str, schema: Any = "string", **more: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema, **more}


def component(name: str, schema: str) -> dict[str, Any]:
    return {"@type": "Component", "name": name, "schema": schema}


def relationship(name: str, target: str | None = None, *properties: dict[str, Any]) -> dict[str, Any]:
    made = {"@type": "Relationship", "name": name, "properties": list(properties)}
    return made | ({"target": target} if target else {})


TAGS = {
    "@type": "Map",
    "mapKey": {"name": "tag", "schema": "string"},
    "mapValue": {"name": "value", "schema": "boolean"},
}
SIZE = {"@type": "Object", "fields": [{"name": "width", "schema": "double"}, {"name": "note", "schema": "string"}]}
MOOD = {
    "@type": "Enum",
    "valueSchema": "string",
    "enumValues": [{"name": "calm", "enumValue": "Calm"}, {"name": "busy", "enumValue": "Busy"}],
}

MODELS = [
    model(LAMP, contents=[prop("brightness", "integer"), {"@type": "Telemetry", "name": "power", "schema": "double"}]),
    model(
        ROOM,
        displayName="Room",
        contents=[
            prop("name"),
            prop("temperature", "double"),
            prop("seats", "integer"),
            prop("open", "boolean"),
            prop("tags", TAGS),
            prop("size", SIZE),
            prop("mood", MOOD),
            component("lamp", LAMP),
            {"@type": "Telemetry", "name": "humidity", "schema": "double"},
            {"@type": "Command", "name": "clean"},
            relationship("adjacent", ROOM, prop("doors", "integer")),
        ],
    ),
    model(SUITE, extends=ROOM, contents=[prop("price", "double")]),
    model(FLOOR, contents=[prop("name"), relationship("contains", ROOM, prop("since", "date")), relationship("above")]),
]


def room(model_id: str = ROOM, **properties: Any) -> dict[str, Any]:
    return {"$metadata": {"$model": model_id}, "lamp": {"$metadata": {}}, **properties}


def floor(**properties: Any) -> dict[str, Any]:
    return {"$metadata": {"$model": FLOOR}, **properties}


def to(target: str, name: str = "contains", **properties: Any) -> dict[str, Any]:
    return {"$targetId": target, "$relationshipName": name, **properties}


def patch(verb: str, path: str, value: Any = None) -> dict[str, Any]:
    return {"op": verb, "path": path} | ({} if verb == "remove" else {"value": value})


def plant(client: DigitalTwinsClient) -> None:
    """Upload the models."""
    client.create_models(MODELS)


def details(caught: pytest.ExceptionInfo[HttpResponseError]) -> list[str]:
    """What the service says is wrong, one by one."""
    error = json.loads(response(caught.value).text())["error"]
    assert (error["code"], error["message"]) == ("ValidationFailed", "Invalid twin specified")
    return [detail["message"] for detail in error["details"]]
