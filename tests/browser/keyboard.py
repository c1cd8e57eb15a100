"""A person without a mouse: only keys, from the address bar on."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

FAR = 80
"""So many times Tab is pressed before something counts as out of reach."""


def run_cells(page: Page) -> None:
    """Run one cell after another, as the guide says, until the first form takes the focus."""
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    for _ in range(page.locator(".jp-Notebook .jp-Cell").count()):
        page.keyboard.press("Shift+Enter")
    expect(page.locator("*:focus")).to_have_class("rb-title")


def reach(page: Page, what: Locator) -> None:
    """Press Tab until something has the focus."""
    what.wait_for()
    for _ in range(FAR):
        if what.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab doesn't lead to {what}")


def press(page: Page, what: Locator, key: str = "Enter") -> None:
    """Press a key on something, once it can be used."""
    expect(what).to_be_enabled()
    reach(page, what)
    page.keyboard.press(key)


def retype(page: Page, what: Locator, text: str) -> None:
    """Replace what is in a field."""
    reach(page, what)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def follow(page: Page, link: Locator) -> Page:
    """Open a link that leads to a window of its own, and return that."""
    reach(page, link)
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    opened.value.set_default_timeout(30_000)
    return opened.value
