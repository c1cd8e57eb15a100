"""Where you are in the guide, according to the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.forms.guide_bar import GuideBar, following
from runbook_lib.guide import NOTEBOOKS, notebook_of
from runbook_lib.record.change import Change
from runbook_lib.record.journal import Journal
from runbook_lib.steps.access.step import AssignAccess
from runbook_lib.steps.clean_up.step import CleanUp
from runbook_lib.steps.core.step import Step
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.data.call_rest import CallRest
from runbook_lib.steps.data.connect_client import ConnectClient
from runbook_lib.steps.identity.step import ManagedIdentity
from runbook_lib.steps.instance.step import CreateInstance
from runbook_lib.steps.private_link.step import PrivateAccess
from runbook_lib.steps.start.step import StartHere

GROUP = "/subscriptions/s/resourceGroups/rg-plants"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/plant-7"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def did(journal: Journal, *steps: str, instance: str = INSTANCE) -> None:
    for step in steps:
        journal.record("apply", step, outcome={"made": ["x"]})
        if step not in ("start-here", "clean-up"):
            journal.make_current(step, instance)


def done(journal: Journal) -> str:
    shown = GuideBar(journal).text().partition("\n")[0]
    return " ".join(part.split()[1][:2] for part in shown.split(" · ") if part.startswith("✓"))


def said(journal: Journal) -> str:
    return GuideBar(journal).text().partition("\n")[2]


def test_every_step_has_its_notebook() -> None:
    steps: tuple[type[Step], ...] = (  # type: ignore[type-arg]  # which parameters they take makes no difference here
        *(StartHere, CreateInstance, AssignAccess, ManagedIdentity, PrivateAccess),
        *(CallRest, BuildGraph, ConnectClient, CleanUp),
    )
    assert [step.id for step in steps] == [step_id for one in NOTEBOOKS for step_id in one.steps]
    for step in steps:
        notebook = notebook_of(step.id)
        assert notebook and issubclass(notebook.parameters, step.parameters_type)


def test_a_new_run_begins_at_the_start(journal: Journal) -> None:
    assert done(journal) == ""
    assert said(journal) == "No instance yet. Next: 00-start-here."


def test_it_follows_the_setup_and_leaves_out_what_is_optional(journal: Journal) -> None:
    did(journal, "start-here", "create-instance", "assign-access")
    assert done(journal) == "00 01 02"
    assert said(journal) == "This setup: plant-7 in rg-plants. Next: 05-connect-a-client."
    did(journal, "call-rest")
    assert said(journal).endswith("All done. 06-clean-up removes it.")


def test_what_was_done_for_another_instance_does_not_count(journal: Journal) -> None:
    did(journal, "start-here", "create-instance", "assign-access")
    did(journal, "create-instance", instance=f"{INSTANCE}-b")
    assert done(journal) == "00 01"


def test_after_cleaning_up_everything_is_open_again(journal: Journal) -> None:
    did(journal, "start-here", "create-instance")
    journal.record("apply", "clean-up", outcome={"made": []})
    assert done(journal) == "00 01", "without confirmation, it only looks"
    did(journal, "clean-up")
    assert done(journal) == "00 06"
    assert said(journal) == "Cleaned up. 01-create-instance starts again."
    did(journal, "create-instance")
    assert done(journal) == "00 01"


def test_a_clean_up_that_left_something_is_not_the_end(journal: Journal) -> None:
    did(journal, "start-here", "create-instance")
    partly = {"made": [{"name": "role"}], "tone": "warning"}
    journal.record("apply", "clean-up", outcome=partly)
    assert done(journal) == "00 01"


def test_what_was_interrupted_is_unfinished(journal: Journal) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        journal.doing("create-instance", Change("create", "Instance", "x", INSTANCE)),
    ):
        raise KeyboardInterrupt
    assert said(journal) == "No instance yet. Unfinished: 01-create-instance. Run it again: it continues."
    assert "! 01-create-instance" in GuideBar(journal).text()


def test_its_links_stand_beside_the_notebook_and_its_marks_have_words(journal: Journal) -> None:
    did(journal, "start-here")
    html = GuideBar(journal).html()
    for notebook in NOTEBOOKS:
        assert f'href="{notebook.path.name}"' in html
    assert 'aria-label="Steps of this setup"' in html
    assert html.count("(done)") == 1


def test_the_last_step_of_a_notebook_leads_to_the_next(journal: Journal) -> None:
    found = {step: following(step) for one in NOTEBOOKS for step in one.steps}
    assert {step: one and one.name[:2] for step, one in found.items()} == {
        "start-here": "01",
        "create-instance": "02",
        "assign-access": "03",
        "managed-identity": "04",
        "private-access": "05",
        "call-rest": None,
        "build-graph": None,
        "connect-client": "06",
        "clean-up": None,
    }
