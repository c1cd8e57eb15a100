"""The pages a person sees when signing in: plain HTML, usable by keyboard and screen reader.

The only script is on the page that passes the answer to an application (`response_mode=form_post`). Without scripts,
that page has a button.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from urllib.parse import urlsplit

from ..http import Answer
from ..store import Document
from ..world import TENANT_NAME, persona

_SUBMIT = "document.forms[0].submit()"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
    f"script-src 'sha256-{base64.b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()}'; form-action "
)

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
fieldset { border: 1px solid; border-radius: .4rem; margin: 1rem 0; }
input[name=user_code] { font: 1.25rem monospace; letter-spacing: .15em; text-transform: uppercase; width: 12em; }
button { font: inherit; padding: .4rem 1.2rem; margin-right: .5rem; }
small { display: block; margin-left: 1.6rem; }
:focus-visible { outline: 3px solid #0f6cbd; outline-offset: 2px; }
.problem { border-left: 4px solid #c50f1f; padding-left: .8rem; }
"""


def device_page(personas: list[Document], *, user_code: str = "", persona: str = "", problem: str = "") -> Answer:
    """Show the form; after a problem, it says what was wrong and keeps the input."""
    alert = _alert(problem)
    described = ' aria-describedby="problem" aria-invalid="true"' if problem else ""
    choices = "\n".join(_choice(user, checked=user["persona"] == (persona or "owner")) for user in personas)
    return _page(
        "Sign in to the sandbox",
        f"""
<p>A program on this machine wants to act for you in <strong>{escape(TENANT_NAME)}</strong>. Enter the code it shows,
and choose who you are. This is the sandbox: nobody needs a password.</p>
{alert}
<form method="post" action="/device">
<p><label for="user_code">Code</label><br>
<input id="user_code" name="user_code" value="{escape(user_code)}" required maxlength="12" autocomplete="off"
 autocapitalize="characters" spellcheck="false"{described}></p>
<fieldset><legend>Sign in as</legend>
{choices}
</fieldset>
<button name="decision" value="approve">Sign in</button><button name="decision" value="decline">Cancel</button>
</form>""",
        status=400 if problem else 200,
    )


def sign_in_page(
    personas: list[Document], application: str, action: str, hidden: dict[str, str], *, chosen: str, problem: str
) -> Answer:
    """Show who can sign in; `hidden` is the original request, which the form sends again."""
    fields = "\n".join(_hidden(name, value) for name, value in hidden.items())
    choices = "\n".join(_choice(user, checked=user["persona"] == (chosen or "owner")) for user in personas)
    return _page(
        "Sign in to the sandbox",
        f"""
<p><strong>{escape(application)}</strong> wants to act for you in <strong>{escape(TENANT_NAME)}</strong>. Choose who you
are. This is the sandbox: nobody needs a password.</p>
{_alert(problem)}
<form method="post" action="{escape(action)}">
{fields}
<fieldset><legend>Sign in as</legend>
{choices}
</fieldset>
<button name="decision" value="approve">Sign in</button><button name="decision" value="decline">Cancel</button>
</form>""",
        status=400 if problem else 200,
        leads_to=hidden["redirect_uri"],
    )


def form_post_page(address: str, values: dict[str, str]) -> Answer:
    """Pass an answer to an application with a form that submits itself."""
    fields = "\n".join(_hidden(name, value) for name, value in values.items())
    return _page(
        "Working",
        f"""
<form method="post" action="{escape(address)}">
{fields}
<noscript><p>Your browser doesn’t run scripts. Press the button to go back to the program.</p></noscript>
<button>Continue</button>
</form>
<script>{_SUBMIT}</script>""",
        leads_to=address,
    )


def refusal_page(message: str) -> Answer:
    """Say why nobody can sign in here."""
    return _page("Sorry, but we’re having trouble signing you in", _alert(message), status=400)


def signed_out_page() -> Answer:
    """Say that the session has ended."""
    return _page("Signed out", '<p role="status">You’re signed out. You can close this page.</p>')


def back_in_program_page() -> Answer:
    """Show a page whose address is the answer, for a program with its own browser."""
    return _page("Signed in", '<p role="status">You can close this page and go back to the program.</p>')


def approved_page(display_name: str) -> Answer:
    """Say that the program is now signed in."""
    text = f"You’re signed in as <strong>{escape(display_name)}</strong>. You can close this page."
    return _page("Signed in", f'<p role="status">{text}</p>')


def declined_page() -> Answer:
    """Say that the program was refused."""
    return _page("Not signed in", '<p role="status">You refused the request. You can close this page.</p>')


def _choice(user: Document, *, checked: bool) -> str:
    name = user["persona"]
    return (
        f'<p><input type="radio" id="{escape(name)}" name="persona" value="{escape(name)}"{" checked" * checked}>'
        f' <label for="{escape(name)}">{escape(user["displayName"])} ({escape(name)})'
        f"<small>{escape(persona(name).about)}</small></label></p>"
    )


def _alert(problem: str) -> str:
    return f'<p class="problem" role="alert" id="problem">{escape(problem)}</p>' if problem else ""


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _page(title: str, content: str, *, status: int = 200, leads_to: str = "") -> Answer:
    # Browsers also apply the policy to the redirect after a form, so it needs the application's address.
    target = urlsplit(leads_to)
    origin = f" {target.scheme}://{target.netloc}" if leads_to else ""
    headers = {
        "Content-Security-Policy": f"{_POLICY}'self'{origin}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # with none, browsers wouldn't tell our own form's origin
    }
    html = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{_STYLE}</style></head>
<body><main>
<h1>{title}</h1>{content}
</main></body>
</html>
"""
    return Answer(status, html, headers, "text/html; charset=utf-8")
