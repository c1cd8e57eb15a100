"""How steps run and are shown when no person is there."""

from __future__ import annotations

from typing import Any

from IPython.display import display

from .errors import StepNotRun, VerificationFailed
from .record.important_values import ImportantValues
from .steps.core.plan_builder import refusal
from .steps.core.results import Outcome, Proof
from .steps.core.step import Step


def show(what: object) -> None:
    """Show something as the cell's output: rich in a notebook, as text in plain Python."""
    display(what)  # type: ignore[no-untyped-call]


class PrintedProgress:
    """Prints a phase once, when it changes: never a percentage or a time, so that two runs print the same."""

    def __init__(self) -> None:
        self._last = ""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Print what begins now."""
        if text != self._last:
            self._last = text
            print(text, flush=True)  # noqa: T201  # a headless run's output is what it prints


class UnattendedPresenter:
    """Runs every step at once, in the cell; creates no widget, and raises whatever goes wrong.

    `results` is where the outcome of each step is kept, by the step's id.
    """

    def __init__(self, results: dict[str, Outcome]) -> None:
        self._results = results

    def present(self, step: Step[Any]) -> None:
        """Show the plan, do what it says, show what was done. Raises the RunbookError that stands in the way."""
        self._results.pop(step.id, None)  # a result of other values must not outlive a failure
        plan = step.plan()
        show(plan)
        if error := refusal(plan):
            raise error
        outcome = step.apply(PrintedProgress())
        self._results[step.id] = outcome
        show(outcome)

    def present_verification(self, step: Step[Any]) -> None:
        """Show the step's checks. Raises VerificationFailed when one did not pass."""
        proof = step.verify(PrintedProgress())
        show(proof)
        if not proof.passed:
            raise failed_error(proof)

    def present_values(self, step: Step[Any]) -> None:
        """Show what is to be kept and shared. Raises StepNotRun when the step has not run in this notebook."""
        if step.id not in self._results:
            raise StepNotRun(f"Complete first: {step.title}.")
        show(ImportantValues(self._results[step.id].values))


def failed_error(proof: Proof) -> VerificationFailed:
    """Turn the checks that failed into the error that a headless run ends with."""
    failed = [check for check in proof.checks if check.status == "failed"]
    return VerificationFailed(
        "\n".join(f"{check.name}: {check.evidence}" for check in failed),
        remedy="\n".join(dict.fromkeys(check.remedy for check in failed if check.remedy)),
    )
