"""Checks the settings of this machine that Azure's clients read, and that fail there in words that name no setting."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ..display.plain import one_line, quoted
from ..errors import InputError
from ..parameters import naming_rules

PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

_HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(?<!-)")


def check_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Raise InputError that lists the settings that can't work. It never repeats a proxy, which can hold a password."""
    wrong = [f"{name}: {problem}" for name, problem in _problems(environment) if problem]
    if wrong:
        raise InputError(
            "Settings of this machine can't work.\n" + "\n".join(wrong),
            meaning="Azure's clients take them from the environment.",
            remedy="Correct these variables, or unset them.",
            who="You, or the people who run this machine.",
        )


@contextmanager
def explaining_settings() -> Iterator[None]:
    """Turn what azure-identity raises for a wrong setting (ValueError, or OSError for a file) into an InputError."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise InputError(
            f"The sign-in can't work with these settings: {one_line(error, 300)}",
            meaning="azure-identity takes them from the AZURE_ variables and the parameters sign_in and tenant.",
            remedy="Correct the variable or the parameter, then run this again.",
            who="You.",
        ) from error


def _problems(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in PROXIES:
        yield name, _proxy(environment.get(name, ""))
    for name in CERTIFICATES:
        yield name, _certificates(environment.get(name, ""))
    yield "AZURE_AUTHORITY_HOST", _authority(environment.get("AZURE_AUTHORITY_HOST", ""))
    for problem in naming_rules.tenant(environment.get("AZURE_TENANT_ID", "")):
        yield "AZURE_TENANT_ID", problem
    yield "AZURE_CLIENT_CERTIFICATE_PATH", _readable(environment.get("AZURE_CLIENT_CERTIFICATE_PATH", ""))


def _proxy(value: str) -> str:
    if not value:
        return ""
    try:
        found = urlsplit(value if "://" in value else f"http://{value}")
        good = bool(found.hostname) and (found.port is None or found.port > 0)
    except ValueError:
        return "This isn't the address of a proxy. It looks like http://host:port."
    if found.scheme not in ("http", "https"):
        return "Azure's clients only take proxies that start with http:// or https://."
    host = found.hostname or ""
    if not good or not (_HOST.fullmatch(host) or ":" in host):
        return "This isn't the address of a proxy. It looks like http://host:port."
    return ""


def _certificates(value: str) -> str:
    problem = _readable(value)
    if problem or not value or Path(value).is_dir():  # OpenSSL takes a folder of certificates too
        return problem
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
    except (ssl.SSLError, OSError):
        return f"{quoted(value, 200)} doesn't hold certificates as PEM."
    return ""


def _readable(value: str) -> str:
    if not value or os.access(value, os.R_OK):
        return ""
    return f"{quoted(value, 200)} can't be read." if Path(value).exists() else f"{quoted(value, 200)} doesn't exist."


def _authority(value: str) -> str:
    if not value:
        return ""
    host = value.removeprefix("https://").rstrip("/")
    if "://" in host:
        return f"{quoted(value, 100)} doesn't start with https://."
    return "" if _HOST.fullmatch(host) else f"{quoted(value, 100)} isn't a host name, as in login.microsoftonline.com."
