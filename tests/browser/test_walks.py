"""Long walks: every persona through the first three notebooks, and something wrong in every field of the guide."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from runbook_lib import Runbook, sandbox
from runbook_lib.guide import NOTEBOOKS, find

from .lab import OpenGuide, chromium, run_all

pytestmark = [
    pytest.mark.browser,
    pytest.mark.walk,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not chromium(), reason="no Chromium here: install it, or name it in RUNBOOK_CHROMIUM"),
]

UNEXPECTED = "Something unexpected happened"
WRONG = "§ no / such thing, ever\\"
"""What no field takes: it's no name, id, address, or anyone's name."""


def reviewed(form: Locator, review: str) -> Locator:
    """Open the review, and return what it says once it says something."""
    form.get_by_role("button", name=review, exact=True).click()
    said = form.locator(".rb-card, .rb-message[role=alert]").filter(visible=True).first
    said.wait_for()
    return said


@pytest.mark.parametrize("persona", [one.name for one in sandbox.PERSONAS])
def test_every_persona_gets_an_answer_in_every_notebook(opened: OpenGuide, persona: str) -> None:
    Runbook(mode="unattended").start_here().present()
    Runbook(mode="unattended").create_instance().present()
    page = opened.page
    for number, review in (("00", "Review + get ready"), ("01", "Review + create"), ("02", "Review + assign")):
        _sign_in_as(opened.folder / find(number).path.name, persona)
        opened.open(number)
        run_all(page)
        form = opened.forms.first
        form.wait_for()
        reviewed(form, review)
        expect(page.get_by_text(UNEXPECTED)).to_have_count(0)
        expect(form.locator(".rb-card")).to_be_visible()
        opened.photograph(f"{persona}-{number}")


def _sign_in_as(notebook: Path, persona: str) -> None:
    content = json.loads(notebook.read_text("utf-8"))
    cell = next(one for one in content["cells"] if one["id"] == "parameters")
    text = "".join(cell["source"])
    assert 'sign_in: str = ""' in text
    cell["source"] = text.replace('sign_in: str = ""', f'sign_in: str = "{persona}"')
    notebook.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("notebook", [one.name for one in NOTEBOOKS])
def test_something_wrong_in_every_field_is_explained_there_or_in_the_review(opened: OpenGuide, notebook: str) -> None:
    Runbook(mode="unattended").start_here().present()
    Runbook(mode="unattended").create_instance(grant_access=True).present()
    page = opened.page
    opened.open(notebook)
    run_all(page)
    expect(opened.forms).to_have_count(len(find(notebook).steps))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    for form in opened.forms.all():
        tabs = form.get_by_role("tab").all()[:-1]
        for tab in tabs:
            tab.click()
            for field in form.locator(".rb-field input[type=text]").filter(visible=True).all():
                _goes_wrong(form, field)
    expect(page.get_by_text(UNEXPECTED)).to_have_count(0)


def _goes_wrong(form: Locator, field: Locator) -> None:
    before = field.input_value()
    field.fill(WRONG)
    around = field.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' rb-field ')]")
    field.press("Tab")
    expect(around.locator(".rb-bad, .rb-warning").filter(visible=True).first).to_be_visible()
    field.fill(before)
    expect(around.locator(".rb-bad").filter(visible=True)).to_have_count(0)
