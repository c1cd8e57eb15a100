"""Bicep files: one for a resource group, or a main file with a module for each part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .arm import part_name
from .resources import Part, Resource, before, groups, parts

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "\\${"}
_EXISTING_VERSION = "2023-01-31"
"""API version of an instance that a role is for and that the file doesn't create."""


def files(resources: Sequence[Resource]) -> dict[str, str]:
    """Write the files by name. `main.bicep` is the one to deploy."""
    found, new = parts(resources), groups(resources)
    if len(found) == 1 and not new:
        return {"main.bicep": _resources(found[0].resources)}
    symbols = _symbols(new)
    blocks = ["targetScope = 'subscription'"]
    blocks += [_declared(symbols[one.id], one, {}) for one in new]
    blocks += [_module(number, part, symbols) for number, part in enumerate(found, 1)]
    made = {f"{part_name(number)}.bicep": _resources(part.resources) for number, part in enumerate(found, 1)}
    return {"main.bicep": "\n\n".join(blocks) + "\n", **made}


def _module(number: int, part: Part, symbols: Mapping[str, str]) -> str:
    new = next((symbol for one, symbol in symbols.items() if one.lower().endswith(f"/{part.group.lower()}")), "")
    scope = new or f"resourceGroup({_text(part.subscription)}, {_text(part.group)})"
    lines = [f"  name: {_text(part_name(number))}", f"  scope: {scope}"]
    lines += ["  dependsOn: [", f"    part{number - 1}", "  ]"] if number > 1 else []
    return f"module part{number} {_text(part_name(number) + '.bicep')} = {{\n" + "\n".join(lines) + "\n}"


def _resources(resources: Sequence[Resource]) -> str:
    symbols = _symbols(resources)
    blocks = list[str]()
    for one in resources:
        if one.extends and one.extends not in symbols:
            symbols[one.extends] = "extended" + (str(len(blocks)) if "extended" in symbols.values() else "")
            blocks.append(_known(symbols[one.extends], one.extends))
        blocks.append(_declared(symbols[one.id], one, symbols, before(one, resources)))
    return "\n\n".join(blocks) + "\n"


def _known(symbol: str, resource_id: str) -> str:
    there = Resource(resource_id, _EXISTING_VERSION, {})
    return f"resource {symbol} '{there.type}@{there.api_version}' existing = {{\n  name: {_text(there.name)}\n}}"


def _declared(symbol: str, resource: Resource, symbols: Mapping[str, str], needed: Sequence[Resource] = ()) -> str:
    lines = [f"  scope: {symbols[resource.extends]}"] if resource.extends else []
    lines.append(f"  name: {_text(resource.name)}")
    lines += [f"  {_key(name)}: {_literal(value, 1)}" for name, value in resource.body.items()]
    named = [symbols[one.id] for one in needed if one.id != resource.extends]
    lines += ["  dependsOn: [", *(f"    {one}" for one in named), "  ]"] if named else []
    return f"resource {symbol} '{resource.type}@{resource.api_version}' = {{\n" + "\n".join(lines) + "\n}"


def _symbols(resources: Sequence[Resource]) -> dict[str, str]:
    """Name each resource after its type, and number those of one type from the second on."""
    symbols: dict[str, str] = {}
    for one in resources:
        word = one.type.rpartition("/")[2].removesuffix("s").replace("digitalTwinsInstance", "instance")
        same = sum(known.rstrip("0123456789") == word for known in symbols.values())
        symbols[one.id] = f"{word}{same + 1}" if same else word
    return symbols


def _literal(value: Any, depth: int) -> str:
    indent = "  " * depth
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        lines = [f"{indent}  {_key(name)}: {_literal(one, depth + 1)}" for name, one in value.items()]
        return "{\n" + "\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list):
        if not value:
            return "[]"
        return "[\n" + "\n".join(f"{indent}  {_literal(one, depth + 1)}" for one in value) + f"\n{indent}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _text(str(value))


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    escaped = re.sub(r"\$\{|[\\'\n\r\t]", lambda found: _ESCAPED[found[0]], value)
    return f"'{escaped}'"
