"""Runs steps and prints their results when no person is there."""

from __future__ import annotations

import sys
from typing import Any

from IPython.display import display

from .azure.waiting import patiently
from .display import phase
from .errors import PermissionMissing, RunbookError, StepNotRun, VerificationFailed
from .record.important_values import ImportantValues
from .steps.core.plan_builder import refusal
from .steps.core.results import Outcome, Verification
from .steps.core.step import LOOK_SECONDS, Step


def show(what: object) -> None:
    """Show something as the cell's output: rich in a notebook, text in plain Python."""
    display(what)  # type: ignore[no-untyped-call]


class PrintedProgress:
    """Prints each phase once. It never prints percentages or times, so that two runs print the same."""

    def __init__(self) -> None:
        self._last = ""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        """Print a phase, unless it is still the last one."""
        if text != self._last:
            self._last = text
            phase.note(usual_seconds)
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()


class UnattendedPresenter:
    """Runs each step right in its cell, without widgets, and raises an error if anything fails.

    `results` receives the outcome of each step, by the step's id.
    """

    def __init__(self, results: dict[str, Outcome]) -> None:
        self._results = results

    def present(self, step: Step[Any, Any]) -> None:
        """Show the plan, apply it, and show the outcome. Raises a RunbookError if the plan is blocked or fails."""
        self._results.pop(step.id, None)  # an old result must not outlive a failure
        progress = PrintedProgress()
        phase.note(LOOK_SECONDS)
        with patiently(step.context.waiting, step.seconds, progress.phase):
            plan = step.plan()
        phase.note(0)
        show(plan)
        if error := refusal(plan):
            raise error
        if plan.place and plan.changes:
            progress.phase(f"This changes Azure: {plan.place}")
        outcome = step.apply(progress)
        self._results[step.id] = outcome
        phase.note(0)
        show(outcome)

    def present_verification(self, step: Step[Any, Any]) -> None:
        """Run and show the step's checks. Raises VerificationFailed or PermissionMissing if one fails."""
        verification = step.verify(PrintedProgress())
        show(verification)
        if not verification.passed:
            raise failed_checks_error(verification)

    def present_values(self, step: Step[Any, Any]) -> None:
        """Show the values to keep and share. Raises StepNotRun if the step hasn't run in this notebook."""
        if step.id not in self._results:
            raise StepNotRun(f"Complete first: {step.title}.")
        show(ImportantValues(self._results[step.id].values))


def failed_checks_error(verification: Verification) -> RunbookError:
    """Turn failed checks into the error that ends an unattended run: a missing permission if that's all that failed."""
    failed = [check for check in verification.checks if check.status == "failed"]
    missing = [check.problem for check in failed if check.problem]
    if len(missing) == len(failed) == 1:
        (one,) = missing
        named = {"action": one.action, "scope": one.scope, "role": one.role, "request": one.request}
        return PermissionMissing(failed[0].evidence, meaning=one.message, remedy=one.remedy, who=one.who, **named)
    return VerificationFailed(
        "\n".join(f"{check.name}: {check.evidence}" for check in failed),
        remedy="\n".join(dict.fromkeys(check.remedy for check in failed if check.remedy)),
    )
