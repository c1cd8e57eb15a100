"""What the console script calls. It's ready for Ctrl+C before the rest is imported, which takes a moment."""

import os

# The module `signal` imports the whole of `enum`, and every millisecond counts here.
from _signal import SIG_IGN, SIGINT, getsignal, signal  # type: ignore[import-not-found]
from os import _exit as end_now

INTERRUPTED = 130
MACHINE_FAILED = 74


def run() -> None:
    """Run the command `runbook`, and end the process with its exit code."""
    if getsignal(SIGINT) is not SIG_IGN:  # as it is for jobs in the background
        signal(SIGINT, _leave)
    try:
        from .main import main
    except (OSError, ImportError, MemoryError) as error:
        _leave_unstarted(error)
    main()
    if getsignal(SIGINT) is not SIG_IGN:
        signal(SIGINT, _leave)


def _leave(_number: int, _frame: object) -> None:
    """End at once. Nothing has been started yet, or everything is done."""
    end_now(INTERRUPTED)


def _leave_unstarted(error: BaseException) -> None:
    """End because Python couldn't load us: too few file handles, no memory, or a broken installation."""
    cause = error.__context__ if isinstance(error.__context__, OSError) else error
    os.write(2, f"The runbook command couldn't start: {cause}\n".encode("utf-8", "backslashreplace"))
    end_now(MACHINE_FAILED)
