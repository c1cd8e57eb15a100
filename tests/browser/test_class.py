"""A class as people see it: the board in a browser, and what a trainer does in a learner's JupyterLab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from runbook_lib import sandbox
from runbook_lib.guide import working_copy
from runbook_lib.record.journal import Journal
from runbook_lib.workshop import membership
from runbook_lib.workshop.agent import Agent
from tests.workshop.school import School, client, report

from .lab import chromium, jupyter_lab, open_browser, run_all
from .test_accessibility import AXE, CHROMIUM, pytestmark  # noqa: F401  # the same conditions

WITHIN_SECONDS = 2.0
"""How soon an action of the trainer takes effect."""


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    (tmp_path / "school").mkdir()
    made = School(tmp_path / "school")
    made.time = time.time()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def page(school: School) -> Iterator[Page]:
    """The trainer's browser, on the board."""
    with open_browser(chromium()) as browser:
        made = browser.new_page(viewport={"width": 1600, "height": 1000}, color_scheme="light")
        made.set_default_timeout(15_000)
        problems: list[str] = []
        made.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        made.on("pageerror", lambda error: problems.append(str(error)))
        made.goto(address(school))
        yield made
        assert [one for one in problems if "ERR_" not in one] == [], "nothing is against the page's own policy"


def address(school: School) -> str:
    assert school.board
    return f"{school.address}/board?key={school.board.room.about.key}"


def violations(page: Page) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    result: Any = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:160]}" for one in result["violations"] for node in one["nodes"][:3]]


def row(page: Page, name: str) -> Any:
    return page.locator("#rows tr", has=page.get_by_text(name, exact=True))


def test_the_board_is_live_and_keeps_to_the_rules_in_both_themes(school: School, page: Page) -> None:
    expect(page.get_by_text("Nobody is here yet")).to_be_visible()
    assert violations(page) == []
    ada, bob = school.join("Ada"), school.join("<b>Bob</b>")
    client(ada).report([report("create-instance", "done")])
    stuck = report("assign-access", "stuck", error="PermissionMissing AuthorizationFailed")
    client(bob).report([stuck, report("wrong-scope", "done", hints=2)])
    expect(row(page, "Ada")).to_contain_text("done")
    expect(page.locator("#stuck-list")).to_contain_text("None of your roles at this scope or above")
    expect(page.locator("#counts")).to_contain_text("2 here · 1 stuck · 0 away")
    expect(page.get_by_role("columnheader", name="The right role in the wrong place")).to_be_visible()
    school.act("freeze")
    expect(row(page, "Ada")).to_contain_text("frozen")
    for theme in ("dark", "light"):
        page.get_by_label("Theme").select_option(theme)
        assert violations(page) == [], theme
    for other in ("summary", "handouts", ""):
        page.goto(f"{school.address}/board/{other}" if other else f"{school.address}/{school.code}")
        assert violations(page) == [], other


def test_it_can_be_sorted_and_filtered_and_keeps_the_focus(school: School, page: Page) -> None:
    for number, name in enumerate(("Ada", "Bob", "Chen")):
        done = [report(place, "done") for place in school.settings.places[:number]]
        client(school.join(name)).report([*done, report("wrong-id", "stuck" if name == "Bob" else "open")])
    names = page.locator("#rows th")
    expect(names).to_have_text(["Ada", "Bob", "Chen"])
    by_done = page.get_by_role("button", name="Done")
    by_done.click()
    by_done.click()
    expect(names).to_have_text(["Chen", "Bob", "Ada"])
    expect(page.get_by_role("columnheader", name="Done")).to_have_attribute("aria-sort", "descending")
    expect(by_done).to_be_focused()
    page.get_by_label("Show").select_option("who is stuck")
    expect(names).to_have_text(["Bob"])
    page.get_by_label("Show").select_option("everybody")
    page.get_by_label("Find").fill("ch")
    expect(names).to_have_text(["Chen"])
    client(school.join("Chandra")).report([report("wrong-id", "open")])
    expect(names).to_have_count(2)
    expect(page.get_by_label("Find")).to_be_focused()


