"""The `runbook` command."""

from __future__ import annotations

import io
import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import sandbox
from ..display.plain import one_line
from ..errors import BUG_EXIT_CODE, InputError, RunbookError, SandboxUnavailable
from ..record.important_values import JSON_FILE, labeled
from ..record.journal import redact
from . import interrupts, machine
from .evidence import evidence, verify
from .output import clean, say, say_error
from .sandbox import sandbox_group
from .secrets import refuse_secrets, search_files, secrets_of

if TYPE_CHECKING:
    from .headless import NotebookFailed

EXIT_CODES = {
    0: "everything done and verified",
    2: "wrong input: a value, a name, an option, a file, a folder",
    3: "missing permission: the message names the action, the scope and who can grant it",
    4: "refused by Azure for another reason, explained",
    5: "timed out: run the same command again to continue",
    6: "sign-in needed, failed or expired",
    7: "no answer from Azure or the sandbox",
    8: "a secret of the environment stands in what the run wrote",
    BUG_EXIT_CODE: "our own bug",
    74: "this machine couldn't: the disk is full, or too many files are open",
    130: "interrupted with Ctrl+C",
    141: "nobody reads the output any longer, as after | head",
}
"""What each exit code means."""

CLOCK_STEP = 2
"""Seconds. The time of a file is as coarse on some file systems."""

_EXIT_CODE_HELP = "\b\nExit codes:\n" + "\n".join(f"  {code:3}  {text}" for code, text in EXIT_CODES.items())


class _Root(click.Group):
    """Tells an ended pipe from other errors, before click ends the process with 1."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **options)
        except BrokenPipeError as error:  # help and version are printed while arguments are read
            raise machine.OutputEnded from error

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError as error:
            raise machine.OutputEnded from error


@click.group(
    cls=_Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=_EXIT_CODE_HELP,
)
@click.version_option(package_name="adt-setup-runbook")
def runbook() -> None:
    """Set up an Azure Digital Twins instance and its user access, guided in JupyterLab or headless.

    \b
    Example:
      runbook lab        open the guide in JupyterLab, on the local sandbox
      runbook run        run the whole guide headlessly, from start to verification
    """


@runbook.command()
@click.argument("notebook", default="")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="JupyterLab's port (default: the first free one from 8888)."
)
@click.option("--browser/--no-browser", default=True, help="Open a browser window, or only print the address.")
def lab(notebook: str, port: int | None, browser: bool) -> None:
    """Open the guide in JupyterLab, at its first notebook or at NOTEBOOK.

    Starts the sandbox if it isn't running. You work on copies of the notebooks, in your own folder.

    \b
    Example:
      runbook lab 01-create-instance
    """
    from ..guide import working_copy
    from .lab import open_lab

    home = sandbox.default_home()
    running = sandbox.start(home)
    say(f"Sandbox   running, proxy {running.proxy_url}")
    say(f"Notebooks {working_copy(home)}")
    sys.exit(open_lab(home, notebook, port=port, browser=browser))


@runbook.command()
@click.argument("notebooks", nargs=-1)
@click.option("-f", "--file", "setup_file", type=click.Path(path_type=Path), help="YAML file with parameters.")
@click.option(
    "-p", "--parameter", nargs=2, multiple=True, metavar="NAME VALUE", help="One parameter. It overrides the file."
)
@click.option("--target", type=click.Choice(["sandbox", "azure"]), help="Where to run. Default: sandbox.")
@click.option("--run-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder for the run's record.")
def run(
    notebooks: tuple[str, ...],
    setup_file: Path | None,
    parameter: tuple[tuple[str, str], ...],
    target: str | None,
    run_dir: Path | None,
) -> None:
    """Run the guide headlessly: all of it, or only the NOTEBOOKS you name.

    You can repeat it safely. It finds what already exists and creates nothing twice.

    \b
    Examples:
      runbook run
      runbook run -p instance_name plant-7 -p region northeurope
      runbook run -f setup.yaml --target azure 01-create-instance
    """
    from ..guide import NOTEBOOKS, find
    from .headless import execute, prepare
    from .setup_file import read_setup_file

    began, since = time.monotonic(), time.time() - CLOCK_STEP
    given = _given_once([*parameter, *([("target", target)] if target else [])])
    values: dict[str, Any] = (read_setup_file(setup_file) if setup_file else {}) | given
    secrets = secrets_of()
    refuse_secrets({**values, "-f": setup_file, "--run-dir": run_dir, "NOTEBOOK": list(notebooks)}, secrets)
    home = sandbox.default_home()
    folder = (run_dir or home / "runs" / f"{datetime.now():%Y%m%d-%H%M%S}").absolute()
    plan = prepare([find(name) for name in notebooks] or NOTEBOOKS, values, folder)
    machine.check_folder(folder)
    on_sandbox = plan.values.get("target", "sandbox") == "sandbox"
    if on_sandbox:
        running = sandbox.start(home)
        say(f"Sandbox at {running.proxy_url} (nothing leaves this machine)")
    try:
        execute(plan, say)
    finally:
        try:
            _print_summary(folder, on_sandbox)
            _write_evidence(folder)
        finally:
            search_files(folder, secrets, since)
    say(f"Done in {time.monotonic() - began:.0f} s.")


def _given_once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise InputError(f"The parameter {one_line(name, 40)} is given twice.", remedy="Remove one of the two.")
        values[name] = value
    return values


def _print_summary(folder: Path, on_sandbox: bool) -> None:
    """Print the values to keep, the folder of the record, and how to open the guide."""
    if values := labeled(folder / JSON_FILE):
        say("\nValues to keep and share")
        for name, value in values.items():
            say(f"  {one_line(name):<26} {one_line(value)}")
    say(f"\nExecuted notebooks and record: {folder}")
    if on_sandbox:
        say("The same guide, interactively:  runbook lab      (from a clone: python3 -m uv run runbook lab)")


def _write_evidence(folder: Path) -> None:
    """Seal the record of a run, also of one that failed."""
    from ..record.evidence import write_evidence

    if folder.exists():
        say(f"Evidence of the run: {write_evidence(folder)}")


runbook.add_command(sandbox_group)
runbook.add_command(evidence)
runbook.add_command(verify)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and turn any error into a readable message and an exit code."""
    with machine.private_files(), machine.quiet_libraries(), interrupts.watched():
        code = _run(arguments)
    if code:
        sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    """Run the command and return its exit code. Nothing but a second Ctrl+C gets past it."""
    try:
        machine.open_standard_streams()
        runbook.main(args=None if arguments is None else list(arguments), prog_name="runbook", standalone_mode=False)
        machine.flush_output()
        code = 0
    except BaseException as error:
        code = _explain(error)
    finally:
        interrupts.end_kernels()
    machine.drop_output()
    return interrupts.INTERRUPTED_EXIT_CODE if interrupts.pressed() else code


