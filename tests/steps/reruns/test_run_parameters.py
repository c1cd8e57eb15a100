"""What every notebook's first cell takes: where, as whom, in which tenant, how it is shown, and how long it waits.

These are no wishes about Azure's resources. They decide who asks, and where; the notebook's own cells are run, on a
sandbox in which the guide has run before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest

import runbook_lib.sandbox
from runbook_lib import Runbook, SignInFailed, session
from runbook_lib.forms.guided import GuidedPresenter
from runbook_lib.guide import NOTEBOOKS, Notebook
from runbook_lib.sandbox import environment
from runbook_lib.sandbox.lifecycle import credential_environment
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import DOMAIN, persona
from runbook_lib.steps.core.step import Step
from runbook_lib.unattended import UnattendedPresenter
from tests.steps.plant import owner_gets_the_data
from tests.steps.world import World

from .rerun import traffic

guide = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: str(notebook.name))


class Cells:
    """Runs a notebook's cells in this process, and keeps the steps that they would present."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[Step[Any, Any]] = []
        monkeypatch.setattr(Step, "present", lambda step: self.steps.append(step))

    def run(self, notebook: Notebook, **changed: Any) -> Runbook:
        """Run the cell that signs in and those that show forms, with defaults but for `changed`."""
        self.steps.clear()
        fields = notebook.parameters.model_fields
        scope: dict[str, Any] = {name: field.default for name, field in fields.items()} | changed
        document: Any = nbformat.read(notebook.path, as_version=4)  # type: ignore[no-untyped-call]
        for cell in document.cells:
            if cell.cell_type == "code" and cell.source.startswith(("# Sign in", "# Form")):
                exec(compile(cell.source, notebook.name, "exec"), scope)
        book = scope["book"]
        assert isinstance(book, Runbook)
        return book


@pytest.fixture
def again(ready: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world in which the guide has run before, and which notebooks find when they start the sandbox."""
    ready.create().apply()
    owner_gets_the_data(ready)
    monkeypatch.setattr(runbook_lib.sandbox, "start", lambda *_, **__: ready.sandbox.settings)
    yield ready
    session.close_log()


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Cells:
    return Cells(monkeypatch)


def close(book: Runbook, cells: Cells) -> None:
    for step in cells.steps:
        step.context.clients.close()
    book.target.credential.close()  # type: ignore[attr-defined]


@guide
def test_sign_in(again: World, cells: Cells, notebook: Notebook) -> None:
    callers: set[str] = set()

    def note(request: Any, _: object) -> None:
        if token := request.headers.get("authorization", "").removeprefix("Bearer "):
            callers.add(peek(token)["oid"])

    again.sandbox.cloud.observers.append(note)
    for who in ("owner", "reader"):
        callers.clear()
        book = cells.run(notebook, sign_in=who)
        for step in cells.steps:
            step.plan()
        assert callers == {persona(who).id}
        assert f"{who}@contoso.onmicrosoft.com (user)" in str(book)
        close(book, cells)


@guide
def test_target(again: World, cells: Cells, notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    # What leads Azure's clients into the sandbox: target azure sets nothing of that itself.
    known = environment(again.sandbox.settings)
    led = {name: known[name] for name in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE")}
    for name, value in (led | credential_environment(again.sandbox.cloud.store)).items():
        monkeypatch.setenv(name, value)
    for target, where in (("sandbox", "the sandbox"), ("azure", "Azure")):
        with traffic(again) as seen:
            book = cells.run(notebook, target=target)
            for step in cells.steps:
                step.plan()
        assert f"Where {where}" in " ".join(str(book).split())
        assert bool(book.target.client_settings) is (target == "sandbox")
        assert any(address.startswith("management.azure.com/subscriptions") for address in seen.asked)
        assert {step.context.journal.folder.name for step in cells.steps} == {f"notebooks-{target}"}
        close(book, cells)


@guide
def test_tenant(again: World, cells: Cells, notebook: Notebook) -> None:
    with pytest.raises(SignInFailed, match="fabrikam"):
        cells.run(notebook, tenant="fabrikam.com")
    with traffic(again) as seen:
        book = cells.run(notebook, tenant=DOMAIN)
        for step in cells.steps:
            step.plan()
    assert any(f"/{DOMAIN}/" in address for address in seen.asked)
    close(book, cells)


@guide
def test_mode(again: World, cells: Cells, notebook: Notebook) -> None:
    async def guided() -> Runbook:
        return cells.run(notebook, mode="guided")

    book = asyncio.run(guided())
    assert all(isinstance(step.context.presenter, GuidedPresenter) for step in cells.steps)
    close(book, cells)
    book = cells.run(notebook, mode="unattended")
    assert all(isinstance(step.context.presenter, UnattendedPresenter) for step in cells.steps)
    close(book, cells)


@guide
def test_timeout_minutes(again: World, cells: Cells, notebook: Notebook) -> None:
    """What a step makes of it is shown in test_timeouts."""
    book = cells.run(notebook, timeout_minutes=3)
    assert {step.parameters.timeout_minutes for step in cells.steps} == {3}
    close(book, cells)