def test_the_trainer_acts_from_the_page_and_a_restart_is_no_loss(school: School, page: Page) -> None:
    ada, bob = school.join("Ada"), school.join("Bob")
    page.get_by_label("Bob").check()
    expect(page.locator("#whom")).to_have_text("For Bob")
    page.get_by_label("Message").fill("Well done")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#history")).to_contain_text("message: Well done (done for 0 of 1, 1 waiting)")
    assert [one.argument for one in client(bob).actions(0, 0)] == ["Well done"]
    assert client(ada).actions(0, 0) == []
    page.get_by_label("Minutes").fill("5")
    page.get_by_role("button", name="Start the timer").click()
    expect(page.get_by_role("timer")).to_contain_text("4:5")
    school.stop()
    expect(page.get_by_role("alert")).to_contain_text("No connection to the board")
    school.start()
    client(ada).report([report("wrong-id", "done")])
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(row(page, "Ada")).to_contain_text("done")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Close the class").click()
    expect(page.locator("#counts")).to_contain_text("the class is closed")


@pytest.fixture
def learner(school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Page, str]]:
    """Ada's JupyterLab, in the class."""
    home, lab = tmp_path / "home", tmp_path / "lab"
    record = home / "runs" / "lab-1"
    Journal(record)
    lab.mkdir()
    places = {"RUNBOOK_HOME": str(home), "RUNBOOK_RUN_DIR": str(record), "RUNBOOK_WORKSHOP": "1"}
    for name, value in (places | {"RUNBOOK_LEARNER": "Ada", "RUNBOOK_SEED": school.code}).items():
        monkeypatch.setenv(name, value)
    sandbox.start(home, pace=sandbox.Pace.BRISK)
    member = replace(school.join("Ada"), joined="2020-01-01T00:00:00+00:00")
    membership.write(home, member)
    agent = Agent(home, record, member)
    agent.start()
    try:
        with jupyter_lab(working_copy(home), lab) as where, open_browser(CHROMIUM) as browser:
            made = browser.new_page(viewport={"width": 1280, "height": 1100})
            made.set_default_timeout(30_000)
            yield made, where
    finally:
        agent.stop()
        sandbox.stop(home)


def said_within(page: Page, school: School, kind: str, argument: str, words: str) -> float:
    """Let the trainer act, and return how long it took until the notebook said so."""
    began = time.monotonic()
    school.act(kind, argument)
    page.get_by_role("status").filter(has_text=words).first.wait_for()
    return time.monotonic() - began


def test_the_trainer_reaches_a_notebook_that_is_open(school: School, learner: tuple[Page, str]) -> None:
    expect.set_options(timeout=30_000)
    page, where = learner
    page.goto(where.format("00-start-here.ipynb"))
    run_all(page)
    expect(page.get_by_role("navigation", name="Steps of this setup")).to_be_visible()
    page.locator(".rb", has=page.get_by_role("tablist")).first.wait_for()
    took = {
        "message": said_within(page, school, "message", "Look at the <screen>", "Your trainer: Look at the <screen>"),
        "freeze": said_within(page, school, "freeze", "", "Your trainer has paused the class"),
        "unfreeze": said_within(page, school, "unfreeze", "", "The class goes on"),
        "trouble": said_within(page, school, "trouble", "slow", "What do you notice?"),
        "clear": said_within(page, school, "clear", "", "has taken the trouble away"),
        "catch-up": said_within(page, school, "catch-up", "02-assign-access", "is bringing your sandbox"),
    }
    assert max(took.values()) < WITHIN_SECONDS, took
    bar = page.get_by_role("navigation", name="Steps of this setup")
    expect(bar).to_contain_text("01 Create the instance (done)")
    expect(bar).to_contain_text("Next: 02-assign-access.")
    page.goto(where.format("exercises/a-taken-name.ipynb"))
    run_all(page)
    page.get_by_role("status").filter(has_text="Your trainer").first.wait_for()
    assert said_within(page, school, "message", "Five minutes", "Your trainer: Five minutes") < WITHIN_SECONDS
    page.get_by_text("Not tried yet").first.wait_for()
    states = {place: one["state"] for place, one in school.shown()["Ada"]["cells"].items()}
    assert states["create-instance"] == "done"
    assert states["a-taken-name"] in ("open", "working")
