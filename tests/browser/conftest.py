"""The guide in a browser, on a sandbox of its own, before anything is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from runbook_lib import sandbox
from runbook_lib.guide import working_copy

from .lab import OpenGuide, chromium, jupyter_lab, open_browser

# Read here, as the tests' environment is cleaned before each of them.
CHROMIUM = chromium()
SCREENSHOTS = os.environ.get("RUNBOOK_SCREENSHOTS", "")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenGuide]:
    home, lab, record = (tmp_path / name for name in ("home", "lab", "record"))
    for folder in (home, lab, record):
        folder.mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    monkeypatch.setenv("RUNBOOK_RUN_DIR", str(record))
    screenshots = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    sandbox.start(home, pace=sandbox.Pace.BRISK)
    try:
        copies = working_copy(home)
        with jupyter_lab(copies, lab) as address, open_browser(CHROMIUM) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1100})
            page.set_default_timeout(30_000)
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            yield OpenGuide(page, address, record, screenshots, copies)
    finally:
        sandbox.stop(home)
