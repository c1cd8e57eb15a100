"""The commands that open the guide, and that run it headlessly."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .. import sandbox
from ..display.plain import one_line
from ..errors import InputError
from ..record.important_values import JSON_FILE, labeled
from . import interrupts, machine
from .output import say
from .secrets import Secret, refuse_secrets, search_files, secrets_of

if TYPE_CHECKING:
    from ..guide import Notebook
    from ..record.run_file import RunFile
    from .headless import Run
    from .kernels import KeptKernel

CLOCK_STEP = 2
"""Seconds. The time of a file is as coarse on some file systems."""
AZURE_DEFAULT = 3
"""How many notebooks run on Azure when none is named: the article. The others cost money or change networks."""

F = TypeVar("F", bound=Callable[..., Any])


class Folder(click.Path):
    """A folder. An empty name, as from a variable that isn't set, would be the current one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if value == "":
            self.fail("The name of the folder is empty. Name one, or leave out the option.", param, ctx)
        return super().convert(value, param, ctx)


RUN_DIR = click.option(
    "--run-dir",
    type=Folder(path_type=Path, file_okay=False),
    help="Folder for the run's record. Default: a new one in the runbook's own folder.",
)


def setup_options(command: F) -> F:
    """Give a command what says which notebooks to run with which values."""
    for decorate in (
        click.option("--target", type=click.Choice(["sandbox", "azure"]), help="Where to run. Default: sandbox."),
        click.option(
            "-p",
            "--parameter",
            nargs=2,
            multiple=True,
            metavar="NAME VALUE",
            help="A parameter. It overrides the file.",
        ),
        click.option("-f", "--file", "setup_file", type=click.Path(path_type=Path), help="YAML file with parameters."),
        click.argument("notebooks", nargs=-1),
    ):
        command = decorate(command)
    return command


@click.command()
@click.argument("notebook", default="")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="JupyterLab's port (default: the first free one from 8888)."
)
@click.option("--browser/--no-browser", default=True, help="Open a browser window, or only print the address.")
@RUN_DIR
@click.option("--resume", is_flag=True, help="Continue the record of the last `runbook lab`.")
@click.option("--join", "address", metavar="ADDRESS", help="Join a class, at the address that its board shows.")
@click.option("--as", "name", metavar="NAME", help="The name that your trainer sees.")
@click.option("--personal", metavar="CODE", default="", help="Your personal code, to join on a second machine.")
@click.option("--yes", is_flag=True, help="Join without being asked.")
def lab(notebook: str, port: int | None, browser: bool, run_dir: Path | None, resume: bool, **joining: Any) -> None:
    """Open the guide in JupyterLab, at its first notebook or at NOTEBOOK.

    Starts the sandbox if it isn't running. You work on copies of the notebooks, in your own folder. What you do there
    is recorded in a folder of its own, unless you continue an earlier one. Once you've joined a class, every lab on
    this machine reports to it, until you run `runbook workshop leave` or the class ends.

    \b
    Examples:
      runbook lab 01-create-instance
      runbook lab --resume
      runbook lab --join http://192.0.2.7:46136/K7QM-2XPA --as Ada
    """
    from ..guide import working_copy
    from ..record.run_file import RunFile
    from .joining import in_class, join
    from .lab import open_lab
    from .runs import lab_folder

    home = sandbox.default_home()
    member = join(home, **joining)
    folder = lab_folder(home, run_dir, resume=resume)
    machine.check_folder(folder)
    record = RunFile(folder)
    with record.running():
        record.update(kind="lab", began=now())
        running = sandbox.start(home)
        say(f"Sandbox   running, proxy {running.proxy_url}")
        say(f"Notebooks {working_copy(home)}")
        say(f"Record    {folder}")
        say("Begin     in the notebook, choose Run > Run All Cells, and fill in the forms that appear")
        with in_class(home, folder, member) as variables:
            code = open_lab(home, folder, notebook, port=port, browser=browser, variables=variables)
    sys.exit(code)


@click.command()
@setup_options
@RUN_DIR
@click.option("--resume", is_flag=True, help="Continue the last unfinished run, or the one in --run-dir.")
@click.option("--plan-only", is_flag=True, help="Show what it would do, as `runbook plan` does, and do nothing.")
def run(
    notebooks: tuple[str, ...],
    setup_file: Path | None,
    parameter: tuple[tuple[str, str], ...],
    target: str | None,
    run_dir: Path | None,
    resume: bool,
    plan_only: bool,
) -> None:
    """Run the guide headlessly: all of it, or only the NOTEBOOKS you name.

    On Azure, without names, it runs what the article does: 00, 01 and 02. You can repeat it safely: it finds what
    already exists and creates nothing twice.

    \b
    Examples:
      runbook run
      runbook run -p instance_name plant-7 -p region northeurope
      runbook run -f setup.yaml --target azure 01-create-instance
      runbook run --resume
    """
    from ..record.run_file import new_folder
    from .plan import show_plan
    from .runs import earlier

    values = given_values(setup_file, parameter, target)
    secrets = secrets_of()
    refuse_secrets({**values, "-f": setup_file, "--run-dir": run_dir, "NOTEBOOK": list(notebooks)}, secrets)
    home, done = sandbox.default_home(), tuple[str, ...]()
    if resume:
        run_dir, notebooks, values, done = earlier(home, run_dir, notebooks, values)
    if plan_only:
        left = [one for one in notebooks if one not in done] if resume else notebooks
        show_plan(left, values, run_dir, as_json=False)
        return
    plan = prepared(notebooks, values)
    folder = (run_dir or new_folder(home / "runs")).absolute()
    machine.check_folder(folder)
    _carry_out(replace(plan, folder=folder, done=done), values, secrets)


