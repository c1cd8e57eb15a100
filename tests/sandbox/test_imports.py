"""How the sandbox's modules depend on one another, and on the rest of the package.

`grimp` reads every import, also those inside a function and under TYPE_CHECKING.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest
from grimp import ImportGraph, build_graph

SANDBOX = "runbook_lib.sandbox"


@pytest.fixture(scope="module")
def imports() -> ImportGraph:
    return build_graph("runbook_lib", exclude_type_checking_imports=False, cache_dir=None)


def arrows(imports: ImportGraph) -> Iterator[tuple[str, str]]:
    """Every import that starts in the sandbox."""
    for module in sorted(imports.find_descendants(SANDBOX) | {SANDBOX}):
        yield from ((module, imported) for imported in sorted(imports.find_modules_directly_imported_by(module)))


def circle(edges: set[tuple[str, str]]) -> list[str]:
    """The modules of one circle; none when there is none."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for importer, imported in edges:
        sorter.add(importer, imported)
    try:
        sorter.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_one_another_in_a_circle(imports: ImportGraph) -> None:
    edges = set(arrows(imports))
    assert len(edges) > 200
    assert circle(edges) == []


def test_the_sandbox_imports_nothing_else_of_the_package(imports: ImportGraph) -> None:
    assert {imported for _, imported in arrows(imports) if not imported.startswith(f"{SANDBOX}.")} == set()


def test_only_the_cloud_and_what_runs_it_know_the_whole_cloud(imports: ImportGraph) -> None:
    assert imports.find_modules_that_directly_import(f"{SANDBOX}.cloud") == {
        f"{SANDBOX}.__main__",
        f"{SANDBOX}.inprocess",
        f"{SANDBOX}.server",
    }


def test_a_circle_is_found() -> None:
    assert set(circle({("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")})) == {"a", "b", "c"}
