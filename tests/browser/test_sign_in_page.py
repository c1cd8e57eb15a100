"""The sign-in page in a real browser: by keyboard alone, through the proxy, back to a program on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.connection import USER
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.world import TENANT_ID
from tests.browser.lab import chromium, open_browser
from tests.sandbox.listener import Listener

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason="no Chromium or Chrome on the PATH"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser(chromium()) as running:
        yield running


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    # The sandbox's authority is in no trust store, and shall be in none.
    # Chromium asks for the key, as the sandbox's README says; here it is typed in beforehand.
    settings = sandbox.settings
    context = browser.new_context(
        proxy={"server": settings.proxy_url, "bypass": "localhost", "username": USER, "password": settings.key},
        ignore_https_errors=True,
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_persona_is_chosen_by_keyboard_and_the_program_hears_of_it(page: Page, mode: str) -> None:
    with Listener() as program:
        asked = {
            "client_id": AZURE_CLI_APP_ID,
            "response_type": "code",
            "redirect_uri": program.address,
            "state": "a b",
            "scope": "https://management.azure.com/.default",
            "response_mode": mode,
        }
        page.goto(f"https://login.microsoftonline.com/{TENANT_ID}/oauth2/v2.0/authorize?{urlencode(asked)}")
        page.get_by_role("heading", name="Sign in to the sandbox").wait_for()
        page.keyboard.press("Tab")
        expect(page.get_by_role("radio", name="Olivia Owner")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio", name="Carlos Contributor")).to_be_checked()
        page.keyboard.press("Enter")
        page.get_by_text("Heard you.").wait_for()
    told = parse_qs(program.heard)
    assert told["state"] == ["a b"]
    assert len(told["code"][0]) > 40
