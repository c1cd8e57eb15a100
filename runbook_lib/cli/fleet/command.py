"""The command `runbook fleet`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import sandbox
from ...errors import InputError
from .. import interrupts, machine
from ..output import say, say_error
from ..run import RUN_DIR, given_values, now, prepared
from ..secrets import refuse_secrets, secrets_of

if TYPE_CHECKING:
    from .dispatch import Dispatch
    from .fleet_file import Fleet, Row
    from .record import FleetRecord

CLEAN_UP = "06-clean-up"
WORKERS = 2


@dataclass(frozen=True)
class Options:
    """What the command was asked for, beside the rows."""

    workers: int
    scheduler: str
    per_subscription: int
    as_json: bool


@click.command("fleet")
@click.argument("fleet_file", type=click.Path(path_type=Path), required=False)
@click.argument("notebooks", nargs=-1)
@click.option("-p", "--parameter", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter of all rows.")
@click.option("--target", type=click.Choice(["sandbox", "azure"]), help="Where to run. Default: sandbox.")
@RUN_DIR
@click.option("--resume", is_flag=True, help="Go on with the last unfinished fleet, or the one in --run-dir.")
@click.option("--only", type=click.Choice(["failed"]), help="With --resume: only the rows that stopped with an error.")
@click.option("--plan-only", is_flag=True, help="Show what each row would do, and do nothing.")
@click.option("--clean-up", is_flag=True, help="Show what the rows made; with -p confirm_clean_up true, remove it.")
@click.option("--workers", type=click.IntRange(1, 64), help=f"Rows at once. Default: {WORKERS}, or all of the cluster.")
@click.option("--per-subscription", type=click.IntRange(1), default=10, help="Rows at once in a subscription.")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Run on the Dask cluster with this scheduler.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def fleet(
    fleet_file: Path | None,
    notebooks: tuple[str, ...],
    parameter: tuple[tuple[str, str], ...],
    target: str | None,
    run_dir: Path | None,
    resume: bool,
    only: str | None,
    plan_only: bool,
    clean_up: bool,
    workers: int | None,
    per_subscription: int,
    scheduler: str,
    as_json: bool,
) -> None:
    """Run the guide for many instances, a row of FLEET_FILE each: its NOTEBOOKS, or 00, 01 and 02.

    The file is validated as a whole before anything runs. A row that fails stops no other. The exit code is 0 if all
    rows that it ran are done, otherwise that of the first that isn't.

    \b
    Examples:
      runbook fleet fleet.yaml --plan-only
      runbook fleet fleet.yaml --workers 4
      runbook fleet --resume --only failed
      runbook fleet --clean-up -p confirm_clean_up true
    """
    options = Options(workers or 0, scheduler, per_subscription, as_json)
    overrides = given_values(None, parameter, target)
    refuse_secrets({**overrides, "FLEET_FILE": fleet_file, "--run-dir": run_dir}, secrets_of())
    _check(fleet_file, continues=resume or clean_up or only is not None, plan_only=plan_only)
    if fleet_file:
        _begin(fleet_file, notebooks, overrides, run_dir, options, plan_only=plan_only)
    else:
        _continue(overrides, run_dir, options, clean_up=clean_up, failed=only is not None)


def _check(fleet_file: Path | None, *, continues: bool, plan_only: bool) -> None:
    """Raise InputError for options that can't be combined."""
    if bool(fleet_file) == continues:
        raise InputError(
            "A fleet that goes on has its own rows." if fleet_file else "No fleet file is named.",
            remedy="Name a file, or add --resume, --only or --clean-up: one of the two.",
            who="You.",
        )
    if continues and plan_only:
        raise InputError(
            "--plan-only shows the rows of a fleet file.",
            remedy="Name the file. What the rows made is shown by --clean-up without confirm_clean_up.",
            who="You.",
        )


def _begin(
    file: Path,
    notebooks: Sequence[str],
    overrides: Mapping[str, Any],
    run_dir: Path | None,
    options: Options,
    *,
    plan_only: bool,
) -> None:
    from ...record.run_file import new_folder
    from .dispatch import Dispatch
    from .fleet_file import read_fleet
    from .record import FleetRecord

    found = read_fleet(file, overrides, notebooks)
    for row in found.rows:
        refuse_secrets(row.values, secrets_of())
    _start_sandbox(found.rows)
    for note in found.notes:
        say_error(note)
    if plan_only:
        _plan(found, options)
        return
    home = sandbox.default_home()
    folder = (run_dir or new_folder(home / "runs", "fleet-")).absolute()
    machine.check_folder(folder)
    record = FleetRecord.begin(found, folder)
    _carry_out(
        [Dispatch(record, home, found.notebooks, per_subscription=options.per_subscription)], options, found.rows
    )


