"""A browser as far as the sandbox's sign-in page needs one: it reads forms, follows redirects and runs no scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from runbook_lib.sandbox import Sandbox
from tests import azure


@dataclass
class Form(HTMLParser):
    """The one form of a page."""

    page: str
    address: str = ""
    """Where it is sent."""
    fields: dict[str, str] = field(default_factory=dict)
    """What it would send now: hidden fields and checked radio buttons."""
    choices: list[str] = field(default_factory=list)
    """The values of its radio buttons."""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.address = found["action"]
        if tag == "input" and found["type"] == "radio":
            self.choices.append(found["value"])
        if tag == "input" and (found["type"] == "hidden" or "checked" in found):
            self.fields[found["name"]] = found["value"]


def send(sandbox: Sandbox, address: str, form: dict[str, str] | None = None) -> requests.Response:
    """Open an address, or send a form to it; redirects are left to the caller."""
    host = urlsplit(address).hostname
    if host != "login.microsoftonline.com":
        # An application on this machine, which browsers reach without a proxy.
        with requests.Session() as session:
            session.trust_env = False
            return session.request("POST" if form else "GET", address, data=form, timeout=5)
    method = "GET" if form is None else "POST"
    return azure.http(sandbox).request(method, address, data=form, allow_redirects=False, timeout=5)


def choose(sandbox: Sandbox, address: str, persona: str = "", decision: str = "approve") -> requests.Response:
    """Open a sign-in page, choose a persona (or leave the one that is checked), and press a button."""
    page = send(sandbox, address)
    assert page.status_code == 200, page.text
    form = Form(page.text)
    chosen = {"persona": persona} if persona else {}
    return send(sandbox, urljoin(address, form.address), {**form.fields, **chosen, "decision": decision})


def sign_in(sandbox: Sandbox, address: str, persona: str = "", decision: str = "approve") -> None:
    """Go the whole way: choose, and bring the answer to the waiting program."""
    answer = choose(sandbox, address, persona, decision)
    if answer.status_code == 302:
        send(sandbox, answer.headers["Location"])
    else:
        form = Form(answer.text)
        send(sandbox, form.address, form.fields)
