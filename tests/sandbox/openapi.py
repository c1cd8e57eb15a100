"""Holds every answer of the sandbox against Microsoft's OpenAPI files.

The files lie under the folder that `AZURE_SPECS_DIR` names; they are read there and never copied. Where a file and the
real service disagree, the service is right: such places are named in `openapi_errata.py`, each with its evidence.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from jsonschema_rs import Draft4, Draft4Validator, Registry

from runbook_lib.sandbox.http import Answer, Request

from .openapi_errata import KNOWN_FAULTS, KnownFault

MAY_BE_EMPTY = {"scope", "parentResourcePath"}
"""Path parameters that may stand for nothing: the tenant's scope is `/`, a top-level resource has no parent."""
UNDECLARED = {
    "/providers/Microsoft.Authorization/permissions": "Permissions_ListForResourceGroup",
    "/subscriptions/{subscriptionId}/providers/Microsoft.Authorization/permissions": "Permissions_ListForResourceGroup",
    "/providers/Microsoft.Authorization/roleEligibilityScheduleInstances": "Resources_List",
    "/subscriptions/{subscriptionId}/providers/{namespace}/{type}": "Resources_List",
    "/subscriptions/{subscriptionId}/resourceGroups/{group}/providers/{namespace}/{type}": "Resources_List",
}
"""Calls that no file here has but the service answers, and the operation whose answer they give.

The permissions: facts, section 3.2. The lists of other providers' resources: every provider's have this shape.
"""
BASE = "https://specs.invalid/"
MANAGEMENT, DATA_PLANE = "management.azure.com", ".digitaltwins.azure.net"
METHODS = ("get", "put", "post", "patch", "delete", "head", "options")
NULLABLE_LINKS = {"nextLink", "continuationToken"}
"""The live service sends them as null on the last page (recorded); the files declare plain strings."""
POLLING = re.compile(r"/(operations?Statuses|operationResults|locations/[^/]+/operations)/[^/]+$", re.IGNORECASE)
"""Where a long-running operation is watched: no file describes these answers, though a generic template may fit."""
ELSEWHERE = re.compile(
    r"POST .*/(listKeys|\w+Principals|listAssociatedResources|checkNameAvailability)|GET /metadata/endpoints/?"
    r"|\w+ .*/Microsoft.Authorization/policy(Assignments|Definitions)(/[^/]+)?"
    r"|(GET|PUT) .*/roleAssignmentScheduleRequests/[^/]+",
    re.IGNORECASE,
)
"""What a user does with an instance's neighbours (storage, event hubs, ...), whose providers' files are not here;
policies and Privileged Identity Management, for the same reason; and the description of the cloud."""


@dataclass(frozen=True)
class Violation:
    """One place where an answer is not what the OpenAPI file promises."""

    operation: str
    """The `operationId`, for example `DigitalTwinModels_List`."""
    status: int
    place: str
    """JSON pointer into the body, or empty for the answer as a whole."""
    message: str

    def __str__(self) -> str:
        return f"{self.operation} {self.status} at {self.place or '(answer)'}: {self.message}"


@dataclass(frozen=True)
class Operation:
    """One operation of one file."""

    name: str
    method: str
    expression: re.Pattern[str]
    weight: int
    """How many characters of the path template are literal: of several that fit, the most literal one is meant."""
    version: str
    pointer: str
    """Where the operation stands: file address and JSON pointer."""
    responses: dict[str, Any]


