"""A web page in the owner's browser tries to reach the sandbox: at its port, by a moved name, through the proxy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Browser, Error

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.connection import USER
from runbook_lib.sandbox.http import Request
from tests.browser.lab import chromium, open_browser
from tests.sandbox.login import begin, poll

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason="no Chromium or Chrome on the PATH"),
]

ATTACK = """
async ([port, name, password]) => {
  const places = [`127.0.0.1:${port}`, `localhost:${port}`, `evil.example:${port}`];
  const outcomes = [];
  const attempt = async (what, call) => {
    try { outcomes.push([what, await call()]); } catch (error) { outcomes.push([what, "failed"]); }
  };
  for (const place of places) {
    await attempt("read", async () => (await fetch(`http://${place}/device`)).text());
    await attempt("key in a header", async () => (await fetch(`http://${place}/device`, {
      headers: {"Proxy-Authorization": "Basic " + btoa(`${name}:${password}`)},
    })).text());
    await attempt("post", async () => (await fetch(`http://${place}/device`, {
      method: "POST", mode: "no-cors", body: new URLSearchParams({user_code: "ABCDEFGHJ", decision: "approve"}),
    })).type);
    await attempt("connect", async () => (await fetch(`http://${place}/`, {method: "CONNECT"})).text());
    await attempt("socket", () => new Promise((opened, failed) => {
      const socket = new WebSocket(`ws://${place}/`);
      socket.onopen = () => opened("opened");
      socket.onerror = failed;
    }));
    await attempt("script", () => new Promise((loaded, failed) => {
      const script = document.createElement("script");
      script.src = `http://${place}/x.js`;
      script.onload = () => loaded("loaded");
      script.onerror = failed;
      document.head.append(script);
    }));
  }
  return outcomes;
}
"""


class _Evil(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>evil</title>")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def evil_port() -> Iterator[int]:
    """Where a page of somebody else's is served."""
    server = HTTPServer(("127.0.0.1", 0), _Evil)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which the page's owner has moved a name of theirs to this machine."""
    with open_browser(chromium(), "--host-resolver-rules=MAP evil.example 127.0.0.1") as running:
        yield running


@pytest.fixture
def seen(sandbox: Sandbox) -> list[Request]:
    """The requests that reached the simulated cloud."""
    found: list[Request] = []
    sandbox.cloud.observers.append(lambda request, _: found.append(request))
    return found


def test_a_page_reaches_nothing_at_the_proxys_port(
    browser: Browser, sandbox: Sandbox, seen: list[Request], evil_port: int
) -> None:
    settings = sandbox.settings
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://evil.example:{evil_port}/")
    outcomes = page.evaluate(ATTACK, [settings.port, USER, settings.key])
    context.close()
    assert len(outcomes) == 18
    # An opaque answer is one that the page cannot look into; ours is the refusal.
    assert {(what, outcome) for what, outcome in outcomes} == {
        ("read", "failed"),
        ("key in a header", "failed"),
        ("post", "opaque"),
        ("connect", "failed"),
        ("socket", "failed"),
        ("script", "failed"),
    }
    assert seen == []


def test_a_page_under_a_name_that_was_moved_to_this_machine_is_refused(
    browser: Browser, sandbox: Sandbox, seen: list[Request]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"http://evil.example:{sandbox.settings.port}/device")
    assert answer is not None and answer.status == 403
    text = page.evaluate(f"async () => (await fetch('http://evil.example:{sandbox.settings.port}/device')).text()")
    context.close()
    assert text == "This is the sandbox's proxy. It doesn't answer web pages.\n"
    assert seen == []


def test_a_browser_without_the_key_sees_no_page(browser: Browser, sandbox: Sandbox, seen: list[Request]) -> None:
    context = browser.new_context(proxy={"server": sandbox.settings.proxy_url}, ignore_https_errors=True)
    page = context.new_page()
    with pytest.raises(Error):
        page.goto("https://login.microsoftonline.com/device")
    context.close()
    assert seen == []


def test_a_page_in_a_browser_with_the_key_approves_no_code(
    browser: Browser, sandbox: Sandbox, evil_port: int, clock: ManualClock
) -> None:
    flow = begin(sandbox)
    settings = sandbox.settings
    context = browser.new_context(
        proxy={"server": settings.proxy_url, "bypass": "localhost", "username": USER, "password": settings.key},
        ignore_https_errors=True,
    )
    page = context.new_page()
    page.goto(f"http://localhost:{evil_port}/")
    page.evaluate(
        """code => {
          const form = document.createElement("form");
          form.method = "post";
          form.action = "https://login.microsoftonline.com/device";
          for (const [name, value] of [["user_code", code], ["persona", "owner"], ["decision", "approve"]]) {
            const field = document.createElement("input");
            [field.name, field.value] = [name, value];
            form.append(field);
          }
          document.body.append(form);
          form.submit();
        }""",
        flow["user_code"],
    )
    page.get_by_text("Another web page sent this form").wait_for()
    assert poll(sandbox, flow).json()["error"] == "authorization_pending"
    # The person at the browser can decide, on our own page.
    page.goto(f"https://login.microsoftonline.com/device?user_code={flow['user_code']}")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("You’re signed in as").wait_for()
    context.close()
    clock.advance(10)
    assert "access_token" in poll(sandbox, flow).json()