def _carry_out(plan: Run, values: Mapping[str, Any], secrets: Sequence[Secret]) -> None:
    """Run the notebooks, and show what came of it."""
    from .terminal import Watch

    began, watch = time.monotonic(), Watch(say)
    on_sandbox = plan.values.get("target", "sandbox") == "sandbox"
    if on_sandbox:
        running = sandbox.start(sandbox.default_home())
        say(f"Sandbox at {running.proxy_url} (nothing leaves this machine)")
    with recorded(plan, values, secrets, watch.say) as execute:
        try:
            with watch:
                execute(plan.done)
        finally:
            _print_summary(plan.folder, on_sandbox)
    say(f"Done in {time.monotonic() - began:.0f} s.")


@contextmanager
def recorded(
    plan: Run,
    values: Mapping[str, Any],
    secrets: Sequence[Secret],
    tell: Callable[[str], None],
    *,
    kernel: KeptKernel | None = None,
    patience: float = 0,
) -> Iterator[Callable[[Sequence[str]], None]]:
    """Give the block what runs the notebooks, except those done, and leave a record: what was asked for, how it ended.

    Holds the run's folder. Raises InputError if another process still does after `patience` seconds.
    """
    from ..record.run_file import RunFile
    from .headless import execute

    since = time.time() - CLOCK_STEP
    record = RunFile(plan.folder)

    def run(done: Sequence[str]) -> None:
        with _ending(record, plan.notebooks, values, done, tell) as finished:
            execute(replace(plan, done=done, finished=finished), tell, kernel)

    with record.running(patience):
        try:
            yield run
        finally:
            search_files(plan.folder, secrets, since)


def given_values(setup_file: Path | None, parameter: Sequence[tuple[str, str]], target: str | None) -> dict[str, Any]:
    """Return the parameters from a file and the command line. Raises InputError."""
    from .setup_file import read_setup_file

    given: dict[str, str] = {}
    for name, value in [*parameter, *([("target", target)] if target else [])]:
        if name in given:
            raise InputError(f"The parameter {one_line(name, 40)} is given twice.", remedy="Remove one of the two.")
        given[name] = value
    return (read_setup_file(setup_file) if setup_file else {}) | given


def prepared(notebooks: Sequence[str], values: Mapping[str, Any]) -> Run:
    """Return the notebooks to run with checked values: those named, or what the target runs by default."""
    from ..guide import NOTEBOOKS, find
    from .headless import prepare

    on_azure = values.get("target") == "azure"
    default = NOTEBOOKS[:AZURE_DEFAULT] if on_azure else NOTEBOOKS
    return prepare([find(name) for name in notebooks] or default, values)


@contextmanager
def _ending(
    record: RunFile,
    notebooks: Sequence[Notebook],
    values: Mapping[str, Any],
    done: Sequence[str],
    tell: Callable[[str], None],
) -> Iterator[Callable[[str], None]]:
    """Record what the run was asked for, what it has done, and how it ended; then seal its evidence."""
    names, finished = [one.name for one in notebooks], [*done]
    record.update(kind="run", began=now(), notebooks=names, values=dict(values), done=finished, exit_code=None)

    def finish(name: str) -> None:
        finished.append(name)
        record.update(done=finished)

    code = 0
    try:
        yield finish
    except BaseException as error:
        code = interrupts.INTERRUPTED_EXIT_CODE if interrupts.pressed() else machine.exit_code_of(error)
        raise
    finally:
        record.update(ended=now(), exit_code=code)
        _write_evidence(record.folder, tell)


def now() -> str:
    """Return the time, as records have it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="seconds")


def _print_summary(folder: Path, on_sandbox: bool) -> None:
    """Print the values to keep, the folder of the record, and how to open the guide."""
    if values := labeled(folder / JSON_FILE):
        say("\nValues to keep and share")
        for name, value in values.items():
            say(f"  {one_line(name):<26} {one_line(value)}")
    say(f"\nExecuted notebooks and record: {folder}")
    if on_sandbox:
        say("The same guide, interactively:  runbook lab      (from a clone: python3 -m uv run runbook lab)")


def _write_evidence(folder: Path, tell: Callable[[str], None]) -> None:
    """Seal the record of a run, also of one that failed."""
    from ..record.evidence import write_evidence

    tell(f"Evidence of the run: {write_evidence(folder)}")