class Specification:
    """All OpenAPI 2.0 files under a folder, their references resolved against each other."""

    def __init__(self, folder: Path) -> None:
        files = {
            p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*.json")) if "examples" not in p.parts
        }
        documents = {name: json.loads(path.read_text("utf-8")) for name, path in files.items()}
        self._documents = {
            name: d for name, d in documents.items() if isinstance(d, dict) and d.get("swagger") == "2.0"
        }
        self._registry = Registry([(BASE + n, self._loose(d, n)) for n, d in self._documents.items()], draft=Draft4)
        self._validators: dict[str, Draft4Validator] = {}
        declared = [o for name in self._documents for o in self._operations(name)]
        also = [
            replace(o, expression=_expression(path, set()), weight=len(_literal(path)))
            for path, name in UNDECLARED.items()
            for o in declared
            if o.name == name
        ]
        self.operations = sorted(declared + also, key=lambda o: (o.weight, o.version), reverse=True)

    def find(self, method: str, host: str, path: str, version: str = "") -> Operation | None:
        """Return the operation of a call, preferably in the file of that api-version, or None when no file has it."""
        data_plane = host.endswith(DATA_PLANE)
        if POLLING.search(path) or not _has_files(host):
            return None
        fits = [
            o
            for o in self.operations
            if o.method == method
            and o.pointer.startswith(f"{BASE}digitaltwins-data/") == data_plane
            and o.expression.fullmatch(path)
        ]
        return next((o for o in fits if o.version == version and o.weight == fits[0].weight), fits[0] if fits else None)

    def violations(self, operation: Operation, answer: Answer) -> Iterator[Violation]:
        """List everything in an answer that the operation's file does not allow."""

        def violation(message: str, place: str = "") -> Violation:
            return Violation(operation.name, answer.status, place, message)

        declared = str(answer.status) if str(answer.status) in operation.responses else "default"
        if answer.status >= 400 and all(status.isdigit() and int(status) < 400 for status in operation.responses):
            return  # a file that knows of no refusals (locks, 2016-09-01) says nothing about them
        if declared not in operation.responses:
            yield violation(f"status is not one of {sorted(operation.responses)}")
            return
        if declared == "default" and answer.status < 400:
            yield violation("a success with a status that only 'default' covers, which describes errors")
            return
        content = answer.encoded()
        if "schema" not in operation.responses[declared]:
            if content:
                yield violation("has a body where none is declared")
            return
        if operation.method == "HEAD":
            return
        if not content:
            yield violation("has no body where one is declared")
            return
        yield from (violation(text, place) for place, text in self._check(operation, declared, answer, content))

    def _check(self, operation: Operation, declared: str, answer: Answer, content: bytes) -> Iterator[tuple[str, str]]:
        if "json" not in answer.content_type:
            yield "", f"content type is {answer.content_type}"
        try:
            body = json.loads(content)
        except ValueError:
            yield "", "body is not JSON"
            return
        pointer = f"{operation.pointer}/responses/{declared}/schema"
        if answer.status >= 400 and not _names_its_error(body):
            # Most files leave every field of an error optional; each recorded one has both of these.
            yield "/error", "an error without code and message"
        for error in self._validator(pointer).iter_errors(body):
            yield "".join(f"/{part}" for part in error.instance_path), error.message

    def _validator(self, pointer: str) -> Draft4Validator:
        if pointer not in self._validators:
            self._validators[pointer] = Draft4Validator(
                {"$ref": pointer}, registry=self._registry, validate_formats=True, offline=True
            )
        return self._validators[pointer]

    def _operations(self, name: str) -> Iterator[Operation]:
        document = self._documents[name]
        for template, item in document.get("paths", {}).items():
            for method in METHODS:
                if method not in item:
                    continue
                spec = item[method]
                given = [self._parameter(name, p) for p in [*item.get("parameters", []), *spec.get("parameters", [])]]
                greedy = {p["name"] for p in given if p.get("x-ms-skip-url-encoding")}
                literal = _literal(template)
                if not literal.strip("/"):
                    continue  # `/{resourceId}` fits every path, so that fitting it means nothing
                pointer = f"{BASE}{name}#/paths/{_escape(template)}/{method}"
                version = name.split("/")[-2]
                expression = _expression(template, greedy)
                yield Operation(
                    spec["operationId"], method.upper(), expression, len(literal), version, pointer, spec["responses"]
                )

    def _parameter(self, name: str, parameter: dict[str, Any]) -> dict[str, Any]:
        """Follow the reference of a parameter, into another file where it leads there."""
        if "$ref" not in parameter:
            return parameter
        address, _, pointer = urljoin(BASE + name, parameter["$ref"]).partition("#")
        found: dict[str, Any] = self._documents[address.removeprefix(BASE)]["parameters"][pointer.rsplit("/", 1)[1]]
        return found

    def _loose(self, node: Any, name: str) -> Any:
        """Turn OpenAPI 2.0's dialect into JSON Schema: absolute references, `x-nullable`, objects named as such."""
        if isinstance(node, list):
            return [self._loose(child, name) for child in node]
        if not isinstance(node, dict):
            return node
        made = {key: self._loose(child, name) for key, child in node.items() if key != "properties"}
        if "properties" in node:  # a map of names to schemas, in which a property may well be called `properties`
            made["properties"] = {key: self._loose(child, name) for key, child in node["properties"].items()}
            for key in made["properties"].keys() & NULLABLE_LINKS:
                made["properties"][key] = _nullable(made["properties"][key])
        if isinstance(made.get("$ref"), str):
            made["$ref"] = urljoin(BASE + name, made["$ref"])
            if made["$ref"].partition("#")[0].removeprefix(BASE) not in self._documents:
                made = {}  # a file of another service that is not at hand: whatever stands there is accepted
        elif "properties" in made:
            made.setdefault("type", "object")
        return _nullable(made) if node.get("x-nullable") is True else made


