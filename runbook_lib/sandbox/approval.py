"""Approving a device code the way a browser does, so that nobody needs to open a browser for the sandbox."""

from __future__ import annotations

import re

from .connection import Settings
from .lifecycle_errors import SandboxError

DEVICE_HOST = "login.microsoftonline.com"


class ApprovalFailed(SandboxError):
    """The device page refused: the code is unknown or expired, or the persona doesn't exist."""


def approve(settings: Settings, user_code: str, persona: str) -> None:
    """Approve a device code as a persona, by posting the device page's form through the sandbox's proxy.

    Raises ApprovalFailed with the page's reason if it's refused, and SandboxError if the sandbox doesn't answer.
    """
    from urllib.parse import urlencode

    form = urlencode({"user_code": user_code, "persona": persona, "decision": "approve"})
    try:
        status, page = _post(settings, "/device", form)
    except OSError as error:
        raise SandboxError(f"The sandbox does not answer at {settings.proxy_url}: {error}") from error
    if status != 200:
        reason = re.search(r'role="alert"[^>]*>([^<]*)<', page)
        text = reason[1] if reason else f"the device page answered {status}"
        raise ApprovalFailed(f"Signing in as {persona} failed: {text}")


def _post(settings: Settings, path: str, form: str) -> tuple[int, str]:
    # Imported here, because every command imports this module but few of them sign in.
    import ssl
    from http.client import HTTPSConnection

    # Not through urllib or requests: a NO_PROXY set on the machine must never send this to the real host.
    context = ssl.create_default_context(cafile=str(settings.ca_file))
    connection = HTTPSConnection("127.0.0.1", settings.port, timeout=10, context=context)
    connection.set_tunnel(DEVICE_HOST, 443, {"Proxy-Authorization": settings.proxy_authorization})
    try:
        connection.request("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
