"""Voilà serves the guide as an app: every notebook's forms, and the links between them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from playwright.sync_api import Page, expect

from runbook_lib import sandbox
from runbook_lib.guide import NOTEBOOKS, folder

from .lab import chromium, free_port, open_browser

CHROMIUM = chromium()
VOILA = os.environ.get("RUNBOOK_VOILA", "")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.walk,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
    pytest.mark.skipif(not VOILA, reason="RUNBOOK_VOILA does not name voila, in an environment with this project"),
]


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve the guide, as the README says; give the address."""
    port = free_port()
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    inherited = {name: value for name, value in os.environ.items() if name != "RUNBOOK_MODE"}
    command = [VOILA, "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}", str(folder())]
    with (home / "voila.log").open("wb") as log:
        process = subprocess.Popen(command, env=inherited | places, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}/", process, home / "voila.log")
            yield f"http://127.0.0.1:{port}/voila/render/{{}}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener, deadline = build_opener(ProxyHandler({})), time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(address, timeout=5):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"Voilà did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Page, str]]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    monkeypatch.setenv("RUNBOOK_RUN_DIR", str(tmp_path / "record"))
    expect.set_options(timeout=60_000)
    sandbox.start(home, pace=sandbox.Pace.INSTANT)
    try:
        with served(tmp_path) as address, open_browser(CHROMIUM) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1100})
            page.set_default_timeout(60_000)
            yield page, address
    finally:
        sandbox.stop(home)


def test_every_notebook_shows_its_forms_and_links_to_the_others(app: tuple[Page, str]) -> None:
    page, address = app
    for notebook in NOTEBOOKS:
        page.goto(address.format(notebook.path.name))
        expect(page.locator(".rb [role=tablist]")).to_have_count(len(notebook.steps))
        expect(page.get_by_text("Traceback")).to_have_count(0)
        bar = page.get_by_role("navigation", name="Steps of this setup")
        targets = bar.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
        assert targets == [address.format(one.path.name) for one in NOTEBOOKS]


def test_a_success_leads_to_the_next_notebook(app: tuple[Page, str]) -> None:
    page, address = app
    page.goto(address.format(NOTEBOOKS[0].path.name))
    form = page.locator(".rb", has=page.get_by_role("tablist")).first
    form.get_by_role("button", name="Review + get ready").click()
    form.get_by_role("button", name="Get ready", exact=True).click()
    with page.context.expect_page() as opened:
        page.locator(".rb").first.get_by_role("link", name="01 Create the instance").click()
    following = opened.value
    expect(following.locator(".rb [role=tablist]")).to_have_count(1)
    expect(following.get_by_role("navigation", name="Steps of this setup")).to_contain_text("00 Start here (done)")