def _continue(
    overrides: Mapping[str, Any], run_dir: Path | None, options: Options, *, clean_up: bool, failed: bool
) -> None:
    from .dispatch import Dispatch
    from .record import find_fleet

    home = sandbox.default_home()
    record = find_fleet(home, run_dir, unfinished=not clean_up)
    _start_sandbox(record.rows)
    if clean_up:
        said = prepared([CLEAN_UP], {**record.rows[0].values, **overrides}).values
        # What rows share goes in a second pass, when those that use it are gone.
        one_pass = Dispatch(record, home, [CLEAN_UP], dict(overrides), options.per_subscription, makes=False)
        passes = [one_pass] * (2 if said.get("confirm_clean_up") else 1)
        _carry_out(passes, options, [one for one in record.rows if record.left(one)])
        return
    if overrides:
        raise InputError(
            "A resumed fleet has its own values.",
            remedy="Leave out -p and --target, or leave out --resume.",
            who="You.",
        )
    # A worker that was killed can still be ending in a row's folder.
    rows = [row for row in record.rows if (one := record.state(row)) == "stopped" or (not failed and one != "done")]
    _carry_out([Dispatch(record, home, record.notebooks, {}, options.per_subscription)], options, rows)


def _carry_out(passes: Sequence[Dispatch], options: Options, rows: Sequence[Row]) -> None:
    """Run the rows, show what became of them, and end with the exit code."""
    from ...record.run_file import RunFile
    from .progress import Progress
    from .workers import executor

    record, progress = passes[0].record, Progress()
    file = RunFile(record.folder)
    code = interrupts.INTERRUPTED_EXIT_CODE
    with file.running():
        file.update(began=now(), exit_code=None)
        try:
            workers = options.workers or (0 if options.scheduler else WORKERS)
            with executor(workers, options.scheduler) as (pool, limit):
                for number, one in enumerate(passes):
                    again = [row for row in rows if not number or record.left(row)]
                    one.run(again, pool, limit, progress)
            code = _code(record, rows)
        finally:
            progress.end()
            file.update(ended=now(), exit_code=code)
            _show(record, options)
    if code:
        sys.exit(code)


def _code(record: FleetRecord, rows: Sequence[Row]) -> int:
    codes = [record.ended[row.name].code for row in rows if row.name in record.ended]
    return next((code for code in codes if code), 0)


def _show(record: FleetRecord, options: Options) -> None:
    from .progress import counted, table

    if options.as_json:
        say(json.dumps(record.as_json(), indent=2, ensure_ascii=False))
        return
    lines = [record.line(row) for row in record.rows]
    for text in (*table(lines), f"\n{counted(lines)}. Record: {record.folder}"):
        say(text)


def _plan(found: Fleet, options: Options) -> None:
    """Show what each row would do, each as if it were the only one."""
    from ..plan import SOMETHING_TO_DO, plan_of

    listed, changes, error = list[dict[str, Any]](), set[tuple[str, str]](), None
    for row in found.rows:
        run = prepared(found.notebooks, row.values)
        steps, _ = plan_of(run, None)
        of_row = [change for one in steps for change in one.plan.changes]
        changes |= {(one.action, one.resource_id.lower()) for one in of_row}
        stopped = next((one.error for one in steps if one.error), None)
        error = error or stopped
        plans = [{"notebook": one.notebook, **one.plan.as_json()} for one in steps]
        listed.append({"row": row.name, "changes": len(of_row), "error": str(stopped or ""), "steps": plans})
        if not options.as_json:
            say("\n".join([row.name, *(f"  {one.action} {one.kind} {one.name}" for one in of_row)]))
            say(f"  Something is in the way: {stopped}\n" if stopped else "")
    if options.as_json:
        said = {"changes": len(changes), "rows": listed}
        say(json.dumps(said, indent=2, ensure_ascii=False, default=str))
    else:
        say(f"{len(changes)} changes in all. Nothing was done." if changes else "Nothing to do.")
    if error:
        raise error
    if changes:
        sys.exit(SOMETHING_TO_DO)


def _start_sandbox(rows: Sequence[Row]) -> None:
    if any(row.subscription[0] == "sandbox" for row in rows):
        sandbox.start(sandbox.default_home())
