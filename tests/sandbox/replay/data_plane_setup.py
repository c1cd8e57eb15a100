"""What recordings of the data plane found in place: Microsoft's tests made it, in requests that were not published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.sandbox.control_plane import GROUP
from tests.sandbox.finished_instance import model

from .environment import RECORDED_TWINS, Environment

BUILDING, FLOOR, ROOM = (f"DTRelationshipTests{kind}Twin" for kind in ("Building", "Floor", "Room"))
COMPONENT, WHOLE = "dtmi:com:samples:DTComponentTestsComponent;1", "dtmi:com:samples:DTComponentTestsModel;1"
BUILDING_MODEL, PLACE_MODEL = "dtmi:samples:DTTestBuilding;1", "dtmi:com:samples:Place;1"

Preparation = Callable[[Environment], object]


def _property(name: str, schema: str = "string") -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema}


def _twin(world: Environment, identifier: str, of: str, **properties: Any) -> None:
    world.data("PUT", f"/digitaltwins/{identifier}", {"$metadata": {"$model": of}, **properties})


def _building_model(world: Environment) -> None:
    contents = [_property("AverageTemperature", "double"), _property("TemperatureUnit")]
    world.data("POST", "/models", [model(BUILDING_MODEL, displayName="Building", contents=contents)])


def _buildings(*identifiers: str) -> Preparation:
    def prepare(world: Environment) -> None:
        _building_model(world)
        for identifier in identifiers:
            _twin(world, identifier, BUILDING_MODEL, TemperatureUnit="Celsius", AverageTemperature=68)
        _twin(world, "cold", BUILDING_MODEL, TemperatureUnit="Celsius")

    return prepare


def _component_models(world: Environment) -> None:
    telemetry = {"@type": "Telemetry", "name": "ComponentTelemetry1", "schema": "integer"}
    part = {"@type": "Component", "name": "Component1", "schema": COMPONENT}
    world.data(
        "POST",
        "/models",
        [
            model(COMPONENT, contents=[_property("ComponentProp1"), telemetry]),
            model(WHOLE, contents=[_property("Prop1"), part]),
        ],
    )


def _component(world: Environment) -> None:
    _component_models(world)
    part = {"$metadata": {}, "ComponentProp1": "value1"}
    _twin(world, "DTComponentTestsTempTwin", WHOLE, Prop1="value", Component1=part)


def _two_models(world: Environment) -> None:
    world.data(
        "POST",
        "/models",
        [
            model(f"dtmi:com:samples:{name};1", displayName="Component1", contents=[_property("Prop1")])
            for name in ("TempModel2fc70f9f", "ComponentModel3510e6b")
        ],
    )


def _places(world: Environment) -> None:
    has = {"@type": "Relationship", "name": "has", "properties": [_property("isAccessRestricted", "boolean")]}
    contains = {"@type": "Relationship", "name": "contains"}
    world.data("POST", "/models", [model(PLACE_MODEL, contents=[has, contains])])
    for identifier in (BUILDING, FLOOR, ROOM):
        _twin(world, identifier, PLACE_MODEL)


def _graph(world: Environment) -> None:
    _places(world)
    for source, name, target, kind, more in (
        (BUILDING, "BuildingHasFloor", FLOOR, "has", {"isAccessRestricted": False}),
        (FLOOR, "FloorContainsRoom", ROOM, "contains", {}),
    ):
        body = {"$targetId": target, "$relationshipName": kind, **more}
        world.data("PUT", f"/digitaltwins/{source}/relationships/{name}", body)


def _nothing(_world: Environment) -> None:
    pass


def _each(numbers: Iterable[int], preparation: Preparation) -> dict[int, Preparation]:
    return dict.fromkeys(numbers, preparation)


PLACES: dict[str, dict[int, Preparation]] = {
    "dataplane-success": {
        **_each(range(3), _building_model),
        3: _component_models,
        **_each(range(4, 8), _component),
        8: _buildings("digitalTwin-ab481bb1"),
        9: _buildings("digitalTwin-64b71110"),
        10: _buildings("warm"),
        11: _buildings("digitalTwin-be7212e9"),
        12: _nothing,
        13: _two_models,
        14: _two_models,
        **_each(range(15, 22), _graph),
        15: _places,
        17: _places,
        19: _places,
    },
    "dataplane-errors": {
        **_each(range(10), _component),
        10: _buildings("digitalTwin-ab481bb1"),
        11: _building_model,
        12: _building_model,
        13: _building_model,
        14: _buildings("digitalTwin-93531716"),
        15: _building_model,
        16: _nothing,
        17: _nothing,
        18: _nothing,
        **_each(range(19, 25), _two_models),
        **_each(range(25, 31), _graph),
        25: _places,
        28: _places,
    },
}
"""What each exchange needs. They are samples of many tests, so each has a new instance of its own."""


def instance(world: Environment, preparation: Preparation) -> None:
    """Make the recorded instance anew, with what a call finds there; queries see it too."""
    path = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/{RECORDED_TWINS}"
    world.arm("DELETE", path)
    world.arm("PUT", path, {"location": "westcentralus"})
    preparation(world)
    world.clock.advance(10)
