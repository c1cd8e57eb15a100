"""Reads the plain values of elements: texts, numbers, flags, names, words of the language."""

from __future__ import annotations

from typing import Any

from .contexts import Context
from .findings import Findings
from .metamodel import EnumConstant, Flag, Number, Target, Text, Texts, Word
from .terms import LANGUAGE, NAME, is_dtmi

Plain = Text | Texts | Flag | Number | EnumConstant | Target | Word
XSD: dict[type[Plain], tuple[str, ...]] = {
    Flag: ("boolean",),
    Number: ("integer",),
    EnumConstant: ("integer", "string"),
    Target: (),
}
"""The types that a value can name, in XML Schema's terms; the default is string."""
_NOTHING = object()


def read_plain(value: Any, slot: Plain, where: str, context: Context, findings: Findings) -> Any:
    """Return a property's value; None if it's missing or wrong."""
    if isinstance(slot, Texts):
        return _texts(value, slot, context.version > 2, where, findings)
    found = _single(value, XSD.get(type(slot), ("string",)), context.version > 2, where, findings)
    if found is _NOTHING:
        return None
    if isinstance(slot, Text):
        return _text(found, slot, where, findings)
    if isinstance(slot, Target | Word):
        return _word(found, slot, where, context, findings)
    right = _fits(found, slot)
    if not right:
        kinds = {Flag: "true or false", Number: f"a whole number{_range(slot)}", EnumConstant: "a number or a string"}
        findings.problem(f"{where} has value '{found}', which is not {kinds[type(slot)]}.", "Correct it.")
    return found if right else None


def _fits(value: Any, slot: Plain) -> bool:
    if isinstance(slot, Flag):
        return isinstance(value, bool)
    if isinstance(slot, Number):
        return type(value) is int and slot.least <= value <= slot.most
    return type(value) in (int, str)


def _range(slot: Plain) -> str:
    return f" from {slot.least} to {slot.most}" if isinstance(slot, Number) else ""


def _single(value: Any, types: tuple[str, ...], strict: bool, where: str, findings: Findings) -> Any:
    """Unwrap a value, which can be in an array of its own and can have its type next to it."""
    if isinstance(value, list):
        if len(value) > 1:
            findings.problem(f"{where} has {len(value)} values, but may have only one.", "Remove all but one.")
        if len(value) != 1:
            return _NOTHING
        value = value[0]
    if isinstance(value, dict) and types and _stands_for_a_value(value, "@type", strict):
        names = {f"{prefix}{name}" for name in types for prefix in ("xsd:", "http://www.w3.org/2001/XMLSchema#")}
        if "@type" in value and value["@type"] not in [form for name in names for form in (name, [name])]:
            findings.problem(f"{where} has '@type' {value['@type']}, which does not fit.", "Remove or correct it.")
            return _NOTHING
        value = value["@value"]
    if value is None or isinstance(value, dict | list):
        findings.problem(f"{where} has a value that isn't a plain value.", "Correct it.")
        return _NOTHING
    return value


def _stands_for_a_value(node: dict[str, Any], also: str, strict: bool) -> bool:
    """Tell whether an object is a value with extra keywords; version 2 ignores those without a meaning."""
    rest = node.keys() - {"@value", also}
    idle = all(name.startswith("@") and name not in ("@id", "@context", "@graph") for name in rest)
    return "@value" in node and (not rest or (idle and not strict))


def _text(value: Any, slot: Text, where: str, findings: Findings) -> str | None:
    if not isinstance(value, str):
        findings.problem(f"{where} has value '{value}', which is not a string.", "Correct it.")
    elif slot.name and not NAME.fullmatch(value):
        findings.problem(
            f"{where} has value '{value}', which is not a valid name.",
            "Use letters, digits and underscores only, starting with a letter and not ending with an underscore.",
        )
    elif len(value) > slot.length:
        findings.problem(f"{where} is longer than {slot.length} characters.", "Shorten it.")
    else:
        return value
    return None


def _texts(value: Any, slot: Texts, strict: bool, where: str, findings: Findings) -> dict[str, str] | None:
    found = _by_language(value, strict)
    if found is None:
        findings.problem(f"{where} is neither a string nor a map of languages to strings.", "Correct it.")
    elif any(len(text) > slot.length for text in found.values()):
        findings.problem(f"{where} is longer than {slot.length} characters.", "Shorten it.")
    return found or None


def _by_language(value: Any, strict: bool) -> dict[str, str] | None:
    """Return texts by language, English if none is named; None if the value can't be read that way."""
    members = value if isinstance(value, list) else [value]
    found: dict[str, str] = {}
    for member in members:
        texts = {"en": member} if isinstance(member, str) else member
        if isinstance(value, list) and isinstance(member, dict):
            if not _stands_for_a_value(member, "@language", strict):
                return None
            texts = {member.get("@language", "en"): member["@value"]}
        if not isinstance(texts, dict) or not all(_is_text(*pair) for pair in texts.items()):
            return None
        if found.keys() & texts.keys():
            return None
        found |= texts
    return found


def _is_text(language: Any, text: Any) -> bool:
    return isinstance(text, str) and isinstance(language, str) and LANGUAGE.fullmatch(language) is not None


def _word(value: Any, slot: Target | Word, where: str, context: Context, findings: Findings) -> str | None:
    if isinstance(slot, Target):
        if is_dtmi(value, context.version):
            return str(value)
        findings.problem(f"{where} has value '{value}', which is not a valid DTMI.", "Correct it.")
        return None
    short = context.instance(value, slot.family) if isinstance(value, str) else ""
    if short in slot.values:
        return short
    findings.problem(f"{where} has value '{value}', which is none of {', '.join(slot.values)}.", "Use one of them.")
    return None
