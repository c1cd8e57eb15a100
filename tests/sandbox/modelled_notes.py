"""Collects the notes in the sandbox's code that say what is modelled rather than known of Azure."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

SANDBOX = Path(__file__).resolve().parents[2] / "runbook_lib" / "sandbox"
_REMARK = re.compile(r"\b(un)?modelled\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")


def table() -> str:
    """Render one line for each remark, in the order of the files."""
    lines = [
        f"| `{path.relative_to(SANDBOX).as_posix()}` | {name and f'`{name}`'} | {text} |"
        for path in sorted(SANDBOX.rglob("*.py"))
        for name, text in remarks(path.read_text("utf-8"))
    ]
    return "\n".join(["| File | Where | Remark |", "|---|---|---|", *lines])


def remarks(source: str) -> Iterator[tuple[str, str]]:
    """Yield each remark of a file: the name of what it is about, and the sentences that say so."""
    tree = ast.parse(source)
    found = [*_docstrings(tree), *_comments(source, tree)]
    for _, name, text in sorted(found):
        if _REMARK.search(text):
            yield name, _said(text)


def _said(text: str) -> str:
    """Return the sentences from the first to the last that has the word; a short text as a whole."""
    plain = " ".join(text.replace("|", "\\|").split())
    if len(plain) <= 160:
        return plain
    return " ".join(sentence for sentence in _SENTENCE.split(plain) if _REMARK.search(sentence))


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        named = getattr(node, "name", "")
        for position, statement in enumerate(body):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                before = body[position - 1] if position else None
                yield statement.lineno, _target(before) or named, str(statement.value.value)


def _target(statement: ast.stmt | None) -> str:
    """Return the name to which a statement assigns: the text below it is about that."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return next((target.id for target in targets if isinstance(target, ast.Name)), "")


def _comments(source: str, tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield the comments, those of consecutive lines as one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    gathered: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == tokenize.COMMENT:
            text = token.string.lstrip("# ")
            if gathered and gathered[-1][0] == token.start[0] - 1 and token.line.lstrip().startswith("#"):
                gathered[-1] = (token.start[0], f"{gathered[-1][1]} {text}")
            else:
                gathered.append((token.start[0], text))
    for line, text in gathered:
        yield line, _around(tree, line), text


def _around(tree: ast.Module, line: int) -> str:
    """Return the name of the innermost function or class around a line."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    around = [n for n in ast.walk(tree) if isinstance(n, kinds) and n.lineno <= line <= (n.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno).name if around else ""
