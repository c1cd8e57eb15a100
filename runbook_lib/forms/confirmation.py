"""What you have to agree to before a destructive plan runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..steps.core.results import Plan


class Confirmation:
    """A check box below the plan, hidden unless the plan destroys something or is the first to change Azure.

    `changed` is called, on any thread, when the box is checked or cleared. Call methods on the main loop.
    """

    def __init__(self, changed: Callable[[Any], None], places: set[str]) -> None:
        self._places = places
        """Where on Azure a person has agreed to change things, in this kernel."""
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
        """Ask for agreement if the plan destroys something, to which earlier answers don't count, or where it acts."""
        self.reset()
        new_place = bool(plan.changes) and plan.place not in self._places and plan.place
        if plan.confirmation or new_place:
            self._plan = plan
            parts = [plan.confirmation, f"this changes Azure: {plan.place}" if plan.place else ""]
            self._box.description = f"Yes: {' And '.join(filter(None, parts))}"
            self.widget.layout.display = ""

    def keep(self) -> None:
        """Remember where a person has agreed to change things."""
        if self._plan and self._box.value:
            self._places.add(self._plan.place)

    def reset(self) -> None:
        """Forget the plan and the answer."""
        self._plan = None
        self._box.value = False
        self.widget.layout.display = "none"

    def busy(self, busy: bool) -> None:
        """Lock the box while the step runs."""
        self._box.disabled = busy
