"""The words of this project: what a good technical writer wouldn't write, and what to write instead.

`CONTRIBUTING.md` explains the style; the list is only here. It covers every text that a person can read: string
literals, docstrings and comments of `runbook_lib`, the notebooks' prose, and the pages at the top. Azure's own words,
which the sandbox repeats from its `errors.py` files, are exempt.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Rule:
    """One thing not to write."""

    pattern: str
    """A regular expression. Case doesn't matter."""
    why: str
    instead: tuple[str, str]
    """A sentence from this project, before and after."""


RULES = (
    Rule(r"\banew\b", "Old-fashioned.", ("Make the endpoint anew.", "Create the endpoint again.")),
    Rule(r"\bwho(m|so)?ever\b", "Stiff.", ("whoever may change the instance", "anyone who can change the instance")),
    Rule(r"\bshall\b", "A contract's word.", ("networks that shall be connected", "networks that you want to connect")),
    Rule(r"\bthere is (nobody|no one|nothing) (who|that)\b", "Roundabout.",
         ("There is nobody who can be asked.", "Nobody can answer.")),
    Rule(r"\bsomebody else's\b|\bof somebody else\b", "Roundabout.",
         ("twins of somebody else's", "twins that belong to others")),
    Rule(r"(?<!there )\b(is|are|was|were) no (?!longer\b|more than\b|less than\b|one\b)[a-z]", "English says isn't a.",
         ("That is no object id.", "That isn't an object id.")),
    Rule(r"\b(not|cannot|nothing|no) [^.;:]{0,40}\bany more\b", "English says no longer, or after.",
         ("What was rejected cannot be approved any more.", "You can't approve a connection after rejecting it.")),
    Rule(r"\b(please )?mend\b", "English mends socks, and fixes values.",
         ("Please mend this first.", "Fix this first.")),
    Rule(r"\bheed\b", "Old-fashioned.", ("Heed the message.", "See Azure's message.")),
    Rule(r"\bbeforehand\b", "English says in advance, or first.",
         ("Agree beforehand to what will stop.", "Agree in advance to what will stop.")),
    Rule(r"\b(goes|go|going|went) on (where|by itself|with it|from)\b", "English says continues.",
         ("Azure goes on with it by itself.", "Azure continues by itself.")),
    Rule(r"\btak(e|es|ing) (something |it |them )?back what\b|\btakes back\b", "English undoes or removes.",
         ("takes back what this run made", "removes what this run made")),
    Rule(r"\b(cures?|cured) (it|a no|an?|them|everything|the)\b", "Roles don't heal.",
         ("Least role that cures a no", "Smallest role that would allow it")),
    Rule(r"\byou may\b|\bmay you\b", "May asks for leave; can says what is possible.",
         ("you may delete resources, not roles", "you can delete resources but not role assignments")),
    Rule(r"\bfor the data now\b|\bhas to be\b[^.]{0,30}\bby now\b", "Word order.",
         ("X has for the data now: no role.", "X has no role for the data yet.")),
    Rule(r"\bscold(s|ed)?\b", "A private joke.", ("Nobody is scolded for it.", "Don't complain about it.")),
)  # fmt: skip  # one rule reads as one paragraph

ANY_RULE = re.compile("|".join(f"(?:{rule.pattern})" for rule in RULES), re.IGNORECASE)

AREAS: dict[str, tuple[str, ...]] = {
    "steps": ("runbook_lib/steps", "runbook_lib/azure", "runbook_lib/record"),
    "sandbox": ("runbook_lib/sandbox",),
    "pages": ("notebooks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "runbook_lib/README.md"),
}
"""Who looks after what. All the rest of the library is the area `library`."""


def python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Read the string literals, docstrings and comments of a module, each with its line."""
    source = path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def notebook_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Read the prose of a notebook, each cell with its number."""
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], 1):
        if cell["cell_type"] == "markdown":
            yield number, "".join(cell["source"])


def page_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Read a Markdown page, without its code."""
    yield 1, re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.DOTALL)


READERS = {".py": python_texts, ".ipynb": notebook_texts, ".md": page_texts}


def files_of(area: str) -> list[Path]:
    """List the files of an area, except the sandbox's lists of Azure's own messages."""
    roots = [ROOT / name for name in AREAS.get(area, ("runbook_lib",))]
    found = [path for root in roots for path in ([root] if root.is_file() else sorted(root.rglob("*")))]
    others = [ROOT / name for names in AREAS.values() for name in names] if area == "library" else []
    return [
        path
        for path in found
        if path.suffix in READERS
        and not any(path.is_relative_to(other) for other in others)
        and not (area == "sandbox" and path.name.endswith("errors.py"))
        and ".ipynb_checkpoints" not in path.parts
    ]


def findings(path: Path) -> Iterator[str]:
    """Name each place in a file that breaks a rule."""
    for place, text in READERS[path.suffix](path):
        joined = " ".join(text.split())
        for rule in RULES if ANY_RULE.search(joined) else ():
            for found in re.finditer(rule.pattern, joined, re.IGNORECASE):
                context = joined[max(0, found.start() - 30) : found.end() + 30]
                before, after = rule.instead
                yield f"{path.relative_to(ROOT)}:{place}: …{context}… {rule.why} Not “{before}” but “{after}”"


@pytest.mark.parametrize("area", ["library", *AREAS])
def test_texts_are_plain_english(area: str) -> None:
    files = files_of(area)
    assert files
    assert [line for path in files for line in findings(path)] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.instead[0] for rule in RULES])
def test_a_rule_finds_the_sentence_before_and_not_the_one_after(rule: Rule) -> None:
    before, after = rule.instead
    assert re.search(rule.pattern, before, re.IGNORECASE)
    assert not any(re.search(other.pattern, after, re.IGNORECASE) for other in RULES)


def test_every_text_of_a_module_is_read(tmp_path: Path) -> None:
    module = tmp_path / "a_module.py"
    module.write_text('"""A docstring."""\n\nX = f"one {1} " "two"  # a comment\n', "utf-8")
    assert {text.strip() for _, text in python_texts(module)} == {"A docstring.", "one", "two", "# a comment"}
