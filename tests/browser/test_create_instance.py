"""The second notebook as a person uses it: real JupyterLab, real Chromium, the sandbox behind."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from runbook_lib import Runbook, sandbox
from runbook_lib.guide import find

from .lab import choose_theme, chromium, jupyter_lab, open_browser, run_all

# Read here, as the tests' environment is cleaned before each of them.
CHROMIUM = chromium()
SCREENSHOTS = os.environ.get("RUNBOOK_SCREENSHOTS", "")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]

INSTANCE = "factory-twins"


@dataclass
class Guide:
    """The notebook in the browser."""

    page: Page
    screenshots: Path

    @property
    def form(self) -> Locator:
        return self.page.locator(".rb", has=self.page.get_by_role("tablist"))

    @property
    def verification(self) -> Locator:
        return self.page.locator(".rb", has_text="Verify:")

    @property
    def values(self) -> Locator:
        return self.page.locator(".rb", has_text="Values to keep and share")

    @property
    def name(self) -> Locator:
        return self.form.get_by_label("Resource name")

    def photograph(self, name: str, what: Locator) -> None:
        for theme in ("dark", "light"):
            choose_theme(self.page, theme)
            what.evaluate("element => element.scrollIntoView({block: 'start'})")
            self.page.screenshot(path=self.screenshots / f"{name}-{theme}.png")


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guide]:
    home, notebooks, lab = (tmp_path / name for name in ("home", "notebooks", "lab"))
    for folder in (home, notebooks, lab):
        folder.mkdir()
    notebook = find("01-create-instance").path
    shutil.copyfile(notebook, notebooks / notebook.name)
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    screenshots = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    sandbox.start(home, pace=sandbox.Pace.BRISK)
    try:
        # What 00-start-here does: Azure tells nobody whether a name is free before the provider is registered.
        Runbook(mode="unattended").start_here().present()
        with jupyter_lab(notebooks, lab) as address, open_browser(CHROMIUM) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1100})
            page.set_default_timeout(60_000)
            page.goto(address.format(notebook.name))
            yield Guide(page, screenshots)
    finally:
        sandbox.stop(home)


def test_a_person_creates_an_instance(guide: Guide) -> None:
    expect.set_options(timeout=30_000)
    page, form = guide.page, guide.form
    run_all(page)
    expect(form.get_by_label("Subscription").locator("option:checked")).to_have_text("Contoso Training")
    expect(guide.verification).to_contain_text("Complete first")
    expect(guide.verification.get_by_role("button", name="Check again")).to_be_disabled()

    _meets_what_is_wrong_while_typing(guide)
    _goes_through_the_tabs(guide)

    form.get_by_role("button", name="Review + create").click()
    plan = form.locator(".rb-card")
    expect(plan).to_contain_text(INSTANCE)
    expect(plan).to_contain_text("create")
    command = form.get_by_text("az dt create --dt-name")
    expect(command).to_be_hidden()
    form.get_by_text("The same with the Azure CLI").click()
    expect(command).to_be_visible()
    guide.photograph("review", form)
    form.get_by_role("button", name="Create", exact=True).click()
    expect(form).to_contain_text(re.compile(r"Creating the instance \(\d+ s, on Azure usually about \d+ s\)"))
    form.get_by_role("button", name="Stop waiting").click()
    expect(form.get_by_role("alert").filter(visible=True)).to_contain_text(
        "finishes what it has started, and the record lists it"
    )
    form.get_by_role("button", name="Try again").click()

    result = page.locator(".rb").first
    expect(result).to_contain_text(f"{INSTANCE}.api.neu.digitaltwins.azure.net")
    expect(form).to_have_count(0)  # the form is folded away: what counts now is the result
    expect(guide.verification.get_by_role("button", name="Check again")).to_be_enabled()
    expect(guide.verification.get_by_role("cell", name="passed").first).to_be_visible()
    expect(guide.verification.get_by_role("cell", name="failed")).to_have_count(0)
    guide.photograph("after", result)
    _copies_the_values(guide)


def _copies_the_values(guide: Guide) -> None:
    guide.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for what, wanted in (
        ("For a program: a .env file", f"ADT_SERVICE_URL=https://{INSTANCE}.api.neu.digitaltwins.azure.net\n"),
        ("For a pipeline: JSON", f'"host_name": "{INSTANCE}.api.neu.digitaltwins.azure.net"'),
    ):
        guide.values.get_by_role("button", name=f"Copy: {what}").click()
        expect(guide.values).to_contain_text("Copied")
        assert wanted in guide.page.evaluate("navigator.clipboard.readText()")
    guide.photograph("values", guide.values)


def _meets_what_is_wrong_while_typing(guide: Guide) -> None:
    form, alert = guide.form, guide.form.get_by_role("alert")
    guide.name.click()
    guide.name.press("ControlOrMeta+a")
    for typed, said in (("-", "too short"), ("a", "starts with a hyphen"), ("_", "'_'")):
        guide.page.keyboard.press(typed)  # whatever has the focus: nothing in the form may take it away
        expect(alert).to_contain_text(said)
    expect(guide.name).to_have_value("-a_")
    expect(form.get_by_role("tab", name="Basics")).to_contain_text("1 to fix")
    guide.photograph("before", form)
    # Nothing can be created while anything is wrong, and Review says what.
    form.get_by_role("tab", name="Review + create").click()
    expect(form.get_by_role("alert").filter(visible=True)).to_contain_text("Resource name (Basics)")
    expect(form.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    form.get_by_role("tab", name="Basics").click()
    guide.name.fill("contoso-twins")
    expect(alert).to_contain_text("contoso-twins")
    guide.name.fill(INSTANCE)
    expect(form.get_by_role("status").filter(has_text="is available")).to_contain_text(INSTANCE)


def _goes_through_the_tabs(guide: Guide) -> None:
    page, form = guide.page, guide.form
    form.get_by_label("Region").select_option("North Europe (northeurope)")
    expect(form.get_by_role("status").filter(has_text="is available")).to_contain_text("northeurope")
    form.get_by_label("Assign Azure Digital Twins Data Owner Role").press("Space")
    form.get_by_role("button", name="Next: Networking >").click()
    expect(form.get_by_role("tab", name="Networking")).to_have_attribute("aria-selected", "true")
    form.get_by_role("button", name="Next: Advanced >").click()
    form.get_by_label("System-assigned managed identity").check()
    form.get_by_role("button", name="Next: Tags >").click()
    form.get_by_label("Name", exact=True).first.click()
    page.keyboard.type("department")
    page.keyboard.press("Tab")
    page.keyboard.type("training")
    expect(form.get_by_label("Name", exact=True)).to_have_count(2)
    expect(form.get_by_label("Name", exact=True).first).to_have_value("department")
    expect(form.get_by_label("Value", exact=True).first).to_have_value("training")
