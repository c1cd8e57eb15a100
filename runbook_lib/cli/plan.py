"""`runbook plan`: everything that a run would do, without doing it. It writes nothing and needs no write rights."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import sandbox
from ..errors import AzureRefused, RunbookError
from .output import say
from .run import RUN_DIR, given_values, prepared, setup_options
from .secrets import refuse_secrets, secrets_of

if TYPE_CHECKING:
    from ..record.change import Change
    from ..steps.core.context import Context
    from ..steps.core.results import Plan
    from ..steps.core.step import Step
    from ..steps.instance.step import CreateInstance

SOMETHING_TO_DO = 10
"""The exit code of a plan that would change something."""


@click.command()
@setup_options
@RUN_DIR
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(
    notebooks: tuple[str, ...],
    setup_file: Path | None,
    parameter: tuple[tuple[str, str], ...],
    target: str | None,
    run_dir: Path | None,
    as_json: bool,
) -> None:
    """Show everything that `runbook run` would do, and do nothing.

    Takes what `runbook run` takes. Needs permission to read, not to write, and leaves no record. The exit code is 0 if
    there's nothing to do, 10 if there is something, and the run's own code if something stands in the way.

    \b
    Examples:
      runbook plan
      runbook plan --target azure -f setup.yaml --json
    """
    values = given_values(setup_file, parameter, target)
    refuse_secrets({**values, "-f": setup_file, "--run-dir": run_dir, "NOTEBOOK": list(notebooks)}, secrets_of())
    show_plan(notebooks, values, run_dir, as_json=as_json)


def show_plan(notebooks: Sequence[str], values: Mapping[str, Any], run_dir: Path | None, *, as_json: bool) -> None:
    """Print the plan of a run, and end with its exit code."""
    run = prepared(notebooks, values)
    if run.values.get("target", "sandbox") == "sandbox":
        sandbox.start(sandbox.default_home())
    planned = list(_planned([one.name for one in run.notebooks], run.values, run_dir))
    changes = sum(len(one.plan.changes) for one in planned)
    if as_json:
        steps = [{"notebook": one.notebook, **one.plan.as_json()} for one in planned]
        text = json.dumps({"changes": changes, "steps": steps}, indent=2, ensure_ascii=False, default=str)
        say(text)
    else:
        for one in planned:
            say(f"{one.notebook}\n{replace(one.plan, recipes=())}\n")  # how to do it by hand is in the JSON
        say(f"{changes} changes in all. Nothing was done." if changes else "Nothing to do.")
    if error := next((one.error for one in planned if one.error), None):
        raise error
    if changes:
        sys.exit(SOMETHING_TO_DO)


@dataclass(frozen=True)
class PlannedStep:
    """The plan of one step of a run."""

    notebook: str
    plan: Plan
    error: RunbookError | None = None
    """What would stop the run there."""


def _planned(notebooks: Sequence[str], values: Mapping[str, Any], run_dir: Path | None) -> Iterator[PlannedStep]:
    """Plan step after step, each on what those before it would have done."""
    from ..steps.catalog import steps_of
    from ..steps.instance.step import CreateInstance

    context, known = _context(values, run_dir), set[str]()
    made: list[Change] = []
    for notebook in notebooks:
        for kind in steps_of(notebook):
            fields = kind.parameters_type.model_fields
            step = kind(context, {name: value for name, value in values.items() if name in fields})
            found, error = _judged(step, made)
            new = tuple(one for one in found.changes if one.action == "delete" or one.resource_id.lower() not in known)
            known |= {one.resource_id.lower() for one in new}
            made += [one for one in new if one.action in ("create", "assign")]
            yield PlannedStep(notebook, replace(found, changes=new), error)
            if error:
                return
            if isinstance(step, CreateInstance):
                context = _following(context, step, new)
                known |= {one.lower() for one in (context.planned.comes_with if context.planned else ())}


def _judged(step: Step[Any, Any], made: Sequence[Change]) -> tuple[Plan, RunbookError | None]:
    """Return what a headless run would do with a step after having made these, and what would stop it."""
    from ..steps.core.plan_builder import refusal, unconfirmed

    found, wanted = step.plan(), step.parameters
    error = refusal(found)
    if step.id == "clean-up":
        return (
            _cleaned(found, error, made) if getattr(wanted, "confirm_clean_up", False) else (_only_looks(found), error)
        )
    if getattr(wanted, "confirm", False) or not found.confirmation:
        return found, error
    return found, error or unconfirmed(found)


def _only_looks(found: Plan) -> Plan:
    """Return the plan of a clean-up that nobody agrees to: it shows what it would remove, and does nothing."""
    return replace(found, changes=(), if_empty="Without confirm_clean_up, nothing is removed.")


def _cleaned(found: Plan, error: RunbookError | None, made: Sequence[Change]) -> tuple[Plan, RunbookError | None]:
    """Return the plan of a clean-up, which also removes what the run would have made until then."""
    from ..record.change import Change
    from ..steps.core.problems import gathered
    from ..steps.core.removal import removers
    from ..steps.directory.kinds import ROLE
    from ..steps.instance.kinds import INSTANCE

    ranks = {name: remover.kind.rank for name, remover in removers().items()}
    takes = any(one.kind == INSTANCE.name for one in made)
    # What comes before roles is data, which goes with its instance.
    removed = [one for one in made if one.kind in ranks and not (takes and ranks[one.kind] < ROLE.rank)]
    later = [
        Change("delete", one.kind, one.name, one.resource_id)
        for one in sorted(removed, key=lambda one: ranks[one.kind])
    ]
    if found.problems and not error:
        texts = "\n".join(one.message for one in gathered(found.problems))
        error = AzureRefused(texts, remedy=found.problems[0].remedy, who=found.problems[0].who)
    return replace(found, changes=(*found.changes, *later)), error


def _context(values: Mapping[str, Any], run_dir: Path | None) -> Context:
    from ..azure.clients import Clients
    from ..record.journal import Preview
    from ..steps.core.context import Context
    from ..steps.core.patience import signed_in

    where, way, tenant = (str(values.get(name, default)) for name, default in _SIGN_IN.items())
    target = signed_in(where, way, tenant, 60.0 * int(values.get("timeout_minutes", 10)))
    presenter: Any = None  # nothing is presented
    return Context(Clients(target), Preview(run_dir.absolute() if run_dir else None), presenter)


_SIGN_IN = {"target": "sandbox", "sign_in": "", "tenant": ""}


def _following(context: Context, step: CreateInstance, changes: Sequence[Change]) -> Context:
    """Return the context of what follows 01: about its instance, which may not exist yet."""
    from ..record.journal import Preview
    from ..steps.instance.kinds import INSTANCE

    instance = step.planned()
    if instance is None or not isinstance(context.journal, Preview):
        return context
    context.journal.current = instance.id
    created = any(change.kind == INSTANCE.name and change.action == "create" for change in changes)
    return replace(context, planned=instance if created else None)
