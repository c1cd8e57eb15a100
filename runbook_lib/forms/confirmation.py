"""What you have to agree to before a destructive plan runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..steps.core.results import Plan


class Confirmation:
    """A check box below the plan, hidden unless the plan destroys something.

    `changed` is called, on any thread, when the box is checked or cleared. Call methods on the main loop.
    """

    def __init__(self, changed: Callable[[Any], None]) -> None:
        self._plan: Plan | None = None
        self._box = widgets.Checkbox(value=False, indent=False)
        self._box.observe(changed, "value")
        self.widget = widgets.VBox([self._box])
        for name in ("rb-field", "rb-flag", "rb-confirmation"):
            self.widget.add_class(name)
        self.reset()

    @property
    def agreed(self) -> Plan | None:
        """The plan that the person has agreed to."""
        return self._plan if self._box.value else None

    @property
    def missing(self) -> bool:
        """True while agreement is needed and hasn't been given."""
        return self._plan is not None and not self._box.value

    def ask(self, plan: Plan) -> None:
        """Ask for agreement if the plan destroys something. Earlier answers don't count."""
        self.reset()
        if plan.confirmation:
            self._plan = plan
            self._box.description = f"Yes: {plan.confirmation}"
            self.widget.layout.display = ""

    def reset(self) -> None:
        """Forget the plan and the answer."""
        self._plan = None
        self._box.value = False
        self.widget.layout.display = "none"

    def busy(self, busy: bool) -> None:
        """Lock the box while the step runs."""
        self._box.disabled = busy
