"""A stage for forms: a step without Azure, a main loop whose time stands still, and workers that work when told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import Field

from runbook_lib.forms import dispatcher, guided
from runbook_lib.forms.guided import GuidedPresenter
from runbook_lib.forms.step_panel import StepPanel
from runbook_lib.forms.verification import VerificationPanel
from runbook_lib.parameters import InstanceParameters
from runbook_lib.record.change import Change
from runbook_lib.record.journal import Journal
from runbook_lib.steps.core.context import SILENT, Context, Presenter, Progress
from runbook_lib.steps.core.plan_builder import PlanBuilder
from runbook_lib.steps.core.results import Check, Outcome, Plan, Undone, Verification
from runbook_lib.steps.core.step import Choice, Hint, Step


def extra(tab: str, widget: str, *depends: str) -> dict[str, Any]:
    return {"tab": tab, "widget": widget, "depends": list(depends)}


class PlayParameters(InstanceParameters):
    """Parameters with one field of every kind."""

    region: str = Field(
        default="westeurope", title="Region", json_schema_extra=extra("Basics", "choice", "subscription")
    )
    grant_access: bool = Field(
        default=False, title="Grant access", json_schema_extra=extra("Basics", "flag", "subscription")
    )
    member: str = Field(default="", title="Member", json_schema_extra=extra("Advanced", "search"))
    connectivity: str = Field(default="public", title="Connectivity", json_schema_extra=extra("Advanced", "text"))
    address: str = Field(
        default="10.20.0.0/24",
        title="Address range",
        max_length=20,
        json_schema_extra={**extra("Advanced", "text"), "when": {"connectivity": "private"}},
    )
    tags: dict[str, str] = Field(default={}, title="Tags", json_schema_extra=extra("Tags", "tags"))


REGIONS = {"training": ("westeurope", "northeurope"), "production": ("eastus", "northeurope")}


class PlayStep(Step[PlayParameters, Any]):
    """A step whose Azure is a few dictionaries. A test changes them, and reads `asked` and `log`."""

    id = "play"
    title = "Create the play instance"
    action_label = "Create"
    parameters_type = PlayParameters

    # Shared by all copies of the step, as the form plans and runs a copy.
    asked: list[tuple[str, str, Mapping[str, Any]]]
    log: list[tuple[str, Mapping[str, Any]]]
    failures: list[BaseException]
    plan_of: Callable[[PlayStep], Plan]
    proof_of: Callable[[], Verification]
    during: Callable[[], object]
    """What happens while the step works; it is called in its middle."""

    def plan(self) -> Plan:
        self.log.append(("plan", dict(self.values)))
        return type(self).plan_of(self)

    def apply(self, progress: Progress = SILENT) -> Outcome:
        self.log.append(("apply", dict(self.values)))
        progress.phase("Creating the instance", 20)
        progress.phase("Creating the instance", 20)
        type(self).during()
        if self.failures:
            raise self.failures.pop(0)
        change = Change("create", "Azure Digital Twins instance", self.values["instance_name"], "/subscriptions/s/x")
        return Outcome(self.id, "The instance is ready.", {"Name": self.values["instance_name"]}, (change,))

    def verify(self, progress: Progress = SILENT) -> Verification:
        self.log.append(("verify", dict(self.values)))
        progress.phase("Reading the instance")
        return type(self).proof_of()

    def undo(self, progress: Progress = SILENT) -> Undone:
        return Undone(self.id, "Undone")

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        self.asked.append(("choices", field, dict(values)))
        if field == "subscription":
            return [Choice("training", "Contoso Training"), Choice("production", "Contoso Production")]
        if field == "region":
            return [Choice(name, name.title()) for name in REGIONS[values["subscription"] or "training"]]
        if field == "resource_group":
            return [Choice("rg-digital-twins", "rg-digital-twins"), Choice("rg-other", "rg-other")]
        if field == "member" and values["member"]:
            return [Choice("id-of-olivia", "Olivia Owner (owner@contoso.com)")]
        return []

    def hint(self, field: str, values: Mapping[str, Any]) -> Hint | None:
        self.asked.append(("hint", field, dict(values)))
        if field != "instance_name":
            return None
        name = values["instance_name"]
        return Hint("bad", f"{name} is taken.") if name.startswith("taken") else Hint("good", f"{name} is free.")

    def disabled_reason(self, field: str, values: Mapping[str, Any]) -> str:
        self.asked.append(("disabled_reason", field, dict(values)))
        disabled_reason = field == "grant_access" and values["subscription"] == "production"
        return "You are not allowed to assign roles in Contoso Production." if disabled_reason else ""

    # The verbs above are all there is to it.
    def _survey(self, builder: PlanBuilder) -> Any:
        raise AssertionError("nothing is surveyed here")

    def _draw_up(self, found: Any, builder: PlanBuilder) -> Any:
        raise AssertionError("nothing is drawn up here")

    def _carry_out(self, plan: Plan, found: Any, progress: Progress) -> Outcome:
        raise AssertionError("nothing is carried out here")

    def _check(self, found: Any, progress: Progress) -> Verification:
        raise AssertionError("nothing is checked here")


def a_plan(step: PlayStep) -> Plan:
    name = step.values["instance_name"]
    return Plan("play", f"Create {name}", (("Resource name", name),), (Change("create", "Instance", name, "/x"),))


def a_proof() -> Verification:
    return Verification("play", "The instance works.", (Check("It is there", "passed", "Azure lists it."),))


def play_step(presenter: Presenter, folder: Path, **values: Any) -> PlayStep:
    """Make a step with a memory of its own, which its copies share."""
    kind = type(
        "PlayStep",
        (PlayStep,),
        {
            "asked": [],
            "log": [],
            "failures": [],
            "plan_of": staticmethod(a_plan),
            "proof_of": staticmethod(a_proof),
            "during": staticmethod(lambda: None),
        },
    )
    nowhere: Any = SimpleNamespace(target=SimpleNamespace(name="sandbox"))  # no Azure here
    made: PlayStep = kind(Context(nowhere, Journal(folder), presenter), values)
    return made


class StillLoop(asyncio.SelectorEventLoop):
    """A loop whose time only a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__()

    def time(self) -> float:
        return self.seconds


