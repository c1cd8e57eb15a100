"""Who runs the notebook, a person or a machine, and how steps are shown when it is a machine."""

from __future__ import annotations

import os
from typing import Any, Literal, cast

from IPython import get_ipython
from IPython.display import display

from .errors import InputError, StepNotRun, VerificationFailed
from .record.important_values import ImportantValues
from .steps.core.plan_builder import refusal
from .steps.core.results import Outcome, Verification
from .steps.core.step import Step

Mode = Literal["guided", "unattended"]

MODE_VARIABLE = "RUNBOOK_MODE"
"""Environment variable that settles the mode for a whole workshop or pipeline."""


def detect_mode(explicit: str = "auto") -> Mode:
    """Tell whether a person is there to fill forms.

    `explicit` wins, then the environment variable RUNBOOK_MODE, then Voilà (whose cells run through nbclient although
    a person looks on), then the `allow_stdin` flag of the running request: JupyterLab says true there; papermill,
    nbclient, nbconvert and nbval say false. Call it while a cell runs, never in a callback.

    Raises InputError when the mode has no such value.
    """
    choice = explicit if explicit != "auto" else os.environ.get(MODE_VARIABLE) or "auto"
    if choice in ("guided", "unattended"):
        return cast("Mode", choice)
    if choice != "auto":
        raise InputError(f"The mode '{choice}' does not exist.", remedy="Use auto, guided or unattended.")
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return "guided"
    return "guided" if _somebody_can_be_asked() else "unattended"


def _somebody_can_be_asked() -> bool:
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:  # plain Python, or an engine without a kernel
        return False
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin"))


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

    def present(self, step: Step[Any, Any]) -> None:
        """Show the plan, do what it says, show what was done. Raises the RunbookError that stands in the way."""
        self._results.pop(step.id, None)  # a result of other values must not outlive a failure
        plan = step.plan()
        show(plan)
        if error := refusal(plan):
            raise error
        outcome = step.apply(PrintedProgress())
        self._results[step.id] = outcome
        show(outcome)

    def present_verification(self, step: Step[Any, Any]) -> None:
        """Show the step's checks. Raises VerificationFailed when one did not pass."""
        verification = step.verify(PrintedProgress())
        show(verification)
        if not verification.passed:
            raise failed_error(verification)

    def present_values(self, step: Step[Any, Any]) -> None:
        """Show what is to be kept and shared. Raises StepNotRun when the step has not run in this notebook."""
        if step.id not in self._results:
            raise StepNotRun(f"Complete first: {step.title}.")
        show(ImportantValues(self._results[step.id].values))


def failed_error(verification: Verification) -> VerificationFailed:
    """Turn the checks that failed into the error that a headless run ends with."""
    failed = [check for check in verification.checks if check.status == "failed"]
    return VerificationFailed(
        "\n".join(f"{check.name}: {check.evidence}" for check in failed),
        remedy="\n".join(dict.fromkeys(check.remedy for check in failed if check.remedy)),
    )
