"""`runbook plan`: everything that a run would do, without doing it. It writes nothing and needs no write rights."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import sandbox
from ..errors import AzureRefused, InputError, RunbookError
from ..export import FORMATS, Format
from .output import say, say_error
from .run import RUN_DIR, Folder, given_values, prepared, setup_options
from .secrets import refuse_secrets, secrets_of

if TYPE_CHECKING:
    from ..record.change import Change
    from ..steps.core.context import Context
    from ..steps.core.results import Plan
    from ..steps.core.step import Step
    from ..steps.instance.step import CreateInstance
    from .headless import Run

SOMETHING_TO_DO = 10
"""The exit code of a plan that would change something."""


@click.command()
@setup_options
@RUN_DIR
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--as", "wanted", type=click.Choice(FORMATS), help="Write the plan for another tool.")
@click.option("--into", type=Folder(file_okay=False, path_type=Path), help="The folder to write it to. Default: .")
def plan(
    notebooks: tuple[str, ...],
    setup_file: Path | None,
    parameter: tuple[tuple[str, str], ...],
    target: str | None,
    run_dir: Path | None,
    as_json: bool,
    wanted: Format | None,
    into: Path | None,
) -> None:
    """Show everything that `runbook run` would do, and do nothing.

    Takes what `runbook run` takes. Needs permission to read, not to write, and leaves no record. The exit code is 0 if
    there's nothing to do, 10 if there is something, and the run's own code if something stands in the way.

    With --as, writes the same as Bicep, an ARM template, Terraform, or a script for Bash or PowerShell, and says how to
    use it.

    \b
    Examples:
      runbook plan
      runbook plan --target azure -f setup.yaml --json
      runbook plan -f setup.yaml 01-create-instance --as bicep --into infra
    """
    if as_json and wanted:
        raise click.UsageError("--json and --as can't be combined.")
    if into and not wanted:
        raise click.UsageError("--into needs --as: it says where those files go.")
    values = given_values(setup_file, parameter, target)
    refuse_secrets({**values, "-f": setup_file, "--run-dir": run_dir, "NOTEBOOK": list(notebooks)}, secrets_of())
    show_plan(notebooks, values, run_dir, as_json=as_json, wanted=wanted, into=into or Path())


def show_plan(
    notebooks: Sequence[str],
    values: Mapping[str, Any],
    run_dir: Path | None,
    *,
    as_json: bool,
    wanted: Format | None = None,
    into: Path = Path(),
) -> None:
    """Print the plan of a run, or write it for another tool, and end with its exit code."""
    run = prepared(notebooks, values)
    if run.values.get("target", "sandbox") == "sandbox":
        sandbox.start(sandbox.default_home())
    planned, context = plan_of(run, run_dir)
    changes = sum(len(one.plan.changes) for one in planned)
    error = next((one.error for one in planned if one.error), None)
    if wanted and changes and not error:
        _write(planned, wanted, into, context)
        return
    if as_json:
        steps = [{"notebook": one.notebook, **one.plan.as_json()} for one in planned]
        text = json.dumps({"changes": changes, "steps": steps}, indent=2, ensure_ascii=False, default=str)
        say(text)
    else:
        for one in planned:
            say(f"{one.notebook}\n{replace(one.plan, recipes=())}\n")  # how to do it by hand is in the JSON
        say(_summary(changes, stops=error is not None))
    if error:
        raise error
    if changes and not wanted:
        sys.exit(SOMETHING_TO_DO)


def _write(planned: Sequence[PlannedStep], wanted: Format, into: Path, context: Context) -> None:
    """Write the plans in a format, and say how to use them."""
    from ..export.export import export

    made = export([recipe for one in planned for recipe in one.plan.recipes], wanted, context.clients)
    # As bytes: a shell doesn't read Windows's ends of lines.
    paths = {into / name: text.encode() for name, text in made.files.items()}
    if taken := [path for path, text in paths.items() if path.exists() and path.read_bytes() != text]:
        raise InputError(
            f"{', '.join(map(str, taken))} is there already, and says something else.",
            remedy="Choose another folder with --into, or remove it first.",
        )
    into.mkdir(parents=True, exist_ok=True)
    for path, text in paths.items():
        path.write_bytes(text)
    written = [f"  {path}" for path in paths]
    use = [f"  {one}" for one in made.commands]
    say("\n".join(["Written:", *written, f"To carry it out, in {into}:", *use]))
    if made.left_out:
        say("\n".join(["Not in it, because no template can say it:", *(f"  {one}" for one in made.left_out)]))


def plan_of(run: Run, run_dir: Path | None) -> tuple[list[PlannedStep], Context]:
    """Plan a run step by step, up to what would stop it; return the plans, and the context that they were made in.

    Raises what signing in raises.
    """
    with _watched(run.values):
        context = _context(run.values, run_dir)
        return list(_planned([one.name for one in run.notebooks], run.values, context)), context


class _Waits:
    """Says on the stream for errors what is waited for."""

    def phase(self, text: str, usual_seconds: float = 0) -> None:
        say_error(text)


@contextmanager
def _watched(values: Mapping[str, Any]) -> Iterator[None]:
    """Wait as long as a run does when Azure asks for it, visibly. The standard output stays the plan's alone.

    azure-identity prints the code of a device there.
    """
    from ..azure.waiting import Waiting, patiently

    with redirect_stdout(sys.stderr), patiently(Waiting(), _seconds(values), _Waits().phase):
        yield


def _seconds(values: Mapping[str, Any]) -> float:
    return 60.0 * int(values.get("timeout_minutes", 10))


def _summary(changes: int, *, stops: bool) -> str:
    """Say how much there is to do, unless the run would stop: then that isn't known."""
    counted = f"{changes} change{'s' * (changes != 1)}"
    if stops:
        return f"The run would stop here, after planning {counted}. Nothing was done."
    return f"{counted} in all. Nothing was done." if changes else "Nothing to do."


