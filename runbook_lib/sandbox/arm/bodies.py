"""Reads the nested parts of a body: each part has the right type, or the call is refused.

A part that is absent or null reads as empty. Modelled: the texts follow Json.NET's message about a wrong type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import errors


def section(parent: Mapping[str, Any], name: str, path: str = "") -> dict[str, Any]:
    """Return the object of that name; `path` is where `parent` is in the body. Raises ArmError for anything else."""
    value = parent.get(name)
    if value is not None and not isinstance(value, dict):
        raise _unexpected("an object", path, name)
    return value or {}


def sections(parent: Mapping[str, Any], name: str, path: str = "") -> list[dict[str, Any]]:
    """Return the list of objects of that name. Raises ArmError for anything else."""
    value = parent.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise _unexpected("a list of objects", path, name)
    return value or []


def text(parent: Mapping[str, Any], name: str, path: str = "") -> str:
    """Return the text of that name. Raises ArmError for anything else."""
    value = parent.get(name)
    if value is not None and not isinstance(value, str):
        raise _unexpected("a text", path, name)
    return value or ""


def texts(parent: Mapping[str, Any], name: str, path: str = "") -> list[str]:
    """Return the list of texts of that name. Raises ArmError for anything else."""
    value = parent.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise _unexpected("a list of texts", path, name)
    return value or []


def _unexpected(wanted: str, path: str, name: str) -> errors.ArmError:
    return errors.invalid_request_content(f"Expected {wanted}. Path '{f'{path}.' if path else ''}{name}'.")
