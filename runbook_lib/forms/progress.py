"""Progress of a running step: a bar, the current phase with its time, and a button to stop waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..display.cards import escape
from .dispatcher import MainLoopDispatcher

TICK_SECONDS = 0.5


class ProgressLine:
    """The bar, its text and the Stop button. Call methods on the main loop."""

    def __init__(self, dispatcher: MainLoopDispatcher, stop: Callable[[], object]) -> None:
        self._dispatcher = dispatcher
        self._text = widgets.HTML()
        self._bar = widgets.FloatProgress(min=0, max=1)
        self._stop = stop
        self.button = widgets.Button(tooltip="Azure finishes what it has started. To continue, run this again.")
        self.button.on_click(dispatcher.handler(self._stop_waiting))
        row = widgets.HBox([self._text, self.button], layout=widgets.Layout(align_items="center"))
        self.widget = widgets.VBox([self._bar, row])
        self.widget.add_class("rb-progress")
        self._phase = ""
        self._usual = 0.0
        self._since = 0.0
        self.hide()

    def phase(self, text: str, usual_seconds: float, since: float) -> None:
        """Show a phase that began at `since`, in the main loop's time."""
        idle = not self._phase
        self._phase, self._usual, self._since = text, usual_seconds, since
        # `display`, because `visibility` would leave a gap.
        self.widget.layout.display = ""
        self._bar.layout.display = "" if usual_seconds else "none"
        self._tick() if idle else self._draw()

    def hide(self) -> None:
        """Hide everything: nothing is running."""
        self._phase = ""
        self.widget.layout.display = "none"
        self._set_button("Stop waiting", disabled=False)

    def _stop_waiting(self) -> None:
        self._set_button("Stopping \N{HORIZONTAL ELLIPSIS}", disabled=True)
        self._stop()

    def _set_button(self, text: str, *, disabled: bool) -> None:
        self.button.description, self.button.disabled = text, disabled

    def _tick(self) -> None:
        if self._phase:
            self._draw()
            self._dispatcher.call_later(TICK_SECONDS, self._tick)

    def _draw(self) -> None:
        elapsed = self._dispatcher.time() - self._since
        times = f"{elapsed:.0f} s" + (f", on Azure usually about {self._usual:.0f} s" if self._usual else "")
        # Only the phase has a role: a screen reader would announce the seconds endlessly.
        html = f'<span role="status">{escape(self._phase)}</span> <span class="rb-help">({times})</span>'
        self._set(self._text, html)
        # The bar never fills up before the work is done.
        self._set(self._bar, min(elapsed / self._usual, 0.95) if self._usual else 0)

    @staticmethod
    def _set(widget: Any, value: Any) -> None:
        if widget.value != value:
            widget.value = value
