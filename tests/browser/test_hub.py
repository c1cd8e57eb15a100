"""A class in the browser: a real JupyterHub with several users at once, and the board as its service."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from .lab import chromium, free_port, open_browser, run_all
from .test_accessibility import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.walk,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]
_SECONDS = 180.0


@dataclass
class Hub:
    """A running Hub, as its trainer sees it in the terminal."""

    address: str
    codes: dict[str, str]
    key: str
    home: Path


def serve(home: Path, names: list[str], port: int) -> tuple[subprocess.Popen[str], Hub]:
    file = home / "workshop.yaml"
    file.write_text(json.dumps({"title": "Twins", "names": names}))
    command = [str(Path(sys.executable).parent / "runbook"), "workshop", "hub", str(file), "--host", "127.0.0.1"]
    environment = {**os.environ, "RUNBOOK_HOME": str(home)}
    with (home / "hub.log").open("a") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
    said = ""
    assert process.stdout
    while "Trainer" not in said:
        said += (line := process.stdout.readline())
        assert line, (home / "hub.log").read_text()
    codes = dict(re.findall(r"^ +(\S+) +([A-Z0-9]{4}-[A-Z0-9]{4})$", said, re.MULTILINE))
    key = re.search(r"password (\S+)", said)
    assert key
    hub = Hub(f"http://127.0.0.1:{port}", codes, key[1], home)
    wait_for(hub, process)
    return process, hub


def wait_for(hub: Hub, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(requests.ConnectionError):
            pages = ("/hub/login", "/services/board/board")
            if [requests.get(hub.address + page, timeout=10).status_code for page in pages] == [200, 200]:
                return
        time.sleep(0.2)
    raise AssertionError((hub.home / "hub.log").read_text()[-3000:])


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.wait(timeout=90)
    assert process.stdout
    process.stdout.close()


def processes_of(home: Path) -> str:
    return subprocess.run(["pgrep", "-f", str(home)], capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    process, made = serve(tmp_path_factory.mktemp("hub"), ["Ada", "Bob"], free_port())
    yield made
    end(process)
    deadline = time.monotonic() + _SECONDS
    while (left := processes_of(made.home)) and time.monotonic() < deadline:
        time.sleep(0.2)  # kernels that the Hub has told to end
    assert left == "", "nobody's server outlives the Hub"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with open_browser(chromium()) as made:
        yield made


def sign_in(browser: Browser, hub: Hub, name: str, code: str, path: str = "/") -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(_SECONDS * 1000)
    page.goto(hub.address + path)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(code)
    page.get_by_role("button", name="Sign in").click()
    return page


def on_the_board(page: Page) -> dict[str, Any]:
    found = page.context.request.get(page.url.rpartition("/")[0] + "/board/export.json").json()
    return {one["name"]: one for one in found["learners"]}


def test_several_users_at_once_each_with_a_sandbox_and_only_the_trainer_sees_the_board(
    hub: Hub, browser: Browser
) -> None:
    expect.set_options(timeout=_SECONDS * 1000)
    pages = {name: sign_in(browser, hub, name, code) for name, code in hub.codes.items()}
    for page in pages.values():
        run_all(page)
    for page in pages.values():
        page.locator(".rb", has=page.get_by_role("tablist")).first.wait_for()
    board = sign_in(browser, hub, "trainer", hub.key, "/services/board/board")
    expect(board.locator("#rows th")).to_have_text([re.compile("ada"), re.compile("bob")])
    expect(board.locator("#rows tr", has_text="ada")).to_contain_text("opened")
    board.get_by_label("ada").check()
    board.get_by_label("Message").fill("Hello Ada")
    board.get_by_role("button", name="Send").click()
    pages["ada"].get_by_role("status").filter(has_text="Your trainer: Hello Ada").wait_for()
    assert pages["bob"].get_by_text("Hello Ada").count() == 0
    users = hub.home / "workshop" / "hub" / "users"
    states = [users / name / "runbook" / "sandbox" / "state.sqlite" for name in hub.codes]
    assert all(one.is_file() for one in states), "a sandbox for each"
    refused = pages["bob"].goto(f"{hub.address}/services/board/board")
    assert refused
    assert refused.status == 403
    assert "ada" not in pages["bob"].content()


def test_a_hub_that_is_restarted_has_lost_nothing(tmp_path: Path, browser: Browser) -> None:
    port = free_port()
    process, first = serve(tmp_path, ["Ada"], port)
    try:
        page = sign_in(browser, first, "ada", first.codes["ada"])
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    finally:
        end(process)
    process, second = serve(tmp_path, ["Ada"], port)
    try:
        assert second.codes == first.codes
        page.goto(f"{second.address}/hub/spawn")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        board = sign_in(browser, second, "trainer", second.key, "/services/board/board")
        expect(board.locator("#counts")).to_contain_text("1 here", timeout=60_000)
        expect(board.locator("#rows th")).to_have_text([re.compile("ada")])
    finally:
        end(process)


def test_nobody_signs_in_as_somebody_else(hub: Hub, browser: Browser) -> None:
    for name, code in (("ada", hub.codes["bob"]), ("eve", hub.codes["bob"]), ("trainer", hub.codes["bob"])):
        page = sign_in(browser, hub, name, code)
        page.get_by_text("Invalid username or password").wait_for()
    assert "the trainer's board gets" in page.content(), "everybody reads what travels before signing in"
