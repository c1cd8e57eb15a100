"""Real JupyterLab in real Chromium, for one test."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from runbook_lib import sandbox
from runbook_lib.guide import find

CHROMIUM_VARIABLE = "RUNBOOK_CHROMIUM"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Return the executable of Chromium; empty when this machine has none."""
    found = os.environ.get(CHROMIUM_VARIABLE) or shutil.which("chromium") or shutil.which("chromium-browser")
    return found if found and Path(found).exists() else ""


@contextmanager
def jupyter_lab(folder: Path, home: Path) -> Iterator[str]:
    """Run JupyterLab over `folder`, with its settings in `home`; give its address, with {} for a notebook's name."""
    port, token = free_port(), secrets.token_hex(16)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--allow-root",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
    ]
    # The tests' own outputs must be the forms': whatever mode the test run itself is in is not meant for this kernel.
    inherited = {name: value for name, value in os.environ.items() if name != "RUNBOOK_MODE"}
    places = {"CONFIG": "config", "DATA": "data", "RUNTIME": "runtime"}
    environment = inherited | {f"JUPYTER_{name}_DIR": str(home / place) for name, place in places.items()}
    environment |= {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "spaces"),
    }
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_answers(port, process, home / "lab.log")
            yield f"http://127.0.0.1:{port}/doc/tree/{{}}?token={token}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def open_browser(executable: str, *flags: str) -> Iterator[Browser]:
    """Run Chromium, with more flags than our own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*_FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class OpenGuide:
    """The guide's notebooks in JupyterLab, one page for all."""

    page: Page
    address: str
    record: Path
    """The folder of the run's record."""
    screenshots: Path
    folder: Path
    """Where the notebooks are that it works on."""

    @property
    def forms(self) -> Locator:
        return self.page.locator(".rb", has=self.page.get_by_role("tablist"))

    def open(self, notebook: str) -> None:
        """Open a notebook, by its name or number."""
        self.page.goto(self.address.format(find(notebook).path.name))

    def panel(self, heading: str) -> Locator:
        """Return the panel with this in its heading."""
        return self.page.locator(".rb", has=self.page.locator(".rb-title", has_text=heading))

    def photograph(self, name: str) -> None:
        """Keep what the window shows now, in both themes."""
        for theme in ("dark", "light"):
            choose_theme(self.page, theme)
            self.page.screenshot(path=self.screenshots / f"{name}-{theme}.png")


def run_all(page: Page) -> None:
    """Choose Run > Run All Cells, once there is a kernel to run them."""
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator('li[data-command="runmenu:run-all"]').click()


def hold_creation() -> None:
    """Let no new instance be finished before `sandbox.clear_faults`, so that a test isn't too slow for it."""
    write = "Microsoft.DigitalTwins/digitalTwinsInstances/write"
    sandbox.add_fault(sandbox.default_home(), sandbox.Fault(sandbox.Effect.STUCK, action=write))


def begin_creation(opened: OpenGuide, name: str) -> None:
    """In 01, ask for an instance that isn't finished before `sandbox.clear_faults`."""
    form = opened.forms.first
    opened.open("01")
    run_all(opened.page)
    form.get_by_label("Resource name").fill(name)
    expect(form.get_by_role("status").filter(has_text="is available")).to_contain_text(name)
    form.get_by_role("button", name="Review + create").click()
    hold_creation()
    form.get_by_role("button", name="Create", exact=True).click()
    expect(form).to_contain_text("Creating the instance (")


def restart_kernel(page: Page) -> None:
    """Choose Kernel > Restart Kernel, and confirm it."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Kernel").first.click()
    page.locator('li[data-command="kernelmenu:restart"]').click()
    page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart").click()


def choose_theme(page: Page, theme: str) -> None:
    """Choose Settings > Theme; `theme` is light or dark."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").first.click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^JupyterLab {theme.title()}$")).click()
    page.locator(f'body[data-jp-theme-light="{str(theme == "light").lower()}"]').wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")


def free_port() -> int:
    """Return a port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(f"http://127.0.0.1:{port}/api", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
