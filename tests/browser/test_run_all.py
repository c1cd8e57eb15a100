"""Run All in every notebook, before anything was done: every form is there, and nothing has happened."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from runbook_lib.guide import NOTEBOOKS

from .lab import OpenGuide, chromium, run_all

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not chromium(), reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]

TOP_OF_THE_VIEW = """
form => Math.round(form.getBoundingClientRect().top
  - document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect().top)
"""


def test_run_all_shows_every_form_and_leaves_the_view_at_the_first(opened: OpenGuide) -> None:
    page = opened.page
    for notebook in NOTEBOOKS:
        opened.open(notebook.name)
        run_all(page)
        expect(opened.forms).to_have_count(len(notebook.steps))
        expect(page.locator("*:focus")).to_have_class("rb-title")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        assert abs(opened.forms.first.evaluate(TOP_OF_THE_VIEW)) < 40, notebook.name
        # No red cell: neither an error nor anything that only a log should hold.
        for kind in ("error", "stderr"):
            expect(page.locator(f'[data-mime-type="application/vnd.jupyter.{kind}"]')).to_have_count(0)
        # The next Tab leads into the form.
        page.keyboard.press("Tab")
        expect(opened.forms.first.get_by_role("tab").first).to_be_focused()
    events = [json.loads(line)["event"] for line in (opened.record / "journal.jsonl").read_text("utf-8").splitlines()]
    assert not {"plan", "intent", "apply", "verify", "choices"} & {*events}


def test_a_cell_run_by_itself_leaves_the_view_to_the_reader(opened: OpenGuide) -> None:
    page = opened.page
    opened.open("00")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-Cell").first.click()
    for _ in range(10):  # up to the form, with some cells below it
        page.keyboard.press("Shift+Enter")
    expect(opened.forms).to_have_count(1)
    expect(page.locator(".jp-Cell.jp-mod-active")).to_contain_text("Checks: ready for the two parts?")