class Stage:
    """A kernel's main loop with a presenter on it, under a test's control."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop = StillLoop()
        self.jobs: list[Callable[[], None]] = []
        """What the workers have not done yet."""
        monkeypatch.setattr(dispatcher, "in_thread", self.jobs.append)
        monkeypatch.setattr(guided, "show", lambda _widget: None)
        self.results: dict[str, Outcome] = {}
        self.presenter = GuidedPresenter(self.results, str(folder / "runbook.log"))
        self.step = play_step(self.presenter, folder)

    def turn(self) -> None:
        """Let the loop do all that is due."""
        for _ in range(6):
            self.loop.run_until_complete(asyncio.sleep(0))

    def settle(self) -> None:
        """Let workers and loop work until nothing is left to do at this moment."""
        self.turn()
        while self.jobs:
            self.jobs.pop(0)()
            self.turn()

    def advance(self, seconds: float) -> None:
        """Let time pass, without any worker answering."""
        self.loop.seconds += seconds
        self.turn()

    def show(self, step: PlayStep | None = None) -> StepPanel:
        """Run the step's cell."""
        self.in_cell((step or self.step).present)
        self.settle()
        return self.form

    def show_verification(self) -> VerificationPanel:
        """Run the verification's cell."""
        self.in_cell(self.step.verification.present)
        self.turn()
        return self.verification

    @property
    def form(self) -> StepPanel:
        panel = self.presenter.panel("form", "play")
        assert isinstance(panel, StepPanel)
        return panel

    @property
    def verification(self) -> VerificationPanel:
        panel = self.presenter.panel("verification", "play")
        assert isinstance(panel, VerificationPanel)
        return panel

    def enter(self, field: str, value: Any) -> None:
        """Type or choose a value, as the browser reports it; nothing is answered yet."""
        self.form.form.fields[field].control.value = value
        self.turn()

    def review(self) -> None:
        """Open the last tab and read the plan."""
        self.form.to_review.click()
        self.settle()
        self.advance(1)

    def close(self) -> None:
        with suppress(RuntimeError):
            self.loop.close()

    def in_cell(self, call: Callable[[], None]) -> None:
        """Run something as a cell does."""

        async def cell() -> None:
            call()

        self.loop.run_until_complete(cell())


def text_of(widget: Any) -> str:
    """Return all texts that a widget and what it holds show, as HTML."""
    if getattr(widget.layout, "display", None) == "none":
        return ""
    own = getattr(widget, "value", "")
    texts = [own] if isinstance(own, str) else []
    return "\n".join([*texts, *(text_of(child) for child in getattr(widget, "children", ()))])


def field_text(stage: Stage, name: str) -> str:
    """What stands at one field of the stage's form."""
    return text_of(stage.form.form.fields[name].box)
