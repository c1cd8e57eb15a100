"""The `runbook` command."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import sandbox
from ..errors import BUG_EXIT_CODE, InputError, RunbookError, SandboxUnavailable
from ..record.redaction import redact
from . import interrupts, machine
from .evidence import evidence, verify
from .fleet.command import fleet
from .output import clean, say_error
from .plan import SOMETHING_TO_DO, plan
from .run import lab, run
from .runs import runs_group
from .sandbox import sandbox_group
from .sign_out import sign_out
from .workshop import workshop_group

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
    SOMETHING_TO_DO: "`runbook plan`: there is something to do",
    BUG_EXIT_CODE: "our own bug",
    74: "this machine couldn't: the disk is full, or too many files are open",
    130: "interrupted with Ctrl+C",
    141: "nobody reads the output any longer, as after | head",
}
"""What each exit code means."""

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
      runbook plan       show what that would do, and do nothing
    """


runbook.add_command(lab)
runbook.add_command(run)
runbook.add_command(plan)
runbook.add_command(fleet)
runbook.add_command(runs_group)
runbook.add_command(sandbox_group)
runbook.add_command(workshop_group)
runbook.add_command(evidence)
runbook.add_command(verify)
runbook.add_command(sign_out)


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
    if isinstance(error, sandbox.ApprovalFailed):
        remedy = "Give the code that the client shows now, and a name from `runbook sandbox status`."
        return _fail_with(InputError(str(error), remedy=remedy))
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
