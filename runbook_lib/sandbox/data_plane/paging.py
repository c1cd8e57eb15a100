"""Lists in pages: one token carries everything that the next page needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from ..http import Answer
from .call import PAGE_SIZE, Call, decode_token, encode_token
from .errors import InvalidContinuationToken


def page_state(call: Call, **first: Any) -> dict[str, Any]:
    """Return what to list and from where: as the first call asks, or as an earlier page's token says.

    `after` is the last item already listed, `size` the number of items per page. Raises InvalidContinuationToken.
    """
    start = {"after": "", "size": call.page_size(), **first}
    token = call.request.parameter("continuationToken")
    return checked_state(decode_token(token), start) if token else start


def checked_state(state: dict[str, Any], pattern: Mapping[str, Any], most: int = PAGE_SIZE) -> dict[str, Any]:
    """Return a token's content if it has the form of `pattern`. Raises InvalidContinuationToken."""
    if state.keys() != pattern.keys() or any(type(state[name]) is not type(value) for name, value in pattern.items()):
        raise InvalidContinuationToken
    if not 1 <= state["size"] <= most:
        raise InvalidContinuationToken
    return state


def answer_page(
    call: Call, state: dict[str, Any], names: Iterable[str], view: Callable[[str], Any], path: str = ""
) -> Answer:
    """Answer with one page of the items of these names, in their order, and the address of the next page.

    Modelled: the address. The service's own isn't recorded, and clients follow any.
    """
    rest = sorted(name for name in names if name > state["after"])
    page = rest[: state["size"]]
    link = None
    if len(rest) > len(page):
        token = encode_token({**state, "after": page[-1]})
        query = {"continuationToken": token, "api-version": call.request.parameter("api-version")}
        link = f"{call.request.base_url}{path or call.request.path}?{urlencode(query)}"
    return Answer(200, {"value": [view(name) for name in page], "nextLink": link})