@dataclass(frozen=True)
class PlannedStep:
    """The plan of one step of a run."""

    notebook: str
    plan: Plan
    error: RunbookError | None = None
    """What would stop the run there."""


def _planned(notebooks: Sequence[str], values: Mapping[str, Any], context: Context) -> Iterator[PlannedStep]:
    """Plan step after step, each on what those before it would have done."""
    from ..steps.catalog import steps_of
    from ..steps.instance.step import CreateInstance

    known = set[str]()
    made: list[Change] = []
    for notebook in notebooks:
        for kind in steps_of(notebook):
            fields = kind.parameters_type.model_fields
            step = kind(context, {name: value for name, value in values.items() if name in fields})
            found, error = _judged(step, made)
            new = tuple(one for one in found.changes if one.action == "delete" or one.resource_id.lower() not in known)
            known |= {one.resource_id.lower() for one in new}
            made += [one for one in new if one.action in ("create", "assign")]
            # What an earlier step makes anyway is still new in this one's picture.
            picture = found.picture if new == found.changes else None
            yield PlannedStep(notebook, replace(_with(found, new), picture=picture), error)
            if error:
                return
            if isinstance(step, CreateInstance):
                context = _following(context, step, new)
                known |= {one.lower() for one in (context.planned.comes_with if context.planned else ())}


def _with(found: Plan, changes: Sequence[Change]) -> Plan:
    """Return a plan with only these of its changes, and the ways to make them by hand."""
    recipes = found.recipes
    if len(recipes) == len(found.changes):  # others show how to look at things
        recipes = tuple(recipe for change, recipe in zip(found.changes, recipes, strict=True) if change in changes)
    return replace(found, changes=tuple(changes), recipes=recipes)


def _judged(step: Step[Any, Any], made: Sequence[Change]) -> tuple[Plan, RunbookError | None]:
    """Return what a headless run would do with a step after having made these, and what would stop it."""
    from ..steps.core.plan_builder import refusal, unconfirmed

    found, wanted = step.plan(), step.parameters
    error = refusal(found) or refusal(_left_out(found))
    if step.id == "clean-up":
        return (
            _cleaned(found, error, made) if getattr(wanted, "confirm_clean_up", False) else (_only_looks(found), error)
        )
    if getattr(wanted, "confirm", False) or not found.confirmation:
        return found, error
    return found, error or unconfirmed(found)


def _left_out(found: Plan) -> Plan:
    """Return the plan with only what was asked for and can't be given: a run makes the rest, and then stops."""
    if any(one.action == "assign" for one in found.changes):
        return replace(found, problems=())
    asked = [one for one in found.problems if one.field == "grant_access"]
    return replace(found, problems=tuple(replace(one, blocking=True) for one in asked))


def _only_looks(found: Plan) -> Plan:
    """Return the plan of a clean-up that nobody agrees to: it shows what it would remove, and does nothing."""
    return replace(found, changes=(), picture=None, if_empty="Without confirm_clean_up, nothing is removed.")


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
    return replace(found, changes=(*found.changes, *later), picture=None), error


def _context(values: Mapping[str, Any], run_dir: Path | None) -> Context:
    from ..azure.clients import Clients
    from ..azure.waiting import Waiting
    from ..record.preview import Preview
    from ..steps.core.context import Context
    from ..steps.core.patience import signed_in

    where, way, tenant = (str(values.get(name, default)) for name, default in _SIGN_IN.items())
    target = signed_in(where, way, tenant, _seconds(values), _Waits())
    presenter: Any = None  # nothing is presented
    return Context(Clients(target), Preview(run_dir.absolute() if run_dir else None), presenter, Waiting())


_SIGN_IN = {"target": "sandbox", "sign_in": "", "tenant": ""}


def _following(context: Context, step: CreateInstance, changes: Sequence[Change]) -> Context:
    """Return the context of what follows 01: about its instance, which may not exist yet."""
    from ..record.preview import Preview
    from ..steps.instance.kinds import INSTANCE

    instance = step.planned()
    if instance is None or not isinstance(context.journal, Preview):
        return context
    context.journal.current = instance.id
    created = any(change.kind == INSTANCE.name and change.action == "create" for change in changes)
    return replace(context, planned=instance if created else None)
