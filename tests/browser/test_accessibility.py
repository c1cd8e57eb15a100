"""Every form of the guide held against axe-core's rules, in both themes; the focus; and what can be copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from runbook_lib import Runbook
from runbook_lib.guide import NOTEBOOKS
from tests.sandbox.command_line import NODE_FOLDER

from .lab import OpenGuide, choose_theme, chromium, run_all

AXE = Path(NODE_FOLDER, "node_modules", "axe-core", "axe.min.js")
CHROMIUM = chromium()

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
    pytest.mark.skipif(not AXE.is_file(), reason="RUNBOOK_NODE does not name a folder with axe-core in node_modules"),
]

OURS = [[".rb"], ["nav[aria-label='Steps of this setup']"]]
"""What the guide shows; the rest of the page is JupyterLab's."""


def violations(page: Page) -> list[str]:
    """Return what axe-core finds that is moderate or worse, in both themes and on every tab of the first form."""
    found: list[str] = []
    for theme in ("dark", "light"):
        choose_theme(page, theme)
        tabs = page.locator(".rb").first.get_by_role("tab")
        for tab in tabs.all()[:-1]:  # the last one makes a plan
            tab.click()
            found += _violations(page, f"{theme}, {tab.text_content()}")
        if not tabs.count():
            found += _violations(page, theme)
    return found


def _violations(page: Page, where: str) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    result: Any = page.evaluate("ours => axe.run({include: ours}, {resultTypes: ['violations']})", OURS)
    return [
        f"{where}: {one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in result["violations"]
        if one["impact"] in ("moderate", "serious", "critical")
        for node in one["nodes"][:3]
    ]


def test_every_form_keeps_to_the_rules_and_leads_on(opened: OpenGuide) -> None:
    Runbook(mode="unattended").start_here().present()
    page, found = opened.page, dict[str, list[str]]()
    for notebook in NOTEBOOKS:
        opened.open(notebook.name)
        run_all(page)
        form = page.locator(".rb", has=page.get_by_role("tablist")).first
        expect(form.get_by_label("Subscription").locator("option:checked")).to_have_text("Contoso Training")
        if notebook.name.startswith("01"):
            found["01, plan and outcome"] = _creates(page)
        found[notebook.name] = violations(page)
    assert not "\n".join(f"{name}: {one}" for name, wrong in found.items() for one in wrong)


def _creates(page: Page) -> list[str]:
    form = page.locator(".rb", has=page.get_by_role("tablist")).first
    name = form.get_by_label("Resource name")
    expect(name).to_have_attribute("aria-required", "true")
    name.fill("-")
    expect(name).to_have_attribute("aria-invalid", "true")
    described = str(name.get_attribute("aria-describedby")).split()
    assert "too short" in " ".join(str(page.locator(f"#{one}").text_content()) for one in described)
    found = _violations(page, "wrong name")
    name.fill("plant-7")
    expect(form.get_by_role("status").filter(has_text="is available")).to_contain_text("plant-7")
    expect(name).not_to_have_attribute("aria-invalid", "true")

    form.get_by_role("button", name="Review + create").press("Enter")
    expect(form.locator(".rb-card")).to_contain_text("Create the instance plant-7")
    page.wait_for_function("() => document.activeElement.textContent.includes('Create the instance plant-7')")
    form.get_by_role("button", name="Copy: The same without a form").click()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert 'instance_name: "plant-7"' in copied
    assert "runbook run -f setup.yaml 01-create-instance" in copied
    for theme in ("dark", "light"):
        choose_theme(page, theme)
        found += _violations(page, f"{theme}, plan")
    form.get_by_role("button", name="Create", exact=True).press("Enter")
    result = page.locator(".rb").first
    expect(result).to_contain_text("The instance plant-7 is ready")
    page.wait_for_function("() => document.activeElement.textContent.includes('The instance plant-7 is ready')")
    expect(result.get_by_role("link", name="02 Set up user access")).to_have_attribute("href", "02-assign-access.ipynb")
    result.get_by_role("button", name="Copy: Host name").click()
    assert str(page.evaluate("navigator.clipboard.readText()")).startswith("plant-7.api.weu.")
    bar = page.get_by_role("navigation", name="Steps of this setup")
    expect(bar).to_contain_text("01 Create the instance (done)")
    expect(bar).to_contain_text("Next: 02-assign-access.")
    return found
