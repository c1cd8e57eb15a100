"""Reads a fleet file: YAML with a row of parameters for each instance, and validates all of it before anything runs.

    notebooks: [00, 01, 02]
    defaults: {resource_group: "rg-{region}", sign_in: setup-pipeline}
    matrix:
      region: [westeurope, northeurope]
      instance_name: [press, paint]
    rows:
      - {instance_name: plant-7, region: westeurope}

The matrix makes a row of each combination, `rows` come after it, and `defaults` fill in what a row doesn't say. A text
of the defaults can name other values of its row in braces. Anchors, aliases and merges (`<<`) work as in YAML, and
values are read as in a setup file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import yaml

from ...display.plain import one_line, quoted
from ...errors import InputError
from ...guide import NOTEBOOKS, defaults, find, unknown_parameters
from ...parameters import CreateInstanceParameters
from ..headless import prepare
from ..run import AZURE_DEFAULT
from ..setup_file import Wrong, line_of, name_of, plain_value, read_yaml

ROWS_LIMIT = 1000
INSTANCES_LIMIT = 10
"""The usual number of instances in a region, per subscription (Azure Digital Twins service limits)."""
_DEPTH = 4
"""A tag, in tags, in a row, in rows."""
_SHOWN = 20
"""How many problems are named. A thousand rows can have thousands."""
_KEYS = ("notebooks", "defaults", "matrix", "rows")
_PLACE = re.compile(r"\{(\w*)\}")
_MERGE = "<<"


@dataclass(frozen=True)
class Row:
    """One instance of a fleet."""

    number: int
    """From 1, in the order of the file."""
    values: Mapping[str, Any]
    """The parameters that the file and the command line give."""

    def value(self, name: str) -> str:
        """Return a parameter of the instance, given or by default."""
        return str(self.values.get(name, CreateInstanceParameters.model_fields[name].default))

    @property
    def name(self) -> str:
        """What the row is called: its number, and the name of the instance."""
        return f"{self.number:03}-{self.value('instance_name').strip() or 'unnamed'}"

    @property
    def subscription(self) -> tuple[str, str]:
        """Where Azure counts: the target and the subscription."""
        return str(self.values.get("target", "sandbox")), self.value("subscription").lower()

    @property
    def group(self) -> tuple[str, ...]:
        """The resource group, wherever it is."""
        return *self.subscription, self.value("resource_group").lower()


@dataclass(frozen=True)
class Fleet:
    """A whole fleet, validated."""

    notebooks: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default=())
    """What will probably be in the way, although Azure decides."""


def read_fleet(path: Path, overrides: Mapping[str, Any], notebooks: Sequence[str] = ()) -> Fleet:
    """Read and validate a fleet file. `overrides` are parameters for all rows; `notebooks` replace those of the file.

    Raises InputError that names each wrong row with its key.
    """
    given = read_yaml(path, lambda events: _Reader(events).document())
    place = one_line(path)
    if unknown := [name for name in given if name not in _KEYS]:
        remedy = f"A fleet file has {', '.join(_KEYS)}. Parameters stand in defaults, matrix or rows."
        raise InputError(f"{place}: {quoted(name_of(unknown[0]))} isn't a part of a fleet file.", remedy=remedy)
    named = notebooks or _texts(given.get("notebooks", []), f"{place}, notebooks")
    rows = [Row(number, one) for number, one in enumerate(_rows(given, overrides, place), 1)]
    chosen = [find(name).name for name in named] or [one.name for one in NOTEBOOKS[:AZURE_DEFAULT]]
    if wrong := [*_wrong(rows, chosen), *_same(rows)]:
        more = [f"And {len(wrong) - _SHOWN} more."] if len(wrong) > _SHOWN else []
        text = "\n".join([f"{place}: {len(wrong)} of the values need your attention.", *wrong[:_SHOWN], *more])
        raise InputError(text, remedy="Fix them, then run this again. Nothing has been done.", who="You.")
    return Fleet(chosen, rows, _crowded(rows))


def _rows(given: Mapping[str, Any], overrides: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
    usual, matrix = (_mapping(given.get(name, {}), f"{place}, {name}") for name in ("defaults", "matrix"))
    listed = given.get("rows", [])
    if not isinstance(listed, list):
        raise InputError(f"{place}: rows isn't a list.", remedy="Begin each row with a hyphen.")
    axes = {name: _list(values, f"{place}, matrix, {name_of(name)}") for name, values in matrix.items()}
    many = len(listed) + (prod(len(one) for one in axes.values()) if axes else 0)
    if not 0 < many <= ROWS_LIMIT:
        meaning = f"A fleet has 1 to {ROWS_LIMIT} rows, from matrix and rows together."
        raise InputError(f"{place}: This makes {many} rows.", meaning=meaning, remedy="Change matrix or rows.")
    own = [dict(zip(axes, one, strict=True)) for one in product(*axes.values())] if axes else []
    own += [_mapping(one, f"{place}, row {len(own) + number}") for number, one in enumerate(listed, 1)]
    return [_filled(usual, {**one, **overrides}, f"{place}, row {n}") for n, one in enumerate(own, 1)]


def _filled(usual: Mapping[str, Any], own: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a row with the defaults for what it doesn't say itself."""

    def fill(name: str, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[1] == name or isinstance(own.get(found[1], {}), dict):
                remedy = "Use the name of another value of the same row, such as {region}."
                raise InputError(f"{place}, {name_of(name)}: There's no value for {{{found[1]}}}.", remedy=remedy)
            return str(own[found[1]])

        return _PLACE.sub(value, text)

    left = {name: one for name, one in usual.items() if name not in own}
    return {name: fill(name, one) if isinstance(one, str) else one for name, one in left.items()} | own


def _wrong(rows: Sequence[Row], notebooks: Sequence[str]) -> Iterator[str]:
    """Say what's wrong with each row, by the same rules as for a run."""
    for row in rows:
        known = {name: value for name, value in row.values.items() if name in defaults()}
        for name in row.values.keys() - known.keys():
            error = unknown_parameters([name])
            yield f"Row {row.name}, {name_of(name)}: {error.message} {error.meaning}".rstrip()
        try:
            prepare([find(name) for name in notebooks], known)
        except InputError as error:
            found = error.problems or {"": f"{error.message} {error.meaning}".strip()}
            for name, text in found.items():
                yield f"Row {row.name}{f', {name}' if name else ''}: {text}"


def _same(rows: Sequence[Row]) -> Iterator[str]:
    """Say which rows mean the same instance. Two runs at once would be in each other's way."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        other = first.setdefault((*row.group, row.value("instance_name").lower()), row)
        if other is not row:
            yield f"Row {row.name}, instance_name: Row {other.name} has the same name in the same resource group."


def _crowded(rows: Sequence[Row]) -> list[str]:
    places = [(*row.subscription, row.value("region").lower().replace(" ", "")) for row in rows]
    return [
        f"{places.count(place)} rows are in {place[-1]}. Azure usually allows {INSTANCES_LIMIT} instances in a region "
        "per subscription, and refuses the others unless Microsoft has raised your limit."
        for place in dict.fromkeys(places)
        if places.count(place) > INSTANCES_LIMIT
    ]


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(
            f"{place}: This isn't a mapping.", remedy="Write names and values, one `name: value` per line."
        )
    return value


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not value or any(isinstance(one, list | dict) for one in value):
        raise InputError(f"{place}: This isn't a list of values.", remedy="Write them as in [westeurope, northeurope].")
    return value


def _texts(value: Any, place: str) -> list[str]:
    # 00 and 01 are texts for YAML's readers, and 10 is a number.
    return [str(one) for one in _list(value, place)] if value != [] else []


class _Reader:
    """Makes values of a file's events. Aliases share what they mean, so that a few lines can't grow to gigabytes."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """Return the mapping of the file's only document. Raises Wrong."""
        found: dict[str, Any] = {}
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Wrong(event, "A second document starts here. A fleet file holds one.", "Remove the line ---.")
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, "the file", 0)
                if not isinstance(value, dict):
                    raise Wrong(event, "This isn't a fleet.", f"Write {', '.join(_KEYS)}, each with a colon.")
                found = value
        return found

    def _value(self, event: yaml.Event, name: str, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise Wrong(event, f"*{name_of(event.anchor)} isn't defined above.", "Name it with an ampersand first.")
            return self._anchors[event.anchor]
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.tag:
            raise Wrong(event, "A YAML tag (an exclamation mark and a type) isn't allowed here.", "Remove the tag.")
        if depth > _DEPTH:
            raise Wrong(event, f"{name} is nested too deeply.", "See FLEET.md for what goes where.")
        found: Any
        if isinstance(event, yaml.MappingStartEvent):
            found = self._mapping(depth + 1)
        elif isinstance(event, yaml.SequenceStartEvent):
            found = []
            while not isinstance(one := next(self._events), yaml.SequenceEndEvent):
                found.append(self._value(one, name, depth + 1))
        else:
            assert isinstance(event, yaml.ScalarEvent)
            # A notebook's number, such as 01, isn't one that counts.
            found = event.value if name == "notebooks" and event.value.isdigit() else plain_value(event, name)
        if event.anchor:
            self._anchors[event.anchor] = found
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        """Read names and values up to the mapping's end. What it merges counts less than its own."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise Wrong(event, "A name must be text, not a list or a mapping.")
            name = event.value
            if name in lines:
                text = f"{name_of(name)} is set twice, first in line {lines[name]}."
                raise Wrong(event, text, "Remove one of the two.")
            lines[name] = line_of(event)
            value = self._value(next(self._events), name_of(name), depth)
            if name != _MERGE:
                own[name] = value
                continue
            for one in reversed(value if isinstance(value, list) else [value]):
                if not isinstance(one, dict):
                    raise Wrong(event, "Only a mapping can be merged.", "Write `<<: *name` of an anchored mapping.")
                merged |= one
        return merged | own
