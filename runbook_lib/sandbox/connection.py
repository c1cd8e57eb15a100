"""Where a running sandbox is, and what its clients need to know to reach it."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .clock import Pace

USER = "runbook"
"""The name beside the key, in the proxy's address and where a browser asks for both."""


@dataclass(frozen=True)
class Settings:
    """A running sandbox as its clients see it."""

    proxy_url: str
    """The HTTP CONNECT proxy, for example `http://127.0.0.1:46135`: the sandbox's only door. Good for showing."""
    ca_file: Path
    """The sandbox's own certification authority, as PEM: it's all that a client of the sandbox needs to trust."""
    bundle_file: Path
    """That authority together with the public ones, for tools that take a single file."""
    tenant_id: str
    pace: Pace
    started: str
    """When it started: ISO 8601 in UTC."""
    pid: int
    """The process that runs it."""
    key: str = field(repr=False)
    """What the proxy asks for, so that it answers only its owner. A secret, as is everything made from it."""

    @property
    def client_url(self) -> str:
        """The proxy's address as clients need it, with the key. A secret: give it to clients, and show `proxy_url`."""
        scheme, _, place = self.proxy_url.partition("://")
        return f"{scheme}://{USER}:{self.key}@{place}"

    @property
    def proxy_authorization(self) -> str:
        """The header by which clients carry the key to the proxy."""
        return "Basic " + base64.b64encode(f"{USER}:{self.key}".encode()).decode()

    @property
    def folder(self) -> Path:
        """The folder that holds everything of this sandbox: certificates, state, log."""
        return self.ca_file.parent

    @property
    def port(self) -> int:
        """The proxy's port on 127.0.0.1."""
        return int(self.proxy_url.rpartition(":")[2])

    def to_json(self) -> str:
        """Write the settings down for other processes."""
        return json.dumps({name: str(value) for name, value in asdict(self).items()}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        values: dict[str, Any] = json.loads(text)
        return cls(
            proxy_url=values["proxy_url"],
            ca_file=Path(values["ca_file"]),
            bundle_file=Path(values["bundle_file"]),
            tenant_id=values["tenant_id"],
            pace=Pace(values["pace"]),
            started=values["started"],
            pid=int(values["pid"]),
            key=values["key"],
        )


def client_settings(settings: Settings) -> dict[str, Any]:
    """Return the two keyword arguments that lead an azure-core or azure-identity client into the sandbox.

    They hold the key: pass them on, don't show them.
    """
    proxies = {"http": settings.client_url, "https": settings.client_url}
    return {"proxies": proxies, "connection_verify": str(settings.ca_file)}


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that send az, curl, Node and Python programs to the sandbox, without any other setting.

    They hold the key. Each replaces a value that may be there already: a machine that presets REQUESTS_CA_BUNDLE, or a
    NO_PROXY that covers Azure's names, would lead past the sandbox. What a client reads: notes of runs with az 2.69 and
    2.91, the Python SDKs (requests and aiohttp) and the npm SDKs.
    """
    bundle = str(settings.bundle_file)
    values = {
        "HTTPS_PROXY": settings.client_url,
        # For plain http too: so the probe for a managed identity (169.254.169.254) ends here, at once, with a refusal.
        "HTTP_PROXY": settings.client_url,
        "NO_PROXY": "127.0.0.1,localhost,::1",
    }
    # Programs disagree about the case, and in most of them the lower-case name wins.
    values |= {name.lower(): value for name, value in values.items()}
    return values | {
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "NODE_EXTRA_CA_CERTS": str(settings.ca_file),
        "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com",
        # A sign-in to the sandbox and one to Azure must never mix.
        "AZURE_CONFIG_DIR": str(settings.folder / "azure-cli"),
        # The sandbox refuses the telemetry service like every other host; az would only report the failure.
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
    }


def make_private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter, unless it exists; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file, readable by its owner only, so that a reader sees all of it or none of it."""
    # mkstemp makes its files 0600; replacing is atomic within a folder.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
