"""Refusals that are an answer: something doesn't exist, or this account can't see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def ask(read: Callable[[], T], instead: Mapping[int, U]) -> T | U:
    """Return what `read` returns, or the value that `instead` has for the HTTP status of Azure's refusal.

    403 often means "you can't see it", 404 "it isn't there", 409 "the resource provider isn't registered". Raises
    HttpResponseError for every other status.
    """
    from azure.core.exceptions import HttpResponseError

    try:
        return read()
    except HttpResponseError as error:
        if error.status_code is None or error.status_code not in instead:
            raise
        return instead[error.status_code]
