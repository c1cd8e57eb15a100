"""An authorized call of the data plane, which every operation gets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..clock import Clock
from ..http import Answer, Request
from ..store import Document, Store
from ..tokens import Caller
from .catalog import Catalog, Catalogs
from .errors import EmptyBody, InvalidContinuationToken, InvalidPageSize, MalformedBody
from .twin_graph import Change, Graphs, TwinGraph

PAGE_SIZE = 100
"""Maximum items per page (service limits): the service can return fewer than `max-items-per-page` asks for."""


class JobRunner(Protocol):
    """What runs bulk jobs, for the operations that begin them and look at them."""

    def begin_import(self, call: Call, job: Document) -> None:
        """Accept an import."""

    def begin_deletion(self, call: Call, job: Document) -> None:
        """Accept a deletion."""

    def current(self, kind: str, job: Document) -> Document:
        """Return a job as it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the gateway."""

    store: Store
    clock: Clock
    request: Request
    caller: Caller
    instance: dict[str, Any]
    """The instance's ARM document."""
    values: dict[str, str]
    """The values from the path, decoded."""
    graphs: Graphs
    catalogs: Catalogs
    jobs: JobRunner

    @property
    def host(self) -> str:
        """The instance's host name, lower case: the start of its documents' keys."""
        return self.request.host

    @property
    def graph(self) -> TwinGraph:
        """The instance's current twins and relationships."""
        return self.graphs.current(self.host)

    @property
    def catalog(self) -> Catalog:
        """The instance's models."""
        return self.catalogs.of(self.host)

    def write(self, change: Change) -> None:
        """Change the instance's graph."""
        self.graphs.write(self.host, change)

    def body(self) -> Any:
        """Decode the body. Raises EmptyBody and MalformedBody; JSON's `null` counts as empty, as recorded."""
        if not self.request.body.strip():
            raise EmptyBody
        try:
            decoded = self.request.json()
            # Refuse what can't be written back as JSON: 1e999 was read as infinity.
            json.dumps(decoded, allow_nan=False)
        except ValueError as error:
            raise MalformedBody(expected="of the required kind") from error
        if decoded is None:
            raise EmptyBody
        return decoded

    def page_size(self, most: int = PAGE_SIZE) -> int:
        """Return how many items the caller wants at once, and gets at `most`. Raises InvalidPageSize."""
        value = self.request.headers.get("max-items-per-page", str(PAGE_SIZE))
        if not re.fullmatch("0*[1-9][0-9]{0,8}", value):
            raise InvalidPageSize(value=value)
        return min(int(value), most)


QUERY_PAGE_SIZE = 1000
"""Maximum items per page of a query that asks for more than PAGE_SIZE (header `max-items-per-page`)."""

Operation = Callable[[Call], Answer]


def encode_token(state: dict[str, Any]) -> str:
    """Encode where the next page starts, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def decode_token(token: str) -> dict[str, Any]:
    """Read what `encode_token` wrote. Raises InvalidContinuationToken for anything else."""
    try:
        state = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, RecursionError) as error:
        raise InvalidContinuationToken from error
    if not isinstance(state, dict):
        raise InvalidContinuationToken
    return state
