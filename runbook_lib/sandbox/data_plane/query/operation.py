"""The query operation of the data plane: one page at a time, with its charge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...http import Answer
from ..call import QUERY_PAGE_SIZE, Call, decode_token, encode_token
from ..errors import MalformedBody
from ..paging import checked_state
from ..twins import shown
from .evaluation import Evaluation
from .parsing import parse

BASE_CHARGE, ROW_CHARGE, LOOK_CHARGE = 2.5, 0.142, 0.0009
"""Query units of a query, of each item that it returns, and of each twin or relationship that it reads.

Modelled: fitted to the one recorded query whose answer is known, 45 twins for 8.93 units.
"""


def query_twins(call: Call) -> Answer:
    """POST /query: run a query, or continue one. Raises SqlQueryError, InvalidContinuationToken and QueryTimeout."""
    state = _state(call)
    query = parse(state["query"])
    evaluation = Evaluation(query, call.graphs.queryable(call.host), call.catalog)
    if query.counts:
        return _answer([{"COUNT": evaluation.count()}], None, evaluation)
    left = state["left"] if state["left"] >= 0 else query.top
    size = state["size"] if left is None else min(state["size"], left)
    page: list[Any] = []
    key, skip, more = state["after"], state["skip"], False
    for found, item in _rest(evaluation, key, skip):
        if len(page) == size:
            more = left is None or left > size
            break
        key, skip = found, skip + 1 if found == key else 1
        page.append(shown(item, call))
    rest = -1 if left is None else left - len(page)
    token = encode_token({**state, "after": key, "skip": skip, "left": rest}) if more else None
    return _answer(page, token, evaluation)


def _state(call: Call) -> dict[str, Any]:
    """Return which query to run and from where: `after` the last item's key, `skip` items of which were returned."""
    body = call.body()
    texts = [body.get("query"), body.get("continuationToken")] if isinstance(body, dict) else [0]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise MalformedBody(expected="an object with a text called query")
    text, token = texts
    first = {"query": text or "", "after": "", "skip": 0, "left": -1, "size": call.page_size(QUERY_PAGE_SIZE)}
    return checked_state(decode_token(str(token)), first, QUERY_PAGE_SIZE) if token else first


def _rest(evaluation: Evaluation, after: str, skip: int) -> Iterator[tuple[str, Any]]:
    """Iterate over the items that earlier pages didn't return."""
    for key, item in evaluation.rows(after):
        if key == after and skip > 0:
            skip -= 1
        else:
            yield key, item


def _answer(items: list[Any], token: str | None, evaluation: Evaluation) -> Answer:
    charge = BASE_CHARGE + ROW_CHARGE * len(items) + LOOK_CHARGE * evaluation.examined
    return Answer(200, {"value": items, "continuationToken": token}, {"query-charge": f"{charge:.2f}"})