def _explain(error: BaseException) -> int:
    """Say what happened, and return the exit code."""
    if interrupts.pressed() or isinstance(error, KeyboardInterrupt):
        say_error("Interrupted. To continue where it stopped, run the same command again.")
        return interrupts.INTERRUPTED_EXIT_CODE
    if isinstance(error, machine.OutputEnded):
        return machine.OUTPUT_ENDED_EXIT_CODE
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, click.exceptions.Abort):  # the end of the input, at a question
        return _fail_with(InputError("Not confirmed: nothing was done.", remedy="Answer yes, or add --yes."))
    if isinstance(error, click.ClickException):
        shown = io.StringIO()
        error.show(file=shown)
        say_error(shown.getvalue().rstrip())
        return InputError.exit_code
    if isinstance(error, RunbookError):
        return _fail_with(error)
    if explained := machine.explain(error):
        return _fail_with(explained)
    if isinstance(error, sandbox.HomeUnknown):
        return _fail_with(InputError(str(error), remedy="Set RUNBOOK_HOME to a folder, or unset it."))
    if isinstance(error, sandbox.SandboxError):
        return _fail_with(SandboxUnavailable(str(error)))
    return _fail_with_bug(error)


def _fail_with(error: RunbookError) -> int:
    from .headless import NotebookFailed

    if isinstance(error, NotebookFailed):
        return _fail_with_notebook(error)
    say_error(str(error))
    return error.exit_code


def _fail_with_notebook(error: NotebookFailed) -> int:
    text = f"\n{error.notebook.name} stopped.\n{error.message}\nThe notebook up to that point: {error.output}"
    if error.status == BUG_EXIT_CODE:
        text = f"{text}\n{error.cause_name} wasn't explained. This is a bug in the runbook."
    say_error(text)
    return error.status


def _fail_with_bug(error: BaseException) -> int:
    text = f"This is a bug in the runbook: {type(error).__name__}: {error}"
    with suppress(OSError, RuntimeError):  # our message counts, wherever the log could be written or not
        log_file = _log_bug(error)
        text += f"\nThe details are in {log_file}{os.linesep}Please report them. They contain no secrets."
    say_error(text)
    return BUG_EXIT_CODE


def _log_bug(error: BaseException) -> Path:
    log_file = sandbox.default_home() / "runbook.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log_file, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(_Clean("%(asctime)s %(message)s"))
    log = logging.getLogger("runbook")
    log.addHandler(handler)
    try:
        log.error("the runbook command failed", exc_info=error)
    finally:
        log.removeHandler(handler)
        handler.close()
    return log_file


class _Clean(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(str(redact(super().format(record))))
