"""The values to keep and share: as files for programs and pipelines, and to be copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.errors import StepNotRun
from runbook_lib.forms.values import ValuesPanel
from runbook_lib.record.important_values import ImportantValues, as_environment, labeled
from runbook_lib.record.journal import Journal
from runbook_lib.unattended import UnattendedPresenter

from ..stage import Stage, play_step, text_of

VALUES = {
    "Name": "plant-7",
    "Resource group": "rg-plants",
    "Host name": "plant-7.api.weu.digitaltwins.azure.net",
    "Region": "westeurope",
    "Subscription": "Contoso Training (d9e85978-06a7-5af4-8f3c-ff3e04fd522a)",
    "Tenant": "78b6b135-9ecf-519e-9a12-68eb8517b041",
    "Private address": "10.20.0.4",
}
ENVIRONMENT = """\
ADT_HOST_NAME=plant-7.api.weu.digitaltwins.azure.net
ADT_INSTANCE_NAME=plant-7
ADT_REGION=westeurope
ADT_RESOURCE_GROUP=rg-plants
ADT_SERVICE_URL=https://plant-7.api.weu.digitaltwins.azure.net
AZURE_SUBSCRIPTION_ID=d9e85978-06a7-5af4-8f3c-ff3e04fd522a
AZURE_TENANT_ID=78b6b135-9ecf-519e-9a12-68eb8517b041
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path, monkeypatch)
    stage.show()
    yield stage
    stage.close()


@pytest.fixture
def panel(stage: Stage) -> ValuesPanel:
    """The panel below the form, before anything has run."""
    stage.in_cell(lambda: stage.presenter.present_values(stage.step))
    stage.turn()
    shown = stage.presenter.panel("values", "play")
    assert isinstance(shown, ValuesPanel)
    return shown


def created(stage: Stage) -> None:
    stage.review()
    stage.form.action.click()
    stage.settle()


def test_a_program_gets_its_variables_and_nothing_else() -> None:
    assert as_environment(VALUES) == ENVIRONMENT
    assert (
        as_environment({"Name": "it's", "Host name": "", "Subscription": "none"}) == "ADT_INSTANCE_NAME='it'\"'\"'s'\n"
    )


def test_the_journal_keeps_them_for_people_and_for_programs(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.keep_values(VALUES)
    assert (tmp_path / "important-values.json").read_text() == ImportantValues(VALUES).json
    assert labeled(tmp_path / "important-values.json") == {
        **{label: value for label, value in VALUES.items() if label != "Private address"},
        "Subscription": "d9e85978-06a7-5af4-8f3c-ff3e04fd522a",
    }
    assert (tmp_path / "important-values.env").read_text() == ENVIRONMENT


def test_unattended_they_are_printed_once_the_step_has_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    presenter = UnattendedPresenter({})
    step = play_step(presenter, tmp_path, instance_name="my-first-twins")
    with pytest.raises(StepNotRun, match="Complete first: Create the play instance"):
        presenter.present_values(step)
    presenter.present(step)
    presenter.present_values(step)
    assert "ADT_INSTANCE_NAME=my-first-twins" in capsys.readouterr().out


def test_before_the_step_has_run_there_is_nothing_to_copy(stage: Stage, panel: ValuesPanel) -> None:
    assert "Complete first: Create the play instance." in text_of(panel.widget)
    assert "<pre" not in text_of(panel.widget)
    created(stage)
    assert str(stage.step.context.journal.folder) in text_of(panel.widget)


def test_both_files_are_shown_to_be_copied_and_are_those_of_the_last_run(stage: Stage, panel: ValuesPanel) -> None:
    created(stage)
    assert "ADT_INSTANCE_NAME=my-first-twins" in text_of(panel.widget)
    assert "&quot;instance_name&quot;: &quot;my-first-twins&quot;" in text_of(panel.widget)
    assert text_of(panel.widget).count("<pre") == 2  # the browser puts a button to copy at each
    stage.form.again.click()
    stage.turn()
    stage.enter("instance_name", "my-second-twins")
    created(stage)
    assert "my-first-twins" not in text_of(panel.widget)
    assert "ADT_INSTANCE_NAME=my-second-twins" in text_of(panel.widget)
