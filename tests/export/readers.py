"""Readers of what plans are written as: other people's grammars, and what each text says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import hcl2
import tree_sitter_bicep
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_SENT = re.compile(
    r"^Send-To(?P<to>Azure|Instance) (?P<method>[A-Z]+) '(?P<where>[^']+)'"
    r"(?: -Headers @\{ '(?P<header>[^']+)' = '(?P<value>[^']+)' \})?(?: -Payload @'\n(?P<body>.*?)\n'@)?$",
    re.MULTILINE | re.DOTALL,
)


def powershell_requests(text: str) -> Iterator[tuple[str, str, dict[str, str], Any]]:
    """Return the requests of a script: method, address, headers and body. Fails on what PowerShell can't read."""
    _parsed(tree_sitter_powershell.language(), text)
    for found in _SENT.finditer(text):
        address = found["where"] if found["to"] == "Instance" else f"https://management.azure.com{found['where']}"
        headers = {found["header"]: found["value"]} if found["header"] else {}
        yield found["method"], address, headers, json.loads(found["body"]) if found["body"] else None


def terraform(text: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a file by address, with their arguments. Texts come without their quotes."""
    resources: dict[str, dict[str, Any]] = {}
    for entry in hcl2.loads(text).get("resource", ()):
        ((kind, named),) = entry.items()
        ((name, arguments),) = named.items()
        resources[f"{_unquoted(kind)}.{_unquoted(name)}"] = _unquoted(arguments)
    return resources


def imports(text: str) -> dict[str, str]:
    """Return what a file imports: ids by address."""
    found = (_unquoted(entry) for entry in hcl2.loads(text).get("import", ()))
    return {one["to"].strip("${}"): one["id"] for one in found}


def bicep(text: str) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """Return what a file declares: symbol, type or module, whether it's there already, and what it says."""
    root = _parsed(tree_sitter_bicep.language(), text)
    found = []
    for node in root.named_children:
        if node.type in ("resource_declaration", "module_declaration"):
            symbol, kind, body = (one for one in node.named_children)
            said = _value(body)
            found.append((_text(symbol), _value(kind), b" existing =" in (node.text or b""), said))
    return found


def _parsed(grammar: object, text: str) -> Node:
    root = Parser(Language(grammar)).parse(text.encode()).root_node
    assert not root.has_error, str(root)
    return root


def _value(node: Node) -> Any:
    children = node.named_children
    match node.type:
        case "object":
            return {str(_value(one.named_children[0])): _value(one.named_children[1]) for one in children}
        case "array":
            return [_value(one) for one in children]
        case "string":
            return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), _text(node)[1:-1])
        case "boolean" | "number":
            return json.loads(_text(node))
        case "compatible_identifier" | "identifier" | "property_identifier" | "call_expression":
            return _text(node)
    raise AssertionError(f"unknown in Bicep: {node.type} {_text(node)}")


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _unquoted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_unquoted(name): _unquoted(one) for name, one in value.items() if name != "__is_block__"}
    if isinstance(value, list):
        return [_unquoted(one) for one in value]
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value
