"""Shows a fleet while it runs and when it's done: a live table on a terminal, a line per event elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...display.plain import one_line
from ..output import clean

COLUMNS = ("row", "state", "notebooks", "seconds", "result")
_UP_AND_CLEAR = "\x1b[{}F\x1b[J"
_MARGIN = 4
"""Lines of the terminal that the table leaves free."""
_ACTIVE_FIRST = ("running", "stopped", "interrupted", "done", "waiting")

Line = Mapping[str, Any]


class Progress:
    """A table that is drawn over itself, on the stream for errors, so that the output stays for the result."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._height = 0
        self._states: dict[str, tuple[str, str]] = {}

    def show(self, lines: Sequence[Line]) -> None:
        """Show the state of all rows."""
        if self._live:
            self._draw(lines)
            return
        for line in lines:
            state = (str(line["state"]), str(line["notebooks"]))
            if state != self._states.get(line["row"]) and line["seconds"]:
                result = f": {line['result']}" if line["result"] else ""
                self._write(clean(one_line(f"{line['row']} {state[0]}, {state[1]} notebooks{result}", 300)) + "\n")
            self._states[line["row"]] = state

    def end(self) -> None:
        """Take a live table away: the summary follows."""
        if self._live and self._height:
            self._write(_UP_AND_CLEAR.format(self._height))
        self._height = 0

    def _draw(self, lines: Sequence[Line]) -> None:
        width, height = shutil.get_terminal_size()
        shown = sorted(lines, key=lambda line: _ACTIVE_FIRST.index(line["state"]))[: max(1, height - _MARGIN)]
        texts = [*table(shown), counted(lines)]
        self.end()
        self._write("".join(f"{text[: width - 1]}\n" for text in texts))
        self._height = len(texts)

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def counted(lines: Sequence[Line]) -> str:
    """Say how many rows are in which state: `3 done, 1 stopped`."""
    states = [str(line["state"]) for line in lines]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))


def table(lines: Sequence[Line]) -> list[str]:
    """Return the rows as a table, a line each, with what would steer a terminal spelled out."""
    cells = [COLUMNS, *(tuple(clean(one_line(str(line[name]), 120)) for name in COLUMNS) for line in lines)]
    widths = [max(len(one[number]) for one in cells) for number in range(len(COLUMNS))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(one, widths, strict=True)).rstrip() for one in cells]


class Stopwatch:
    """How long each row has run in this attempt."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began: dict[str, float] = {}
        self._took: dict[str, float] = {}

    def start(self, row: str) -> None:
        """Begin to count for a row."""
        self._began[row] = self._now()

    def stop(self, row: str) -> None:
        """Keep what it took."""
        self._took[row] = self._now() - self._began[row]

    def seconds(self, row: str) -> str:
        """Return whole seconds as text; empty for a row that hasn't run."""
        if row not in self._began:
            return ""
        return f"{self._took.get(row, self._now() - self._began[row]):.0f}"
