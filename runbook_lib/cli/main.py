"""The `runbook` command."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .. import sandbox
from ..display.plain import one_line
from ..errors import BUG_EXIT_CODE, InputError, RunbookError, SandboxUnavailable
from ..record.important_values import JSON_FILE
from .sandbox import sandbox_group

if TYPE_CHECKING:
    from .headless import NotebookFailed

EXIT_CODES = {
    0: "everything done and verified",
    2: "wrong input: a value, a name, an option",
    3: "missing permission: the message names the action, the scope and who can grant it",
    4: "refused by Azure for another reason, explained",
    5: "timed out: run the same command again to continue",
    6: "sign-in needed, failed or expired",
    7: "no answer from Azure or the sandbox",
    BUG_EXIT_CODE: "our own bug",
    130: "interrupted with Ctrl+C",
}
"""What each exit code means."""

_EXIT_CODE_HELP = "\b\nExit codes:\n" + "\n".join(f"  {code:3}  {text}" for code, text in EXIT_CODES.items())


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=_EXIT_CODE_HELP)
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
    click.echo(f"Sandbox   running, proxy {running.proxy_url}")
    click.echo(f"Notebooks {working_copy(home)}")
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

    began = time.monotonic()
    given = _given_once([*parameter, *([("target", target)] if target else [])])
    values: dict[str, Any] = (read_setup_file(setup_file) if setup_file else {}) | given
    home = sandbox.default_home()
    folder = (run_dir or home / "runs" / f"{datetime.now():%Y%m%d-%H%M%S}").resolve()
    plan = prepare([find(name) for name in notebooks] or NOTEBOOKS, values, folder)
    on_sandbox = plan.values.get("target", "sandbox") == "sandbox"
    if on_sandbox:
        running = sandbox.start(home)
        click.echo(f"Sandbox at {running.proxy_url} (nothing leaves this machine)")
    try:
        execute(plan, click.echo)
    finally:
        _print_summary(folder, on_sandbox)
    click.echo(f"Done in {time.monotonic() - began:.0f} s.")


def _given_once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise InputError(f"The parameter {one_line(name, 40)} is given twice.", remedy="Remove one of the two.")
        values[name] = value
    return values


def _print_summary(folder: Path, on_sandbox: bool) -> None:
    """Print the values to keep, the folder of the record, and how to open the guide."""
    values_file = folder / JSON_FILE
    if values_file.exists():
        click.echo("\nValues to keep and share")
        for name, value in json.loads(values_file.read_text("utf-8")).items():
            click.echo(f"  {name:<26} {value}")
    click.echo(f"\nExecuted notebooks and record: {folder}")
    if on_sandbox:
        click.echo("The same guide, interactively:  runbook lab      (from a clone: python3 -m uv run runbook lab)")


runbook.add_command(sandbox_group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and turn any error into a readable message and an exit code."""
    try:
        runbook.main(args=None if arguments is None else list(arguments), prog_name="runbook", standalone_mode=False)
    except click.exceptions.Abort:
        _fail("Interrupted. To continue where it stopped, run the same command again.", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(InputError.exit_code)
    except RunbookError as error:
        _fail_with(error)
    except sandbox.SandboxError as error:
        _fail_with(SandboxUnavailable(str(error)))
    except Exception as error:
        _fail_with_bug(error)


def _fail_with(error: RunbookError) -> None:
    from .headless import NotebookFailed

    if isinstance(error, NotebookFailed):
        _fail_with_notebook(error)
    _fail(str(error), error.exit_code)


def _fail_with_notebook(error: NotebookFailed) -> None:
    text = f"\n{error.notebook.name} stopped.\n{error.message}\nThe notebook up to that point: {error.output}"
    if error.status == BUG_EXIT_CODE:
        text = f"{text}\n{error.cause_name} wasn't explained. This is a bug in the runbook."
    _fail(text, error.status)


def _fail_with_bug(error: Exception) -> None:
    log_file = sandbox.default_home() / "runbook.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log_file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("runbook")
    log.addHandler(handler)
    log.exception("the runbook command failed")
    log.removeHandler(handler)
    handler.close()
    _fail(
        f"This is a bug in the runbook: {type(error).__name__}: {error}\nThe details are in {log_file}{os.linesep}"
        "Please report them. They contain no secrets.",
        BUG_EXIT_CODE,
    )


def _fail(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)
