"""The kernel is restarted while an instance is being created: the dead form says so, and the work is picked up."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from runbook_lib import Runbook, sandbox

from .lab import OpenGuide, begin_creation, chromium, restart_kernel, run_all

pytestmark = [
    pytest.mark.browser,
    pytest.mark.walk,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not chromium(), reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]


def test_what_was_begun_is_found_and_continued(opened: OpenGuide) -> None:
    Runbook(mode="unattended").start_here().present()
    page, form = opened.page, opened.forms.first
    begin_creation(opened, "plant-7")
    restart_kernel(page)
    expect(form.get_by_role("alert").filter(has_text="This form gets no answer")).to_contain_text("run this cell again")
    opened.photograph("restarted")
    sandbox.clear_faults(sandbox.default_home())

    run_all(page)
    expect(page.get_by_role("navigation", name="Steps of this setup")).to_contain_text("Unfinished: 01-create-instance")
    expect(form.get_by_label("Resource name")).to_have_value("plant-7")  # what was entered
    expect(page.get_by_text("This form gets no answer")).to_have_count(0)
    form.get_by_role("button", name="Review + create").click()
    form.get_by_role("button", name="Create", exact=True).click()
    result = page.locator(".rb").first
    expect(result).to_contain_text("plant-7.api.weu.digitaltwins.azure.net")
    expect(page.get_by_role("navigation", name="Steps of this setup")).to_contain_text("01 Create the instance (done)")