def _has_files(host: str) -> bool:
    return host == MANAGEMENT or host.endswith(DATA_PLANE)


def _literal(template: str) -> str:
    return re.sub(r"\{[^}]+\}", "", template)


def _expression(template: str, greedy: set[str]) -> re.Pattern[str]:
    """Compile a path template; a greedy parameter may stand for several segments."""
    text, spans = "", False
    for part in re.split(r"(\{[^}]+\}/?)", template.rstrip("/")):
        name, end = part.strip("{}/"), "/" if part.endswith("/") else ""
        if not part.startswith("{"):
            text += re.escape(part)
            spans = spans and not part
            continue
        # Of neighbours one that spans is enough. More would fit the same, after trying out every way to share a path.
        segments = ".+?" if name in greedy and not spans else "[^/]+"
        spans = spans or name in greedy
        text += f"(?:{segments}/)?" if end and name in greedy & MAY_BE_EMPTY else segments + end
    return re.compile(text + "/?", re.IGNORECASE)


def _names_its_error(body: Any) -> bool:
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and all(isinstance(error.get(key), str) for key in ("code", "message"))


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _escape(segment: str) -> str:
    """Write a path template as one segment of a JSON pointer in the fragment of an address."""
    return segment.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@dataclass
class Checker:
    """Judges answers, one after the other, and collects what is wrong with them; `verdict` tells it."""

    specification: Specification
    violations: list[Violation] = field(default_factory=list)
    validated: Counter[str] = field(default_factory=Counter)
    """How often each operation was held against its file."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Calls that no file describes (Entra, Graph, polling, ...), by method and host."""
    excused: Counter[KnownFault] = field(default_factory=Counter)

    def __call__(self, request: Request, answer: Answer) -> None:
        """Judge one answer."""
        spec = self.specification
        operation = spec.find(request.method, request.host, request.path, request.parameter("api-version"))
        if operation is None:
            self.ignored[f"{request.method} {request.host}"] += 1
            if not _may_be_undescribed(request, answer):
                call = f"{request.method} {request.path}"
                self.violations.append(Violation(call, answer.status, "", "no file describes this call"))
            return
        self.validated[operation.name] += 1
        for violation in spec.violations(operation, answer):
            fault = next((f for f in KNOWN_FAULTS if f.covers(violation)), None)
            if fault:
                self.excused[fault] += 1
            else:
                self.violations.append(violation)

    def verdict(self) -> str:
        """Say what is wrong, a line for each violation; empty when nothing is."""
        listed = "\n  ".join(str(v) for v in self.violations)
        return f"Microsoft's OpenAPI files do not allow these answers:\n  {listed}" if listed else ""


def _may_be_undescribed(request: Request, answer: Answer) -> bool:
    if POLLING.search(request.path) or not _has_files(request.host):
        return True
    if answer.status < 400:
        return ELSEWHERE.fullmatch(f"{request.method} {request.path}") is not None
    try:
        return _names_its_error(json.loads(answer.encoded()))  # an address that Azure does not have
    except ValueError:
        return False


@cache
def specification(folder: str) -> Specification:
    """Read the files of a folder, once per test run."""
    return Specification(Path(folder))
