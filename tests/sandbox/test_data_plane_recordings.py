"""The data plane against recorded answers of the real service."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from azure.digitaltwins.core import DigitalTwinsClient

from tests.sandbox.place import VERSION, Place, model

STORED_BEFORE = {
    "test_components.test_update_component_add.yaml": ("DTComponentTestsComponent", "DTComponentTestsModel"),
    "test_models.test_create_model_existing.yaml": ("ComponentModel2fc70f9f", "TempModel2fc70f9f"),
}
"""Models that the recorded test had stored before the recorded call; the last has the first as a component."""
NEEDS_TWINS = ("PUT", "PATCH")
"""Recorded calls on twins that the recorded test had created: the sandbox has none yet."""


def recorded_errors() -> list[Any]:
    folder = os.environ.get("AZURE_SPECS_DIR", "")
    if not folder:
        reason = "AZURE_SPECS_DIR does not say where the recordings are"
        return [pytest.param({}, id="recordings", marks=pytest.mark.skip(reason=reason))]
    text = (Path(folder) / "recordings" / "dataplane-errors.json").read_text("utf-8")
    found = []
    for exchange in json.loads(text)["interactions"]:
        request, on_twin = exchange["request"], exchange["operation"].startswith("digitaltwins/")
        existing = on_twin and (request["method"] in NEEDS_TWINS or "/foo/" not in request["uri"])
        if not existing:
            name = exchange["file"].removesuffix(".yaml").partition(".")[2]
            found.append(pytest.param(exchange, id=f"{name}-{exchange['response']['body']['error']['code']}"))
    return found


def today(text: str) -> str:
    """The service's links have been https since 2022; these recordings are of 2020."""
    return text.replace("http://aka.ms", "https://aka.ms")


@pytest.mark.parametrize("exchange", recorded_errors())
def test_answers_as_the_real_service_was_recorded_to(
    exchange: dict[str, Any], twins: DigitalTwinsClient, place: Place
) -> None:
    request, response = exchange["request"], exchange["response"]
    path = urlsplit(request["uri"]).path
    stored = STORED_BEFORE.get(exchange["file"], ())
    if stored and not (request["method"] == "GET" and unquote(path).startswith("/models/")):
        part, whole = (f"dtmi:com:samples:{name};1" for name in stored)
        component = {"@type": "Component", "name": "Component1", "schema": part}
        twins.create_models([model(part), model(whole, contents=[component])])
    body = None if request["body"] is None else json.dumps(request["body"])
    answer = place.send(request["method"], f"{path}?{VERSION}", data=body)
    assert answer.status_code == response["status"]
    assert answer.headers["Content-Type"] == response["headers"]["content-type"]
    recorded = response["body"]["error"]
    assert answer.json()["error"] == recorded | {"message": today(recorded["message"])}


@pytest.mark.skipif(not os.environ.get("AZURE_SPECS_DIR"), reason="AZURE_SPECS_DIR does not say where they are")
def test_enough_recordings_are_compared() -> None:
    assert len(recorded_errors()) == 12
