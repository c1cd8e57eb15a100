"""The fields of a step on their tabs. Each keystroke shows at once what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from ..parameters import problems
from ..steps.core.step import Step
from .composite_fields import KINDS, CompositeField
from .dispatcher import MainLoopDispatcher
from .fields import Field, specs
from .live_checks import LiveChecks
from .wording import OUTSIDE


class Form:
    """The fields of one step. The last tab holds `review`, a widget that the caller provides.

    `values` are the fields' initial values. `changed` is called when a value changes or another tab opens. Call methods
    on the main loop.
    """

    def __init__(
        self,
        step: Step[Any, Any],
        values: Mapping[str, Any],
        review: Any,
        dispatcher: MainLoopDispatcher,
        changed: Callable[[], None],
    ) -> None:
        self._model = step.parameters_type
        self._given = dict(values)
        self._dispatcher = dispatcher
        self._changed = changed
        self._touched: set[str] = set()
        self.fields: dict[str, Field] = {}
        for spec in specs(self._model):
            value = values.get(spec.name, self._model.model_fields[spec.name].default)
            self.fields[spec.name] = KINDS[spec.widget](spec, value, self._handler(spec.name))
        self._settled = False
        """True once all fields were reviewed. Until then, a search that isn't finished doesn't count as an error."""
        self._last_values = {name: field.value for name, field in self.fields.items()}
        self.live_checks = LiveChecks(step, self, dispatcher)
        self._names = list(dict.fromkeys(field.spec.tab for field in self.fields.values()))
        self.tabs = self._lay_out(f"Review + {step.action_label.lower()}", review)
        self._validate()

    @property
    def values(self) -> dict[str, Any]:
        """All values of the step: those in the fields, and the given values of parameters without a field.

        A field that doesn't matter has its default: what nobody sees must not stand in anybody's way.
        """
        visible = self._visible
        unseen = {name: self._model.model_fields[name].default for name in self.fields if name not in visible}
        return self._given | {name: field.value for name, field in visible.items()} | unseen

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with the values, by field, without asking Azure."""
        own = {name: field.control_error for name, field in self._visible.items() if field.control_error}
        return problems(self._model, self.values) | own

    @property
    def all_problems(self) -> dict[str, str]:
        """What is wrong, by field, including values that Azure rejects."""
        rejected = {name: text for name, text in self.live_checks.rejected.items() if name in self._visible}
        return {**rejected, **self.problems}

    @property
    def at_review(self) -> bool:
        """True while the last tab is open."""
        return bool(self.tabs.selected_index == len(self._names))

    @property
    def _visible(self) -> dict[str, Field]:
        shown = {name: field.value for name, field in self.fields.items()}
        return {name: field for name, field in self.fields.items() if field.spec.matters(shown)}

    def describe(self, name: str) -> str:
        """Name a field by its label and tab."""
        field = self.fields.get(name)
        return f"{field.spec.title} ({field.spec.tab})" if field else f"{name} ({OUTSIDE})"

    def go(self, tabs: int) -> None:
        """Move that many tabs forward; a negative number moves back."""
        self.tabs.selected_index = min(max(self.tabs.selected_index + tabs, 0), len(self._names))

    def go_to_review(self) -> None:
        """Open the last tab."""
        self.tabs.selected_index = len(self._names)

    def next_title(self) -> str:
        """Return the title of the next tab. It is empty on the last one."""
        following: int = self.tabs.selected_index + 1
        return [*self._names, "Review", ""][following]

    def busy(self, busy: bool) -> None:
        """Lock the fields while the step runs."""
        for field in self.fields.values():
            field.busy(busy)

    def show_all_errors(self, further: Mapping[str, str] | None = None) -> None:
        """Show the errors of all fields, even those not edited yet, and `further` errors found elsewhere."""
        self._settled = True
        self._touched.update(self.fields)
        self._validate(further)

    def on_answer(self, name: str) -> None:
        """Respond to an answer from Azure that may have changed a field."""
        field = self.fields[name]
        same = self._last_values[name] == field.value
        self._last_values[name] = field.value
        self._validate()
        if not same:
            self._changed()

    def propose(self, name: str, value: str) -> bool:
        """Put a value in place of a default, unless a person has been there already. Tells whether it did."""
        field = self.fields[name]
        if name in self._touched or field.value != self._last_values[name]:
            return False
        field.control.value = value
        self.on_answer(name)
        return True

    def _handler(self, name: str) -> Callable[[Any], None]:
        return self._dispatcher.handler(lambda: self._on_change(name))

    def _on_change(self, name: str) -> None:
        field = self.fields[name]
        if isinstance(field, CompositeField):
            field.arrange()
        if field.value == self._last_values[name]:  # set by the program, or two events in one
            return
        self._last_values[name] = field.value
        self._touched.add(name)
        self._settled = False
        self.live_checks.field_changed(name)
        self._validate()
        self._changed()

    def _validate(self, further: Mapping[str, str] | None = None) -> None:
        wrong, visible = {**(further or {}), **self.problems}, self._visible
        for name, field in self.fields.items():
            # Don't complain about fields that haven't been edited, unless the control itself reports an error.
            field.show_error(wrong.get(name, "") if name in self._touched or field.control_error else "")
            field.box.layout.display = "" if name in visible else "none"
        self._retitle({name: text for name, text in self.all_problems.items() if not self._being_searched(name)})

    def _being_searched(self, name: str) -> bool:
        searching = name in self.fields and self.fields[name].spec.widget == "search"
        return searching and not self._settled and name in self.live_checks.rejected

    def _retitle(self, wrong: Mapping[str, str]) -> None:
        titles = []
        for tab in self._names:
            count = sum(1 for name in wrong if name in self.fields and self.fields[name].spec.tab == tab)
            shown = count and any(name in self._touched for name in wrong)
            titles.append(f"{tab} · {count} to fix" if shown else tab)
        titles.append(self.tabs.titles[-1])
        if list(self.tabs.titles) != titles:
            self.tabs.titles = titles

    def _lay_out(self, review_title: str, review: Any) -> Any:
        pages = [
            widgets.VBox([field.box for field in self.fields.values() if field.spec.tab == tab]) for tab in self._names
        ]
        for page in pages:
            page.add_class("rb-box")
        tabs = widgets.Tab(children=[*pages, review], titles=[*self._names, review_title], selected_index=0)
        tabs.observe(self._dispatcher.handler(self._changed), "selected_index")
        return tabs
