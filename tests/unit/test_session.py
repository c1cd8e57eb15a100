"""The guide as a notebook holds it, on an in-process sandbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from runbook_lib import Runbook, SignInFailed, StepNotRun, session
from runbook_lib.azure.target import Target
from runbook_lib.forms.guided import GuidedPresenter
from runbook_lib.sandbox import Sandbox
from runbook_lib.steps.core import patience
from runbook_lib.unattended import UnattendedPresenter
from tests.azure import credential


@pytest.fixture(autouse=True)
def _on_the_sandbox(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def connect(target: str, sign_in: str, tenant: str) -> Target:
        return Target(target, credential(sandbox, sign_in or "owner"), sandbox.client_settings)

    monkeypatch.setattr(patience, "connect", connect)
    monkeypatch.setenv("RUNBOOK_RUN_DIR", str(tmp_path))
    yield
    session.close_log()


def test_it_shows_where_we_are_and_as_whom() -> None:
    shown = str(Runbook(sign_in="reader"))
    for part in ("Azure simulated on this machine", "reader@contoso.onmicrosoft.com (user)", "unattended"):
        assert part in shown


def test_it_shows_the_same_on_every_machine(tmp_path: Path) -> None:
    assert str(tmp_path) not in str(Runbook())


def test_the_mode_chooses_how_steps_are_shown() -> None:
    async def cell() -> None:
        step = Runbook(mode="guided").create_instance()
        assert isinstance(step.context.presenter, GuidedPresenter)

    asyncio.run(cell())
    assert isinstance(Runbook(mode="unattended").create_instance().context.presenter, UnattendedPresenter)


def test_steps_get_the_common_values_and_their_own() -> None:
    guide = Runbook(sign_in="operator", timeout_minutes=3)
    for step in (
        guide.start_here(resource_group="rg"),
        guide.create_instance(resource_group="rg"),
        guide.assign_access(resource_group="rg"),
        guide.managed_identity(resource_group="rg"),
    ):
        parameters = step.parameters
        assert (parameters.sign_in, parameters.timeout_minutes, parameters.resource_group) == ("operator", 3, "rg")


def test_a_result_before_its_step_is_one_sentence() -> None:
    with pytest.raises(StepNotRun) as raised:
        Runbook().result("create-instance")
    assert raised.value._render_traceback_() == [
        "! Complete first: the step create-instance hasn't run in this notebook yet."
    ]


def test_a_result_is_kept_by_the_id_of_its_step(capsys: pytest.CaptureFixture[str]) -> None:
    guide = Runbook()
    guide.start_here(register_provider=False).present()
    assert guide.result("start-here").title in capsys.readouterr().out


def test_a_sign_in_that_fails_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
            raise ClientAuthenticationError("DefaultAzureCredential failed to retrieve a token.")

    monkeypatch.setattr(patience, "connect", lambda *_: Target("azure", Nobody()))
    with pytest.raises(SignInFailed, match="az login"):
        Runbook(target="azure")


def test_details_of_faults_go_to_the_record_without_secrets(tmp_path: Path) -> None:
    Runbook()
    Runbook()  # running the cell again must not write every line twice
    logging.getLogger("runbook.forms").error("token eyJhbGciOiJSUzI1NiJ9.payload.signature")
    text = (tmp_path / "runbook.log").read_text("utf-8")
    assert text.count("[removed: secret]") == 1
    assert "eyJ" not in text
