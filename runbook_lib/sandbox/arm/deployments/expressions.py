"""Expressions of templates: `[concat(parameters('name'), '-twins')]` and the like.

Of the language's functions the sandbox knows those that templates of a few resources need; for every other one it says
so instead of guessing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ArmError, gateway

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_][\w]*)|([().,\[\]]))")
_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
"""What Microsoft's `guid()` derives from, as documented for Bicep users who recompute it."""

Scope = Mapping[str, Callable[..., Any]]
"""Functions that depend on the deployment: `parameters`, `variables`, `resourceGroup`, `subscription`."""


def not_simulated(what: str) -> ArmError:
    """Refuse: Azure can do this, the sandbox cannot."""
    return ArmError(400, "SandboxNotSimulated", f"The sandbox does not simulate {what}. Azure does.")


def invalid_template(problem: str) -> ArmError:
    """Refuse: the template breaks the language's rules. The code is documented, the sentence's end is ours."""
    return gateway(400, "InvalidTemplate", f"Deployment template validation failed: '{problem}'.")


def evaluate(value: Any, scope: Scope) -> Any:
    """Return a value with all expressions in it replaced by what they mean. Raises ArmError."""
    if isinstance(value, dict):
        return {name: evaluate(each, scope) for name, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, scope) for each in value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return value[1:] if value.startswith("[[") else _Parser(value[1:-1], scope).parse()
    return value


class _Parser:
    def __init__(self, text: str, scope: Scope) -> None:
        self._text, self._scope = text, scope
        self._tokens = self._read()
        self._at = 0

    def parse(self) -> Any:
        value = self._value()
        if self._at != len(self._tokens):
            raise self._invalid()
        return value

    def _read(self) -> list[tuple[str, Any]]:
        found, position, text = [], 0, self._text.rstrip()
        while position < len(text):
            token = _TOKEN.match(text, position)
            if not token:
                raise self._invalid()
            for kind, content in zip(("text", "number", "name", "sign"), token.groups(), strict=True):
                if content is not None:
                    found.append((kind, content))
            position = token.end()
        return found

    def _value(self) -> Any:
        kind, content = self._next()
        if kind == "text":
            value: Any = content.replace("''", "'")
        elif kind == "number":
            value = int(content)
        elif kind == "name":
            value = self._call(content)
        else:
            raise self._invalid()
        return self._followed(value)

    def _call(self, name: str) -> Any:
        self._expect("(")
        arguments: list[Any] = []
        while not self._accept(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._value())
        known = {n.lower(): f for n, f in {**_FUNCTIONS, **self._scope}.items()}
        function = known.get(name.lower())
        if function is None:
            raise not_simulated(f"the template function '{name}'")
        try:
            return function(*arguments)
        except (TypeError, LookupError, ValueError) as error:
            raise self._invalid() from error

    def _followed(self, value: Any) -> Any:
        while True:
            if self._accept("."):
                key: Any = self._next()[1]
            elif self._accept("["):
                key = self._value()
                self._expect("]")
            else:
                return value
            try:
                value = value[key]
            except (TypeError, LookupError) as error:
                raise self._invalid() from error

    def _next(self) -> tuple[str, Any]:
        if self._at >= len(self._tokens):
            raise self._invalid()
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, sign: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign)
        self._at += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise self._invalid()

    def _invalid(self) -> ArmError:
        return invalid_template(f"The template language expression '{self._text}' is not valid.")


def _concat(*parts: Any) -> Any:
    if parts and isinstance(parts[0], list):
        return [each for part in parts for each in part]
    return "".join(str(part) for part in parts)


_FUNCTIONS: Scope = {
    "concat": _concat,
    "toLower": lambda text: str(text).lower(),
    "toUpper": lambda text: str(text).upper(),
    "guid": lambda *parts: str(uuid.uuid5(_NAMESPACE, "-".join(map(str, parts)))),
    "format": lambda text, *values: re.sub(r"\{(\d+)\}", lambda found: str(values[int(found[1])]), text),
}
