"""How many operations of Microsoft's OpenAPI files the sandbox simulates, refuses by name, or doesn't know."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.data_plane.service import ROUTES

from .control_plane import GROUP, SUBSCRIPTION, call

SIMULATED, REFUSED, UNKNOWN = "simulated", "refused by name", "unknown"
METHODS = ("get", "put", "post", "patch", "delete", "head")
DENIALS = {"MissingSubscription", "InvalidResourceType", "InvalidResourceNamespace", "MethodNotAllowed", "NotFound"}
"""What sounds as if Azure didn't have it."""
VALUES = {
    "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
    "resourceGroupName": "rg-twins",
    "sourceResourceGroupName": "rg-twins",
    "resourceProviderNamespace": "Microsoft.EventHub",
    "parentResourcePath": "namespaces/x",
    "resourceType": "eventhubs",
    "recordType": "A",
    "location": "westeurope",
    "scope": GROUP.strip("/"),
    "groupId": "x",
}
"""Values of path parameters. Every other one is `x`."""


@dataclass(frozen=True)
class Described:
    """An operation of a file."""

    folder: str
    """The file's folder, by service."""
    method: str
    path: str
    version: str

    @property
    def filled(self) -> str:
        """The path with values for its parameters."""
        return re.sub(r"\{(\w+)\}", lambda hit: VALUES.get(hit[1], "x"), self.path.partition("?")[0])


def described() -> Iterator[Described]:
    """Yield every operation of Microsoft's files; none where they aren't at hand."""
    root = os.environ.get("AZURE_SPECS_DIR")
    for file in sorted(Path(root).rglob("*.json")) if root else ():
        if "examples" in file.parts or "recordings" in file.parts:
            continue
        content = json.loads(file.read_text("utf-8"))
        for path, methods in content.get("paths", {}).items() if isinstance(content, dict) else ():
            for method in methods:
                if method in METHODS:
                    folder = file.relative_to(Path(root or "")).parts[0]
                    yield Described(folder, method.upper(), path, content["info"]["version"])


def outcome(sandbox: Sandbox, operation: Described) -> str:
    """Call an operation in a sandbox with an empty group `rg-twins`, and tell what became of it."""
    if operation.folder == "digitaltwins-data":
        return SIMULATED if ROUTES.find(operation.method, operation.filled) else UNKNOWN
    # An id as a whole is a path of its own; which one decides what's called, so the files' other rows cover it.
    whole = re.fullmatch(r"/\{\w+\}(\?.*)?", operation.path)
    if whole or (operation.method == "DELETE" and operation.path.endswith("{resourceGroupName}")):
        return SIMULATED
    body: dict[str, str] | None = {} if operation.method in ("PUT", "POST", "PATCH") else None
    answer = call(sandbox, operation.method, operation.filled, body, **{"api-version": operation.version})
    code = answer.json().get("error", {}).get("code", "") if answer.content else ""
    if code == "SandboxNotSimulated":
        return REFUSED
    polled = code == "NotFound" and "operation" in operation.path.lower()
    return UNKNOWN if code in DENIALS and not polled else SIMULATED


def count(sandbox: Sandbox) -> dict[str, Counter[str]]:
    """Count the outcomes by folder."""
    found: dict[str, Counter[str]] = {}
    for operation in described():
        found.setdefault(operation.folder, Counter())[outcome(sandbox, operation)] += 1
    return found


def table(counts: dict[str, Counter[str]]) -> str:
    """Render the counts."""
    lines = ["| Files | Operations | Simulated | Refused by name | Unknown |", "|---|---|---|---|---|"]
    total = sum(counts.values(), Counter[str]())
    for folder, counted in (*sorted(counts.items()), ("**all**", total)):
        numbers = " | ".join(str(counted[each]) for each in (SIMULATED, REFUSED, UNKNOWN))
        lines.append(f"| {folder if folder.startswith('*') else f'`{folder}`'} | {counted.total()} | {numbers} |")
    return "\n".join(lines)
