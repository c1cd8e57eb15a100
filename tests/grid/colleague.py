"""A colleague who changes, deletes or remakes what a step works on, while it works."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.sandbox import Sandbox
from tests import azure
from tests.sandbox.control_plane import ARM, VERSIONS, version_for
from tests.steps.plant import HOST

from .guide import Guide, Operation

DEEDS = ("changes", "deletes", "remakes")
NOTHING_THERE = "there is nothing yet"
REFUSED = "Azure refuses it"
_TAG = {"team": "blue"}
_DATA = ("model", "twin", "relationship")
_TAGS = "/providers/Microsoft.Resources/tags/default"


@dataclass
class Colleague:
    """Acts on one thing, once, with rights of their own: in the subscription, and from 02 on for the data."""

    guide: Guide
    operation: Operation
    deed: str
    did: str = ""
    """What came of it: empty until it was tried, then the deed, or why it can't be done."""
    theirs: dict[str, str] = field(default_factory=dict)
    """What the colleague has made, with what tells it from another one of its name."""
    changed: str = ""
    """What the colleague has changed."""

    def act(self) -> None:
        """Do the deed, when Azure has finished what it's at."""
        if self.did:
            return
        self.did = self.deed
        self.guide.clock.advance(600)
        target = self._target()
        if not target:
            self.did = NOTHING_THERE
        elif "register" in self.operation.path:
            self._send("POST", target.replace("/register", "/unregister") if self.deed == "deletes" else target)
        else:
            {"changes": self._change, "deletes": self._delete, "remakes": self._remake}[self.deed](target)
        self.guide.clock.advance(600)

    def identity(self, path: str) -> str:
        """Return what tells a thing from another one of its name; empty when there is none."""
        if self.operation.service == "data":  # nobody has a role for it anymore when all is cleaned up
            return self._stored(path)
        status, there = self._send("GET", path)
        if status != 200:
            return ""
        properties, noted = there.get("properties") or {}, there.get("systemData") or {}
        names = ("createdOn", "createdBy", "resourceGuid", "principalId")
        parts = [noted.get("createdAt"), *(properties.get(name) for name in names)]
        return " ".join(str(one) for one in parts if one) or "there"

    def is_left_alone(self, path: str) -> bool:
        """Tell whether what the colleague made is as it was.

        A role can also go with the instance that it's for. What is exactly what this run made, in a network or private
        endpoint of this run, can't be told from it: Azure gives it nothing of its own.
        """
        if self.identity(path) == self.theirs[path]:
            return True
        if any(part in path.lower() for part in ("/subnets/", "/privatednszonegroups/")):
            return True
        return "/roleassignments/" in path.lower() and not self.identity(path.partition("/providers/Microsoft.Auth")[0])

    def is_kept(self, path: str) -> bool:
        """Tell whether a change of the colleague's is there."""
        status, there = self._send("GET", path)
        return status != 200 or (there.get("tags") or {}).get("team") == "blue"

    def _stored(self, path: str) -> str:
        wanted = f"/{path.partition('/')[2].partition('/')[2].replace('/relationships/', '/')}"
        found = (body for kind, key, body in self.guide.documents() if kind in _DATA and _spelled(key).endswith(wanted))
        return next(found, "")

    def _target(self) -> str:
        """Return what it's about: the thing itself; or what it would lie in, when it isn't there yet."""
        path = self.operation.path
        if path == "/models":
            path = f"/models/{json.loads(self.operation.body)[0]['@id']}"
        if self.deed == "remakes" or "/register" in path or self.identity(path):
            return path
        above = path.rpartition("/providers/Microsoft.Authorization/")[0] if "/roleAssignments/" in path else ""
        above = above or path.rpartition("/")[0].rpartition("/")[0]
        if "/providers/" in above and above.rpartition("/providers/")[2].count("/") % 2:
            above = above.rpartition("/providers/")[0]  # what lies in a group
        return above if above and self.identity(above) else ""

    def _change(self, path: str) -> None:
        if self.operation.service == "data" and "/models/" in path:
            status, _ = self._send("PATCH", path, [{"op": "replace", "path": "/decommissioned", "value": True}])
        elif self.operation.service == "data" or not self._is_tagged(path):
            status = self._make(path)
        else:
            status, _ = self._send("PATCH", path + _TAGS, {"operation": "Merge", "properties": {"tags": _TAG}})
            self.changed = path if status < 300 else ""
        self._note(status)

    def _delete(self, path: str) -> None:
        status, _ = self._send("DELETE", path)
        self.guide.clock.advance(3600)
        self._note(status)

    def _remake(self, path: str) -> None:
        if self.identity(path):
            self._delete(path)
        if self.did == REFUSED:
            return
        self._note(self._make(path))
        self.guide.clock.advance(600)
        if self.did != REFUSED:
            self.theirs[path] = self.identity(path)

    def _make(self, path: str) -> int:
        if "/models/" in path:
            models = json.loads(self.guide.bodies["/models"])
            wanted = [one for one in models if path.endswith(one["@id"])]
            return self._send("POST", "/models", [{**one, "displayName": "of a colleague"} for one in wanted])[0]
        body = json.loads(self.guide.bodies.get(path.lower(), b"{}"))
        if "location" in body:
            body["tags"] = _TAG
        if "roleassignments" in path.lower():
            body["properties"]["description"] = "of a colleague"
        return self._send("PUT", path, body)[0]

    def _is_tagged(self, path: str) -> bool:
        return "location" in json.loads(self.guide.bodies.get(path.lower(), b"{}"))

    def _note(self, status: int) -> None:
        if status >= 400:
            self.did = REFUSED

    def _send(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, Any]]:
        data = self.operation.service == "data"
        version = "2020-10-31" if data else VERSIONS["native"] if _TAGS in path else version_for(path)
        answer = _session(self.guide.sandbox, data=data).request(
            method,
            (HOST if data else ARM) + path,
            params={"api-version": version},
            json=body,
            headers={"Content-Type": "application/json-patch+json"} if isinstance(body, list) and data else None,
        )
        try:
            shown = answer.json()
        except ValueError:
            shown = {}
        return answer.status_code, shown if isinstance(shown, dict) else {}


def _spelled(key: str) -> str:
    """Undo how the store spells capitals in keys."""
    return re.sub(r"\^(.)", lambda found: found[1].upper(), key)


def _session(sandbox: Sandbox, *, data: bool) -> Any:
    audience = azure.DIGITAL_TWINS_SCOPE.removesuffix("/.default") if data else ARM
    return azure.http(sandbox, "reader" if data else "operator", audience)
