"""Looking for what Azure has confirmed, on a clock of our own."""

from __future__ import annotations

import pytest

from runbook_lib.azure.waiting import Patience, Waiting, patience, patiently


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def waiting(pauses: list[float]) -> Waiting:
    return Waiting(now=lambda: sum(pauses), sleep=pauses.append)


def test_it_looks_until_something_shows(waiting: Waiting, pauses: list[float]) -> None:
    looks = iter([None, None, "it"])
    assert waiting.shown(lambda: next(looks), 30) == "it"
    assert len(pauses) == 2


def test_it_gives_up_after_its_own_pauses(waiting: Waiting, pauses: list[float]) -> None:
    assert waiting.shown(lambda: None, 30) is None
    assert sum(pauses) == pytest.approx(30)


def test_requests_in_between_wait_as_long_as_azure_asks(waiting: Waiting, pauses: list[float]) -> None:
    lefts: list[float] = []

    def look() -> str | None:
        current: Patience = patience()
        current.pause(200, "Azure asks to wait 200 s")
        lefts.append(current.left)
        return "it" if len(lefts) > 1 else None

    with patiently(waiting, 900, tell=lambda _why, _seconds: None):
        assert waiting.shown(look, 30) == "it"
    assert lefts == [pytest.approx(700), pytest.approx(500)]
    assert pauses == [200, 0.5, 200]
