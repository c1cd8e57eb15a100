"""The values of an instance that the article tells you to note and share: on a card, and in files."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..display.cards import Card, Displayable, Listing

JSON_FILE = "important-values.json"
ENVIRONMENT_FILE = "important-values.env"

IDENTITY = "Identity object id"
"""The label of the system-assigned identity's object id."""
_KEYS = {
    "Name": "instance_name",
    "Resource group": "resource_group",
    "Host name": "host_name",
    "Region": "region",
    "Tenant": "tenant_id",
    IDENTITY: "identity_object_id",
}
"""Keys of the JSON file by the portal's labels; where the notebooks have a parameter for it, its name."""
_VARIABLES = {
    "Name": "ADT_INSTANCE_NAME",
    "Resource group": "ADT_RESOURCE_GROUP",
    "Region": "ADT_REGION",
    "Host name": "ADT_HOST_NAME",
    IDENTITY: "ADT_IDENTITY_OBJECT_ID",
    "Tenant": "AZURE_TENANT_ID",
}
"""Variables by the portal's labels. Those that begin with AZURE_ belong to azure-identity."""
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def as_json(values: Mapping[str, str]) -> str:
    """Write values as JSON, with keys that a program can use."""
    found = {key: values[label] for label, key in _KEYS.items() if values.get(label)}
    if subscription := _GUID.search(values.get("Subscription", "")):
        found["subscription_id"] = subscription[0]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def labeled(path: Path) -> dict[str, str]:
    """Read the JSON file, with the portal's labels again; a file that is missing or damaged holds no values."""
    labels = {key: label for label, key in _KEYS.items()} | {"subscription_id": "Subscription"}
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text("utf-8"))
        return (
            {labels[key]: str(value) for key, value in found.items() if key in labels}
            if isinstance(found, dict)
            else {}
        )
    return {}


def as_environment(values: Mapping[str, str]) -> str:
    """Write what a program needs as a `.env` file, one variable per line; leave out the rest.

    Microsoft's samples for Azure Digital Twins read ADT_SERVICE_URL, the host name with `https://`.
    """
    found = {variable: values[label] for label, variable in _VARIABLES.items() if values.get(label)}
    if host := values.get("Host name"):
        found["ADT_SERVICE_URL"] = f"https://{host}"
    if subscription := _GUID.search(values.get("Subscription", "")):
        found["AZURE_SUBSCRIPTION_ID"] = subscription[0]
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(found.items()))


@dataclass(frozen=True)
class ImportantValues(Displayable):
    """The values of one instance."""

    values: Mapping[str, str]
    """By the portal's labels."""
    folder: str = ""
    """Where the files are, if that's worth saying."""

    @property
    def json(self) -> str:
        """The values as JSON."""
        return as_json(self.values)

    @property
    def environment(self) -> str:
        """The values as the content of a `.env` file."""
        return as_environment(self.values)

    def card(self) -> Card:
        """Show the values, ready to copy."""
        kept = f"Saved in {self.folder or 'the folder of this run'}, as {JSON_FILE} and {ENVIRONMENT_FILE}."
        blocks = [
            Listing("For a program: a .env file", self.environment.rstrip()),
            Listing("For a pipeline: JSON", self.json.rstrip(), folded=True),
        ]
        return Card(f"Values to keep and share: {self.values.get('Name', '')}", "neutral", (), blocks, [kept])
