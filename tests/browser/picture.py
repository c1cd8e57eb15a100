"""Makes the README's first images: the picture of a plan in the sandbox, light and dark.

Run it with `python -m tests.browser.picture`. It needs Chromium.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from runbook_lib import Runbook, sandbox
from runbook_lib.guide import folder

from .lab import chromium, open_browser

WIDTH = 860
"""Pixels: as wide as a form."""
THEMES = {"light": ("#ffffff", "#1b1b1b"), "dark": ("#0d1117", "#e6edf3")}
"""Background and text, as GitHub's own."""


def drawn(home: Path) -> str:
    """Return the picture of a plan with a private endpoint, as HTML, from a sandbox in `home`."""
    os.environ |= {"RUNBOOK_HOME": str(home), "RUNBOOK_RUN_DIR": str(home / "run")}
    sandbox.start(home, pace=sandbox.Pace.INSTANT)
    try:
        book = Runbook(mode="unattended")
        book.start_here().apply()
        picture = book.create_instance(
            resource_group="rg-plant", instance_name="plant-7", grant_access=True, connectivity="private"
        )
        found = picture.plan().picture
        assert found is not None
        return found.html()
    finally:
        sandbox.stop(home)


def main() -> None:
    """Write the images."""
    with tempfile.TemporaryDirectory() as home:
        html = drawn(Path(home))
    with open_browser(chromium()) as browser:
        for theme, (background, text) in THEMES.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": 500}, device_scale_factor=2)
            style = f"margin:0;padding:16px;background:{background};color:{text};font:14px sans-serif"
            page.set_content(f'<!doctype html><body style="{style}">{html}</body>')
            page.locator("details").evaluate("details => details.remove()")
            target = folder() / "images" / f"setup-{theme}.png"
            page.locator("body").screenshot(path=target)
            sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
