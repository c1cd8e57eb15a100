"""A person who looks elsewhere while something takes long is told when it ends, if they want that."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from runbook_lib import Runbook, sandbox

from .lab import OpenGuide, begin_creation, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.walk,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not chromium(), reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]

BROWSER = """
window.told = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, { body }) { window.told.push(`${title}: ${body}`); }
};
"""
TIME_PASSES = "() => { const now = Date.now; Date.now = () => now() + 6000; }"
LOOKS_ELSEWHERE = "() => Object.defineProperty(document, 'hidden', { get: () => true })"


def test_a_notification_says_how_it_ended(opened: OpenGuide) -> None:
    Runbook(mode="unattended").start_here().present()
    page, form = opened.page, opened.forms.first
    page.add_init_script(BROWSER)
    begin_creation(opened, "plant-7")
    page.evaluate(TIME_PASSES)
    form.get_by_role("button", name="Notify me when it's done").click()
    expect(form).to_contain_text("You'll be notified")
    page.evaluate(LOOKS_ELSEWHERE)
    sandbox.clear_faults(sandbox.default_home())
    expect(page.locator(".rb").first).to_contain_text("The instance plant-7 is ready")
    page.wait_for_function("() => window.told.length")
    assert page.evaluate("() => window.told") == [
        "Create the Azure Digital Twins instance Sandbox: ✓ The instance plant-7 is ready"
    ]
