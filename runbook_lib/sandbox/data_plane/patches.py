"""JSON Patch as the service accepts it: `add`, `replace` and `remove`, all together or not at all.

Texts as recorded, for twins, components and relationships. `move`, `copy` and `test` are refused.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..store import Document
from .call import Call
from .errors import JsonPatchInvalid
from .graph_errors import PatchUnreadable

OPERATION = "Microsoft.AspNetCore.JsonPatch.Operations.Operation"
UNREAD = {"jsonPatchDocument": ["The jsonPatchDocument field is required."]}
"""What the framework adds for twins only (recorded)."""
VERBS = ("add", "replace", "remove")
_GAP = re.compile(r"[\s,]*")


@dataclass(frozen=True)
class Operation:
    """One step of a patch."""

    verb: str
    path: str
    """The JSON pointer, from the document's root."""
    value: Any = None

    @property
    def segments(self) -> tuple[str, ...]:
        """The pointer's segments, decoded."""
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in self.path.lstrip("/").split("/"))

    def target(self, document: Any) -> tuple[Any, str]:
        """Return the container of the place that is meant, and its name there. Raises JsonPatchInvalid."""
        *way, last = self.segments
        holder = document
        for segment in way:
            if isinstance(holder, dict) and segment in holder:
                holder = holder[segment]
            elif isinstance(holder, list) and _is_index(segment, len(holder)):
                holder = holder[int(segment)]
            else:
                raise self._unresolved()
        if not isinstance(holder, dict | list):
            raise self._unresolved()
        return holder, last

    def apply(self, document: Any) -> None:
        """Change a document in place. Raises JsonPatchInvalid."""
        holder, name = self.target(document)
        if isinstance(holder, list):
            self._apply_to_list(holder, name)
            return
        # You can replace a sourceTime that was never set: Microsoft's own examples do.
        if self.verb != "add" and name not in holder and not (self.verb == "replace" and name == "sourceTime"):
            raise JsonPatchInvalid(problem=f"The target location specified by path segment '{name}' was not found")
        if self.verb == "remove":
            del holder[name]
        else:
            holder[name] = copy.deepcopy(self.value)

    def _apply_to_list(self, holder: list[Any], name: str) -> None:
        if self.verb == "add" and (name == "-" or _is_index(name, len(holder) + 1)):
            holder.insert(len(holder) if name == "-" else int(name), copy.deepcopy(self.value))
        elif self.verb == "add" or not _is_index(name, len(holder)):
            raise JsonPatchInvalid(problem=f"The target location specified by path segment '{name}' was not found")
        elif self.verb == "remove":
            del holder[int(name)]
        else:
            holder[int(name)] = copy.deepcopy(self.value)

    def _unresolved(self) -> JsonPatchInvalid:
        return JsonPatchInvalid(problem=f"Could not resolve path {self.path}")


def read_patch(call: Call, prefix: str = "", *, of_twin: bool = False) -> list[Operation]:
    """Read the body of a PATCH. `prefix` goes before each path: a component is patched as a part of its twin.

    Raises EmptyBody, MalformedBody, PatchUnreadable and JsonPatchInvalid.
    """
    body = call.body()
    also = UNREAD if of_twin else {}
    if not isinstance(body, list):
        # Modelled on what the framework says about a list.
        problem = (
            f"Cannot deserialize the current JSON value into type '{OPERATION}[]' because it requires a JSON array."
        )
        raise PatchUnreadable({"": [problem]} | also)
    for index, entry in enumerate(body):
        if not isinstance(entry, dict):
            raise PatchUnreadable({f"[{index}]": [_misfit(call.request.body.decode(), index)]} | also)
    return [_operation(entry, prefix) for entry in body]


def patched(document: Document, operations: list[Operation]) -> Document:
    """Return a changed copy of a document. Raises JsonPatchInvalid."""
    work = copy.deepcopy(document)
    for operation in operations:
        operation.apply(work)
    return work


def _operation(entry: dict[str, Any], prefix: str) -> Operation:
    verb, path = entry.get("op"), entry.get("path")
    if not verb:
        raise JsonPatchInvalid(problem="Parameter op must not be empty")
    if verb not in VERBS:
        raise JsonPatchInvalid(problem=f"Unsupported operation type {verb}")
    if not path or not isinstance(path, str):
        raise JsonPatchInvalid(problem="Parameter path must not be empty")
    return Operation(verb, f"{prefix}/{path.removeprefix('/')}", entry.get("value"))


def _is_index(segment: str, length: int) -> bool:
    return re.fullmatch("0|[1-9][0-9]{0,5}", segment) is not None and int(segment) < length


def _misfit(text: str, index: int) -> str:
    """Write the framework's message about a list member that isn't an object, with the position where it ends."""
    value, end = next(islice(_members(text), index, None))
    line, position = text.count("\n", 0, end) + 1, end - (text.rfind("\n", 0, end) + 1)
    shown = f'"{value}"' if isinstance(value, str) else json.dumps(value)
    return f"Error converting value {shown} to type '{OPERATION}'. Path '[{index}]', line {line}, position {position}."


def _members(text: str) -> Iterator[tuple[Any, int]]:
    """Iterate over a JSON list's members and the offsets where they end."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while True:
        begin = _GAP.match(text, at)
        if begin is None or text.startswith("]", begin.end()):
            return
        value, at = decoder.raw_decode(text, begin.end())
        yield value, at
