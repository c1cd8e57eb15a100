"""Reads interfaces: checks them against the table of the language, and brings them into one form.

What is checked follows the language's specifications. Texts for a missing `@context`, a missing `@id` and unresolved
references are recorded; all others are modelled on the parser's style: a cause, then a remedy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import DTDLParserError
from .contexts import Context, inner_context, top_context
from .cotypes import check_cotypes, check_unknown, types_of
from .findings import Element, Findings, Reference, fail
from .literals import read_plain
from .metamodel import Child, ElementClass, Slot, metamodel
from .references import Interface, Stored, batch_problems, nothing_stored, put_in_place
from .terms import IDENTIFIER_LENGTH, REFERENCE_LENGTH, is_dtmi, is_reserved

KEYWORDS = frozenset({"@context", "@id", "@type"})
SYNTAX = "that conforms to the DTMI syntax -- see https://github.com/Azure/digital-twin-model-identifier."


def read_interfaces(
    models: Sequence[Element],
    stored: Stored = nothing_stored,
    *,
    lenient: bool | None = None,
    inline: bool = False,
) -> list[Interface]:
    """Read a batch of models to be stored together.

    `stored` finds the interfaces that are already stored. `lenient` accepts unknown contexts (None: as the service
    does). `inline` accepts interfaces inside interfaces, which the language allows and the service refuses
    (concepts-models article). Raises DTDLParserError or ModelVersionNotSupported.
    """
    interfaces, problems = [], []
    for model in models:
        try:
            interfaces.append(read_interface(model, lenient=lenient, inline=inline))
        except DTDLParserError as error:
            problems.append(str(error.values["detail"]))
    _refuse(problems)
    _refuse(list(batch_problems(interfaces, stored)))
    return interfaces


def read_interface(model: Element, *, lenient: bool | None = None, inline: bool = False) -> Interface:
    """Read one model by itself. Raises DTDLParserError or ModelVersionNotSupported."""
    findings = Findings()
    context = top_context(model, findings, lenient)
    identifier = model.get("@id")
    if "@id" not in model:
        fail(
            "Top-level element requires an identifer but none provided. Add an '@id' property whose value is a string"
            f" {SYNTAX}"
        )
    if not is_dtmi(identifier, context.version, IDENTIFIER_LENGTH) or is_reserved(str(identifier)):
        fail(
            f"Identifier '{identifier}' is invalid. Replace it with a string of at most {IDENTIFIER_LENGTH} characters"
            f" {SYNTAX}"
        )
    element = _Reader(findings, str(identifier)).read(model, Child(("Interface",)), str(identifier), context)
    if findings.inner and not inline:
        findings.problem(f"{identifier} defines an interface inside itself.", "Define it at top level and name it.")
    references = _settled(findings)
    _refuse(findings.problems)
    assert element is not None, "an element that cannot be read is a problem"
    put_in_place(element, findings.defined)
    return Interface(context.version, element, references, frozenset(findings.defined), tuple(findings.inner))


def _settled(findings: Findings) -> tuple[Reference, ...]:
    """Return the references that lead out of the interface; check those inside it against their targets."""
    leaving = []
    for reference in findings.references:
        element = findings.defined.get(reference.id)
        if element is None:
            leaving.append(reference)
        elif element["@type"] not in reference.classes:
            findings.problem(
                f"{reference.where} refers to {reference.id}, which is another kind of element.", "Correct it."
            )
    return tuple(leaving)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        fail(" ".join(problems))


class _Reader:
    """Walks over one interface."""

    def __init__(self, findings: Findings, root: str) -> None:
        self._findings = findings
        self._root = root

    def element(self, node: Any, slot: Child, where: str, context: Context) -> Element | None:
        """Read an element that is written in place; None if it's unclear what it is."""
        if not isinstance(node, dict):
            self._findings.problem(f"{where} is not an object.", "Correct it.")
            return None
        inner = inner_context(node, context, self._findings, where)
        if inner.version != context.version and not slot.older:
            self._findings.problem(f"{where} is of version {inner.version} of the language.", "Remove its '@context'.")
        return self.read(node, slot, where, inner)

    def read(self, node: Element, slot: Child, where: str, context: Context) -> Element | None:
        """Read an element whose context is known."""
        name = self._class(node, slot, where, context)
        if name is None:
            return None
        element: Element = {"@type": name}
        self._identify(node, element, slot, where, context)
        self._properties(node, element, metamodel(context.version).classes[name], where, context)
        check_cotypes(node, element, where, context, self._findings)
        if name == "Enum":
            self._check_enum(element, where)
        return element

    def _class(self, node: Element, slot: Child, where: str, context: Context) -> str | None:
        """Return the element's class: its one type that belongs to the language itself."""
        if "@type" not in node:
            if not slot.typed:
                return slot.classes[0]
            self._findings.problem(f"{where} has no '@type'.", f"Let it be one of {', '.join(slot.classes)}.")
            return None
        named = types_of(node)
        if not isinstance(named, list) or not named or not all(isinstance(name, str) for name in named):
            self._findings.problem(
                f"{where} has '@type', which is neither a string nor an array of strings.", "Correct it."
            )
            return None
        own = [context.own(name) for name in named]
        material = [name for name in own if name in metamodel(context.version).classes]
        if len(set(material)) != 1 or material[0] not in slot.classes:
            self._findings.problem(
                f"{where} has '@type' {', '.join(named)}, which is not exactly one of {', '.join(slot.classes)}.",
                "Correct '@type'.",
            )
            return None
        return material[0]

    def _identify(self, node: Element, element: Element, slot: Child, where: str, context: Context) -> None:
        identifier, top = node.get("@id"), element["@type"] == "Interface"
        if "@id" not in node:
            if slot.identified:
                self._findings.problem(f"{where} has no '@id'.", "Add an '@id'.")
            return
        longest = IDENTIFIER_LENGTH if top else REFERENCE_LENGTH
        if not is_dtmi(identifier, context.version, longest) or is_reserved(str(identifier)):
            self._findings.problem(f"{where} has '@id' value '{identifier}', which is not valid.", f"Use one {SYNTAX}")
            return
        element["@id"] = identifier
        if top and identifier != self._root:
            self._findings.inner.append((element, context.version))
        if identifier in self._findings.defined or (identifier == self._root and where != self._root):
            self._findings.problem(f"{identifier} is defined more than once.", "Remove all but one of the definitions.")
        elif identifier != self._root:
            self._findings.defined[str(identifier)] = element

    def _properties(self, node: Element, element: Element, slots: ElementClass, where: str, context: Context) -> None:
        given: dict[str, Any] = {}
        for word, value in node.items():
            name = context.own(word)
            if name in given:
                self._findings.problem(f"{where} has property '{name}' twice, also by its full name.", "Remove one.")
            elif word not in KEYWORDS:
                given[name] = value
        for name, value in given.items():
            if name in slots:
                read = self._property(value, slots[name], f"{where} property '{name}'", name, context)
                if read is not None:
                    element[name] = read
            else:
                check_unknown(name, element["@type"], node, where, context, self._findings)
        for name, slot in slots.items():
            needed = slot.required or (isinstance(slot, Child) and slot.least > 0)
            if needed and (name not in given or given[name] == []):
                self._findings.problem(
                    f"{where} requires property '{name}' but none provided.", f"Add a '{name}' property."
                )

    def _property(self, value: Any, slot: Slot, where: str, name: str, context: Context) -> Any:
        if not isinstance(slot, Child):
            return read_plain(value, slot, where, context, self._findings)
        members = value if isinstance(value, list) else [value]
        if len(members) > slot.most:
            self._findings.problem(f"{where} has more than {slot.most} values.", "Remove some.")
            return None
        if len(members) < slot.least:
            self._findings.problem(f"{where} has fewer than {slot.least} values.", "Add some.")
        read = [self._child(member, slot, where, context) for member in members]
        children = [child for child in read if child is not None]
        for key in slot.unique:
            self._check_unique(children, key, where)
        if slot.alike:
            self._check_alike(children, where)
        return children if slot.plural else next(iter(children), None)

    def _child(self, node: Any, slot: Child, where: str, context: Context) -> Any:
        if isinstance(node, str):
            return self._named(node, slot, where, context)
        if isinstance(node, dict) and node.keys() == {"@id"} and slot.typed and isinstance(node["@id"], str):
            return self._named(node["@id"], slot, where, context)
        label = node.get("name") if isinstance(node, dict) else None
        inside = f"{where} '{label}'" if isinstance(label, str) else where
        return self.element(node, slot, inside, context)

    def _named(self, word: str, slot: Child, where: str, context: Context) -> str | Element | None:
        short = context.instance(word, "Schema")
        if short in slot.words:
            return short
        if slot.words and (central := context.central_schema(word)):
            return central
        if not is_dtmi(word, context.version) or is_reserved(word):
            self._findings.problem(
                f"{where} has value '{word}', which is neither a standard schema nor a valid DTMI.",
                f"Use one of {', '.join(sorted(slot.words)) or 'the interfaces'}, or a DTMI.",
            )
            return None
        versions = frozenset({context.version, 2} if slot.older else {context.version})
        self._findings.references.append(Reference(word, slot.classes, versions, where))
        return word

    def _check_unique(self, children: Sequence[Any], key: str, where: str) -> None:
        values = [child[key] for child in children if isinstance(child, dict) and key in child]
        for value, times in Counter((type(value), value) for value in values).items():
            if times > 1:
                self._findings.problem(
                    f"{where} contains more than one element whose property '{key}' has value '{value[1]}'.",
                    f"Change the value of property '{key}' to one that is unique.",
                )

    def _check_alike(self, children: Sequence[Any], where: str) -> None:
        """Check contents of one name: equal ones are accepted, those of another kind or schema aren't."""
        kinds: dict[str, Any] = {}
        for child in children:
            kind = (child["@type"], child.get("schema")) if isinstance(child, dict) else None
            if kind and "name" in child and kinds.setdefault(child["name"], kind) != kind:
                self._findings.problem(
                    f"{where} contains more than one element whose property 'name' has value '{child['name']}'.",
                    "Change the value of property 'name' to one that is unique.",
                )

    def _check_enum(self, element: Element, where: str) -> None:
        wanted = {"integer": int, "string": str}.get(element.get("valueSchema", ""))
        for value in element.get("enumValues", ()):
            if isinstance(value, dict) and wanted and "enumValue" in value and type(value["enumValue"]) is not wanted:
                self._findings.problem(
                    f"{where} has value '{value['enumValue']}', which is not of type {element['valueSchema']}.",
                    "Correct it.",
                )
