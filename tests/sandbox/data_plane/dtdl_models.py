"""Models of the definition language for its tests, and how they are read there."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from runbook_lib.sandbox.data_plane.dtdl.parser import read_interfaces
from runbook_lib.sandbox.data_plane.dtdl.references import Interface
from runbook_lib.sandbox.data_plane.errors import DTDLParserError

ROOM = "dtmi:com:contoso:Room;1"


def model(identifier: str = ROOM, *contents: Any, version: int = 2, **more: Any) -> dict[str, Any]:
    made = {
        "@id": identifier,
        "@type": "Interface",
        "@context": f"dtmi:dtdl:context;{version}",
        "contents": [*contents],
    }
    return made | more


def property_of(schema: Any, name: str = "value", **more: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema, **more}


def read(*models: dict[str, Any]) -> list[Interface]:
    return read_interfaces(models)


def refusal(*models: dict[str, Any]) -> str:
    with pytest.raises(DTDLParserError) as caught:
        read(*models)
    return caught.value.message


def chain(length: int, version: int = 2) -> list[dict[str, Any]]:
    """Interfaces that extend one another: the first is the deepest."""
    ids = [f"dtmi:com:contoso:Level{number};1" for number in range(length + 1)]
    return [model(i, version=version, extends=base) for i, base in pairwise(ids)] + [model(ids[-1], version=version)]
