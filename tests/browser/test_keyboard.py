"""From the first visit to proved access, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .keyboard import follow, press, reach, retype, run_cells
from .lab import OpenGuide, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.walk,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not chromium(), reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]


def form_of(page: Page) -> Locator:
    return page.locator(".rb", has=page.get_by_role("tablist")).first


def decides(page: Page, review: str, action: str, plan: str, outcome: str) -> Locator:
    """Review and act; the focus goes to the plan, then to the outcome. Return the panel."""
    panel = page.locator(".rb").first
    press(page, panel.get_by_role("button", name=review, exact=True))
    expect(page.locator("*:focus")).to_contain_text(plan)
    press(page, panel.get_by_role("button", name=action, exact=True))
    expect(page.locator("*:focus")).to_contain_text(outcome)
    return panel


def test_a_person_without_a_mouse_gets_to_proved_access(opened: OpenGuide) -> None:
    page = opened.page
    opened.open("00")
    run_cells(page)
    done = decides(page, "Review + get ready", "Get ready", "Who you are here", "You can continue")

    page = follow(page, done.get_by_role("link", name="01 Create the instance"))
    run_cells(page)
    form = form_of(page)
    retype(page, form.get_by_label("Resource name"), "plant-7")
    expect(form.get_by_role("status").filter(has_text="is available")).to_contain_text("plant-7")
    press(page, form.get_by_role("button", name="Next: Networking >"))
    expect(form.get_by_role("tab", name="Networking")).to_have_attribute("aria-selected", "true")
    press(page, form.get_by_role("button", name="Next: Advanced >"))
    press(page, form.get_by_label("System-assigned managed identity"), "Space")
    expect(form.get_by_label("System-assigned managed identity")).to_be_checked()
    done = decides(page, "Review + create", "Create", "Create the instance plant-7", "The instance plant-7 is ready")
    values = page.locator(".rb", has_text="Values to keep and share")
    press(page, values.get_by_role("button", name="Copy: For a program: a .env file"))
    assert "ADT_INSTANCE_NAME=plant-7\n" in str(page.evaluate("navigator.clipboard.readText()"))

    page = follow(page, done.get_by_role("link", name="02 Set up user access"))
    run_cells(page)
    reach(page, form_of(page).get_by_label("Role"))
    decides(page, "Review + assign", "Assign", "Give access to plant-7", "has Azure Digital Twins Data Owner")
    checks = page.locator(".rb", has_text="Verify:")
    expect(checks).to_contain_text("refused before, now accepted", timeout=60_000)
    expect(checks.get_by_role("cell", name="failed")).to_have_count(0)
