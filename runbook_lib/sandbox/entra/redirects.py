"""Where an answer of the authorization endpoint can go, and the three ways it gets there."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from ..http import Answer
from ..store import Store
from . import authorization_errors, errors, pages
from .applications import PUBLIC_CLIENTS

NATIVE_CLIENT = "https://login.microsoftonline.com/common/oauth2/nativeclient"
"""The redirect address of desktop programs with their own browser."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MODES = ("query", "fragment", "form_post")

_PRINTABLE = re.compile(r"[!-~]+")


def check(store: Store, client_id: str, address: str) -> None:
    """Check that an application can be answered at an address.

    Microsoft's own tools can on the loopback address, on any port (documented), and at NATIVE_CLIENT. Another
    application can at its registered addresses (`redirectUris`), where a loopback address can have any port.

    Raises EntraError 50011, or 500113 if the application has no registered address.
    """
    if client_id.lower() in PUBLIC_CLIENTS:
        if address != NATIVE_CLIENT and not is_loopback(address):
            raise authorization_errors.wrong_redirect(address, client_id)
        return
    application = store.get("application", client_id) or {}
    registered = application.get("redirectUris") or []
    if not registered:
        raise authorization_errors.no_redirect_registered()
    if _comparable(address) not in {_comparable(known) for known in registered}:
        raise authorization_errors.wrong_redirect(address, client_id)


def is_loopback(address: str) -> bool:
    """Tell whether an address is a page on this machine, such as `http://localhost:8400`."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    plain = _PRINTABLE.fullmatch(address) is not None and "@" not in parts.netloc and "#" not in address
    return plain and parts.scheme == "http" and parts.hostname in LOOPBACK


def send(address: str, mode: str, values: dict[str, str]) -> Answer:
    """Send the browser back to the application with an answer; `mode` is one of MODES."""
    if mode == "form_post":
        return pages.form_post_page(address, values)
    separator = "#" if mode == "fragment" else "&" if "?" in address else "?"
    headers = {"Location": f"{address}{separator}{urlencode(values)}", **errors.NO_STORE}
    return Answer(302, None, headers)


def _comparable(address: str) -> str:
    return re.sub(r":\d+(?=/|\?|$)", "", address) if is_loopback(address) else address
