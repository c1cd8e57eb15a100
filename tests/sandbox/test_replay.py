"""Recorded exchanges of the real services, sent to the sandbox in their order: its answers must be like theirs."""

from __future__ import annotations

import os
from functools import cache

import pytest
import requests

from tests.sandbox import coverage
from tests.sandbox.replay.comparison import differences
from tests.sandbox.replay.exchanges import RECORDINGS, Exchange
from tests.sandbox.replay.known_differences import outdated, unexplained
from tests.sandbox.replay.report import table
from tests.sandbox.replay.run import Outcome, replay

SPECS = os.environ.get("AZURE_SPECS_DIR", "")
pytestmark = pytest.mark.skipif(not SPECS, reason="AZURE_SPECS_DIR does not say where the recordings are")


@cache
def replayed(recording: str) -> list[Outcome]:
    """How a recording went; each is sent once in a test run."""
    return replay(SPECS, recording)


@pytest.mark.parametrize("recording", RECORDINGS)
def test_every_difference_from_a_recording_has_a_reason(recording: str) -> None:
    assert unexplained(replayed(recording)) == []


def test_every_reason_is_still_needed() -> None:
    assert outdated([outcome for recording in RECORDINGS for outcome in replayed(recording)]) == []


def test_all_recordings_are_replayed() -> None:
    assert {recording: len(replayed(recording)) for recording in RECORDINGS} == {
        "controlplane-privateendpoint-digitaltwins": 27,
        "arm-graph-selected": 58,
        "dataplane-success": 22,
        "dataplane-errors": 31,
    }


def test_the_sandboxs_readme_shows_the_outcome() -> None:
    outcome = table({recording: replayed(recording) for recording in RECORDINGS})
    assert outcome in coverage.PAGE.read_text("utf-8"), "run: python -m tests.sandbox.coverage keep"


# ---- the judge is judged ---------------------------------------------------------------------------------------------


BODY = {"name": "n", "properties": {"provisioningState": "Succeeded"}, "value": [{"a": 1}, {"b": None}]}
HEADERS = {"content-type": "application/json", "etag": "W/1", "retry-after": "10"}
KEPT = {*HEADERS, "azure-asyncoperation"}
"""The headers that the recording shows somewhere."""


def judged(status: int = 200, body: str = "", headers: dict[str, str] | None = None) -> list[str]:
    """What is found when the recorded answer has BODY and HEADERS, and ours is this."""
    recorded = Exchange("r", 0, "s", "GET", "https://management.azure.com/", None, 200, HEADERS, BODY)
    ours = requests.Response()
    ours.status_code, ours._content = status, body.encode()
    ours.headers.update({"Content-Type": "application/json", "ETag": "W/2", "Retry-After": "5"} | (headers or {}))
    return list(differences(recorded, ours, KEPT))


def test_new_values_of_the_same_shape_are_alike() -> None:
    assert judged(body='{"name": "m", "properties": {"provisioningState": "Succeeded"}, "value": [{"b": null}]}') == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", "body: missing"),
        (
            '{"name": null, "properties": {"provisioningState": "Succeeded"}, "value": [{"a": 2}]}',
            "body: /name is null instead of string",
        ),
        (
            '{"name": "n", "properties": {"provisioningState": "Baking"}, "value": [{"a": 2}]}',
            "body: /properties/provisioningState is 'Baking' instead of 'Succeeded'",
        ),
        ('{"name": "n", "properties": {}, "value": [{"a": 2}]}', "body: /properties/provisioningState is missing"),
        (
            '{"name": "n", "more": 1, "properties": {"provisioningState": "Succeeded"}, "value": [{"a": 2}]}',
            "body: /more was not recorded",
        ),
        ('{"name": "n", "properties": {"provisioningState": "Succeeded"}, "value": []}', "body: /value is empty"),
        (
            '{"name": "n", "properties": {"provisioningState": "Succeeded"}, "value": [{"a": "1"}]}',
            "body: /value/*/a is string instead of number",
        ),
    ],
)
def test_a_body_of_another_shape_is_found(body: str, found: str) -> None:
    assert judged(body=body) == [found]


def test_another_status_is_found() -> None:
    assert judged(404) == ["status 404 instead of 200"]


def test_other_headers_are_found() -> None:
    body = '{"name": "n", "properties": {"provisioningState": "Succeeded"}, "value": [{"a": 1}]}'
    headers = {"Content-Type": "text/html", "Location": "is not looked at", "Azure-AsyncOperation": "x"}
    assert judged(body=body, headers=headers) == [
        "header azure-asyncoperation: there although none was recorded",
        "header content-type: 'text/html' instead of 'application/json'",
    ]
