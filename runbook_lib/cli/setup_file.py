"""Reads a setup file: YAML with one `name: value` per line, and nothing that YAML would quietly change.

YAML reads `2024-12-25` as a date, `010` as eight and `1:30` as ninety, keeps the last of two equal names, and lets a
few lines with aliases grow to gigabytes. So this reads the parser's events, and takes only text, whole numbers, true
and false, and one mapping of text. Everything else is an InputError that names the line. No message repeats a value: a
person might have put a secret there.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ..display.plain import one_line
from ..errors import InputError

SIZE_LIMIT = 256 * 1024
"""Bytes. A file that sets every parameter has about two thousand."""
DIGIT_LIMIT = 18
"""Digits of a number. Python itself refuses to read those with thousands."""

T = TypeVar("T")
_ONE_PER_LINE = "Write one `name: value` per line."
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?")
_RESOLVER = yaml.SafeLoader("")
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_PREFIX = re.compile(r"[\w.-]{0,40}")


class Wrong(Exception):
    """Something in a file that isn't allowed there; the text begins with a name, never with a value."""

    def __init__(self, event: yaml.Event, text: str, remedy: str = _ONE_PER_LINE) -> None:
        super().__init__(text)
        self.line = line_of(event)
        self.text = text
        self.remedy = remedy


def read_setup_file(path: Path) -> dict[str, Any]:
    """Read parameters from a YAML file: one flat mapping for all notebooks.

    Raises InputError if the file can't be read or holds something else.
    """
    return read_yaml(path, lambda events: _parameters(_without_anchors(events)))


def read_yaml(path: Path, parse: Callable[[Iterator[yaml.Event]], T]) -> T:
    """Return what `parse` makes of a file's events. The parser behind them doesn't recurse, however deep they nest.

    Raises InputError if the file can't be read, isn't YAML, or `parse` raises Wrong.
    """
    text = _decoded(path)
    try:
        return parse(yaml.parse(text, Loader=yaml.SafeLoader))
    except Wrong as wrong:
        raise InputError(f"{one_line(path)}, line {wrong.line}: {wrong.text}", remedy=wrong.remedy) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            f"{one_line(path)}, line {line}: The character U+{ord(text[error.position]):04X} isn't allowed in YAML.",
            remedy="Remove it, or save the file as UTF-8 text.",
        ) from None
    except yaml.MarkedYAMLError as error:
        # Without the snippet that PyYAML adds: it repeats the line with its value.
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        problem = re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(error.problem or "a syntax error"))
        raise InputError(f"{one_line(path)}{where}: This isn't valid YAML: {problem}.", remedy=_ONE_PER_LINE) from None


def _decoded(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"Can't read the file {one_line(path)}: {reason}.", remedy="Check its name.") from error
    except ValueError as error:  # a null character in the name
        raise InputError(f"{one_line(path)} isn't the name of a file.", remedy="Check the name.") from error
    if len(content) > SIZE_LIMIT:
        raise InputError(
            f"{one_line(path)} is too large for a setup file: more than {SIZE_LIMIT // 1024} KB.", remedy=_ONE_PER_LINE
        )
    # Windows PowerShell's > writes UTF-16.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{one_line(path)}, line {line}: This isn't UTF-8 text.", remedy="Save it as UTF-8."
        ) from error


def _without_anchors(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise Wrong(event, f"*{name_of(event.anchor)} refers to another value. Setup files can't do that.",
                         "Write the value itself.")  # fmt: skip
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            raise Wrong(event, f"&{name_of(event.anchor)} names a value. Setup files can't do that.",
                         "Remove the ampersand and the name.")  # fmt: skip
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise Wrong(event, "A YAML tag (an exclamation mark and a type) isn't allowed here.", "Remove the tag.")
        yield event


def _parameters(events: Iterator[yaml.Event]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Wrong(event, "A second document starts here. A setup file holds one.", "Remove the line ---.")
        elif isinstance(event, yaml.MappingStartEvent):
            found = _mapping(events, flat=False)
        elif isinstance(event, yaml.SequenceStartEvent):
            raise Wrong(event, "This is a list, not parameters.", "Remove the hyphens at the start of the lines.")
        elif isinstance(event, yaml.ScalarEvent) and (event.value or not event.implicit[0]):
            raise Wrong(event, "This is text, not a parameter.")
    return found


def _mapping(events: Iterator[yaml.Event], *, flat: bool) -> dict[str, Any]:
    """Read the names and values of a mapping up to its end. `flat` says that its values can only be text."""
    found: dict[str, Any] = {}
    lines: dict[str, int] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent):
            raise Wrong(event, "A name must be text, not a list or a mapping.")
        name = event.value
        if name in found:
            raise Wrong(event, f"{name_of(name)} is set twice, first in line {lines[name]}.", "Remove one of the two.")
        lines[name] = line_of(event)
        found[name] = _value(next(events), events, name_of(name), flat=flat)
    return found


def _value(event: yaml.Event, events: Iterator[yaml.Event], name: str, *, flat: bool) -> Any:
    if isinstance(event, yaml.MappingStartEvent) and not flat:
        return _mapping(events, flat=True)
    if isinstance(event, yaml.CollectionStartEvent):
        kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
        remedy = "Only tags can have names and values below them, and those are text." if flat else _ONE_PER_LINE
        raise Wrong(event, f"The value of {name} is a {kind}.", remedy)
    assert isinstance(event, yaml.ScalarEvent)
    value = plain_value(event, name)
    if flat and not isinstance(value, str):
        kind = "true or false" if isinstance(value, bool) else "a number"
        raise Wrong(event, f"The value of {name} is {kind}, not text.", "Put quotes around it.")
    return value


def plain_value(event: yaml.ScalarEvent, name: str) -> str | int | bool:
    """Return a text, a whole number or a flag as it was meant. Raises Wrong for what YAML would quietly change."""
    text = event.value
    if not event.implicit[0]:  # in quotes, or a block of text
        return text
    if text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    if _WHOLE_NUMBER.fullmatch(text):
        if len(text) > DIGIT_LIMIT:
            raise Wrong(event, f"The value of {name} is a number of {len(text)} digits.", "Write a smaller one.")
        return int(text)
    if text in ("", "~") or text.lower() == "null":
        raise Wrong(event, f"{name} has no value.", 'Write one, or "" for none, or remove the line.')
    if _DATE.fullmatch(text):
        raise Wrong(event, f"YAML reads the value of {name} as a date.", "If it's text, put quotes around it.")
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    if tag in _NUMBERS:
        raise Wrong(event, f"YAML reads the value of {name} as a number in a special notation.",
                     "Write a plain whole number. If it's text, put quotes around it.")  # fmt: skip
    return text


def line_of(event: yaml.Event) -> int:
    """Return the line of an event, from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


def name_of(text: str | None) -> str:
    """Return the start of a name, up to where a value could follow: some write `name=value` by mistake."""
    found = _PREFIX.match(text or "")
    return one_line(found[0] if found else "")
