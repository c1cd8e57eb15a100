"""The pages a person sees when approving a device code: plain HTML, usable by keyboard and screen reader, no script."""

from __future__ import annotations

from html import escape

from ..http import Answer
from ..store import Document
from ..world import TENANT_NAME, persona

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

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
    """Show the form; with a problem it says what was wrong and keeps what was typed."""
    alert = f'<p class="problem" role="alert" id="problem">{escape(problem)}</p>' if problem else ""
    described = ' aria-describedby="problem" aria-invalid="true"' if problem else ""
    choices = "\n".join(_choice(user, checked=user["persona"] == (persona or "owner")) for user in personas)
    return _page(
        "Sign in to the sandbox", f"""
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
    )  # fmt: skip


def approved_page(display_name: str) -> Answer:
    """Say that the program is signed in now."""
    text = f"You are signed in as <strong>{escape(display_name)}</strong>. You may close this page."
    return _page("Signed in", f'<p role="status">{text}</p>')


def declined_page() -> Answer:
    """Say that the program was refused."""
    return _page("Not signed in", '<p role="status">You have refused the request. You may close this page.</p>')


def _choice(user: Document, *, checked: bool) -> str:
    name = user["persona"]
    return (
        f'<p><input type="radio" id="{escape(name)}" name="persona" value="{escape(name)}"{" checked" * checked}>'
        f' <label for="{escape(name)}">{escape(user["displayName"])} ({escape(name)})'
        f"<small>{escape(persona(name).about)}</small></label></p>"
    )


def _page(title: str, content: str, *, status: int = 200) -> Answer:
    html = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{_STYLE}</style></head>
<body><main>
<h1>{title}</h1>{content}
</main></body>
</html>
"""
    return Answer(status, html, dict(_HEADERS), "text/html; charset=utf-8")
