"""Writes the generated parts of the sandbox's README: what it serves, with a witness for each claim, and the replay.

    python -m tests.sandbox.coverage           runs the sandbox's tests (minutes) and looks who is a witness of what
    python -m tests.sandbox.coverage keep      keeps the witnesses that the page names, and makes the rest anew

Needs `AZURE_SPECS_DIR`, and `RUNBOOK_AZ` for what the Azure CLI bears witness to.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.cloud import Cloud
from runbook_lib.sandbox.clouds import GRAPH_HOST, LOGIN_HOST, MANAGEMENT_HOST
from runbook_lib.sandbox.store import Store

from ..azure import close_clients
from . import modelled_notes, operation_count
from .control_plane import prepare
from .replay.exchanges import RECORDINGS
from .replay.report import table
from .replay.run import replay
from .route_recorder import KINDS, OUTPUT, Evidence, is_refusal, key

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "runbook_lib" / "sandbox" / "README.md"
HOSTS = {
    LOGIN_HOST: "login.microsoftonline.com: Microsoft Entra ID",
    GRAPH_HOST: "graph.microsoft.com: Microsoft Graph",
    MANAGEMENT_HOST: "management.azure.com: Azure Resource Manager",
    "name.api.weu.digitaltwins.azure.net": "*.api.*.digitaltwins.azure.net: the data plane",
    "name.blob.core.windows.net": "*.blob.core.windows.net: the blobs of storage accounts",
}
HEAD = "| Method | Path | Action checked | Witness | Kind |\n|---|---|---|---|---|"
REFUSED = "refused on purpose"
NOBODY = "**none**"
ABOUT_THE_PAGE = (
    "--ignore=tests/sandbox/test_coverage.py",
    "--deselect=tests/sandbox/test_replay.py::test_the_sandboxs_readme_shows_the_outcome",
)
"""Tests that may fail as long as the page is out of date."""
Claim = tuple[str, str]
"""A witness, and its kind."""
Claims = dict[str, Claim]
"""By how the line of a route begins in the table."""


@dataclass(frozen=True)
class Row:
    """One route of one service."""

    service: str
    method: str
    path: str
    action: str
    refused: bool

    @property
    def start(self) -> str:
        """How its line of the table begins."""
        return f"| {self.method} | `{self.path}` | {f'`{self.action}`' if self.action else ''} |"


def rows(host: str) -> list[Row]:
    """List the routes behind a host name, in the order of the service's table."""
    name, service = Cloud(Store()).service(host)
    found = [
        Row(name, route.method, route.pattern, route.action, is_refusal(route.handler)) for route in service.routes
    ]
    # "At any scope" is two routes in the table, because the root scope is written as nothing.
    anywhere = {(row.method, row.path.removeprefix("{scope*}")) for row in found if row.path.startswith("{scope*}")}
    return [row for row in found if (row.method, row.path) not in anywhere]


def page(text: str, known: Claims, folder: str) -> str:
    """Return the README with its generated parts made anew."""
    text = _replaced(text, "coverage", coverage(known))
    text = _replaced(text, "remarks", modelled_notes.table())
    text = _replaced(text, "operations", _operations())
    return _replaced(text, "replay", table({name: replay(folder, name) for name in RECORDINGS}))


def _operations() -> str:
    """Call every operation of Microsoft's files, and count what becomes of it."""
    clock = ManualClock()
    with Sandbox(clock=clock) as sandbox:
        prepare(sandbox, clock)
        counted = operation_count.table(operation_count.count(sandbox))
        close_clients(sandbox)
    return counted


def _replaced(text: str, name: str, part: str) -> str:
    start, end = f"<!-- begin {name}", f"<!-- end {name}"
    head, _, rest = text.partition(start)
    note, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(end)
    return f"{head}{start}{note}\n{part}\n{end}{tail}"


def coverage(known: Claims) -> str:
    """Render the tables of all services, after a line that sums them up."""
    counts: Counter[str] = Counter()
    sections: list[str] = []
    for host, title in HOSTS.items():
        lines = []
        for row in rows(host):
            witness, kind = known.get(row.start, (NOBODY, ""))
            counts[REFUSED if row.refused else kind] += 1
            lines.append(f"{row.start} {witness} | {kind} |")
        sections.append(f"### {title}\n\n{HEAD}\n" + "\n".join(lines))
    summed = ", ".join(f"{counts[kind]} by {kind}" for kind in KINDS)
    total = f"{counts.total()} operations. Witnesses: {summed}; {counts[REFUSED]} {REFUSED}."
    return "\n\n".join([total, *sections])


def chosen(evidence: Evidence) -> Claims:
    """Choose the most convincing witness of each route; of several, the test that shows the fewest other things."""
    breadth = Counter((kind, test) for kinds in evidence.values() for kind, tests in kinds.items() for test in tests)
    found: Claims = {}
    for row in (row for host in HOSTS for row in rows(host)):
        seen = evidence.get(key(row.service, row.method, row.path), {})
        for kind in (kind for kind in KINDS if seen.get(kind)):
            _, test = min((breadth[kind, test], test) for test in seen[kind])
            found[row.start] = (f"`{_short(test)}`", f"{REFUSED}, {kind}" if row.refused else kind)
            break
    return found


def _short(test: str) -> str:
    """Name a test without its parameters; all are below `tests/sandbox`."""
    return test.removeprefix("tests/sandbox/").partition("[")[0]


# ---- what the tests check --------------------------------------------------------------------------------------------


def claims(text: str) -> Claims:
    """Read the tables back: what the page says now."""
    lines = re.findall(r"^(\| [A-Z]+ \| `[^|]*` \| [^|]*\|) ([^|]*) \| ([^|]*) \|$", text, re.MULTILINE)
    return {start: (witness, kind) for start, witness, kind in lines}


def exists(witness: str) -> bool:
    """Tell whether there is a test of that name."""
    file, _, name = witness.strip("`").partition("::")
    path = ROOT / "tests" / "sandbox" / file
    return path.is_file() and name in _tests(path)


@cache
def _tests(path: Path) -> frozenset[str]:
    return frozenset(_names(ast.parse(path.read_text("utf-8"))))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield from (f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef))


def main(arguments: list[str]) -> None:
    """Write the page."""
    text = PAGE.read_text("utf-8")
    known = claims(text) if arguments == ["keep"] else chosen(_gather())
    PAGE.write_text(page(text, known, os.environ["AZURE_SPECS_DIR"]), "utf-8")


def _gather() -> Evidence:
    """Run the sandbox's tests and return who was seen, unless `RUNBOOK_WITNESSES` names the outcome of a run."""
    output = Path(os.environ.get(OUTPUT) or Path(tempfile.mkdtemp()) / "witnesses.json")
    if not output.exists():
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.sandbox.route_recorder",
            "tests/sandbox",
            *ABOUT_THE_PAGE,
        ]
        subprocess.run(command, cwd=ROOT, env={**os.environ, OUTPUT: str(output)}, check=True)
    found: Evidence = json.loads(output.read_text("utf-8"))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
