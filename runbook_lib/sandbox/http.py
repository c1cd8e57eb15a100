"""Requests, answers and routes: the few shapes that every simulated service shares."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isinf
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, unquote

JSON_UTF8 = "application/json; charset=utf-8"
JSON_DEPTH = 64
"""How deep JSON can be nested: the limit of .NET's readers, which Azure's services use."""
_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a service sees it.

    Header names are lower case. Query names are lower case too, because Azure compares them without
    regard to case (`api-version`, `$filter`). A parameter that's sent more than once keeps its values in order.
    """

    method: str
    host: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    refusal: ServiceError | None = None
    """The error that an injected fault asks for. The service raises it first, in its own envelope."""

    @classmethod
    def build(cls, method: str, host: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Make a request from its raw parts: `path` and `query` still percent-encoded, as they came over the wire."""
        values: dict[str, tuple[str, ...]] = {}
        for name, found in parse_qs(query, keep_blank_values=True).items():
            values[name.lower()] = (*values.get(name.lower(), ()), *found)
        # The JavaScript authorization client sends `//subscriptions/...`, and would lose its token in a redirect.
        return cls(method.upper(), host.lower(), re.sub(r"/{2,}", "/", path), values, headers, body)

    @property
    def base_url(self) -> str:
        """Scheme and host as the client knows them. Links in answers must start with them."""
        return f"https://{self.host}"

    def parameter(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter; `name` is case-insensitive."""
        return self.query.get(name.lower(), (default,))[0]

    def json(self) -> Any:
        """Decode the body as JSON. Raises ValueError if it isn't JSON (an empty body isn't), or isn't safe.

        Refused although Python would accept it: NaN, Infinity, numbers that become infinite, half a surrogate pair
        (which can't be written as UTF-8), and anything nested deeper than JSON_DEPTH.
        """
        _check_depth(self.body)
        value = json.loads(self.body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in self.body:
            json.dumps(value, ensure_ascii=False).encode()
        return value

    def form(self) -> dict[str, str]:
        """Decode the body as an HTML form; of a repeated field the first value counts."""
        return {k: v[0] for k, v in parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True).items()}


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= JSON_DEPTH:
        return
    depth = 0
    for found in _BRACKET.finditer(body):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(found[0], 0)
        if depth > JSON_DEPTH:
            raise ValueError(f"The JSON is nested deeper than {JSON_DEPTH} levels.")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"{text} is too large a number.")
    return number


@dataclass(slots=True)
class Answer:
    """One HTTP answer. A `body` of None is an empty body; bytes and str are sent as they are; all else becomes JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_UTF8
    delay: float = 0.0
    """By how many seconds a fault delays it."""
    lost: bool = False
    """A fault breaks the connection instead of sending it."""

    def encoded(self) -> bytes:
        """Return the body's bytes as they go over the wire."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode()


class ServiceError(Exception):
    """A refusal from Azure. Every service has its own subclass, which knows the service's error envelope."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """Render the error in the service's own envelope."""
        return Answer(self.status, {"error": {"code": self.code, "message": self.message}}, self.headers)


Handler = TypeVar("Handler", bound=Callable[..., Answer])


@dataclass(frozen=True, slots=True)
class Route(Generic[Handler]):
    """One row of a service's table of routes.

    `pattern` has literals (compared without regard to case, as Azure does), `{name}` for one segment, and `{name*}` for
    one or more. `action` is the RBAC action or data action that the call needs, with `{names}` filled from the path.
    """

    method: str
    pattern: str
    handler: Handler
    action: str = ""

    def expression(self) -> re.Pattern[str]:
        """Compile the pattern."""
        parts = re.split(r"(\{[a-z_]+\*?\})", self.pattern)
        text = "".join(
            (f"(?P<{p[1:-2]}>.+?)" if p.endswith("*}") else f"(?P<{p[1:-1]}>[^/]+)")
            if p.startswith("{")
            else re.escape(p)
            for p in parts
        )
        return re.compile(text + "/?", re.IGNORECASE)


class Routes(Generic[Handler]):
    """A service's table of routes; the first row that fits wins."""

    def __init__(self, rows: Iterable[Route[Handler]]) -> None:
        self._rows = [(row.expression(), row) for row in rows]

    def __iter__(self) -> Iterator[Route[Handler]]:
        return (row for _, row in self._rows)

    def find(self, method: str, path: str) -> tuple[Route[Handler], dict[str, str]] | None:
        """Return the row for a call and the decoded path values, or None if no row fits."""
        for expression, row in self._rows:
            if row.method == method and (hit := expression.fullmatch(path)):
                return row, {k: unquote(v) for k, v in hit.groupdict().items()}
        return None

    def methods(self, path: str) -> list[str]:
        """List the methods that the path has, to tell 405 from 404."""
        return sorted({row.method for expression, row in self._rows if expression.fullmatch(path)})
