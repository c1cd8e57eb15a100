"""Says at once that the guide starts: loading it and signing in can take seconds, during which a cell shows nothing.

It imports next to nothing itself.
"""

from __future__ import annotations

from typing import Any

from IPython.display import HTML, display

from .errors import RunbookError
from .mode import detect_mode

TEXT = "Starting: loading the guide and signing in. This usually takes 1 to 3 seconds \N{HORIZONTAL ELLIPSIS}"
_shown: list[Any] = []


def begin() -> None:
    """Show a line to a person, unless it's there already. `take` says what replaces it."""
    try:
        guided = detect_mode() == "guided"
    except RunbookError:  # the one who asks for the mode later says what is wrong
        return
    if guided and not _shown:
        line = HTML(f'<div role="status">{TEXT}</div>')  # type: ignore[no-untyped-call]
        _shown.append(display(line, display_id=True))  # type: ignore[no-untyped-call]


def take() -> Any:
    """Return the display of the line, for something that takes its place; None if there's none."""
    return _shown.pop() if _shown else None


def end() -> None:
    """Remove the line."""
    if handle := take():
        handle.update(HTML(""))  # type: ignore[no-untyped-call]
