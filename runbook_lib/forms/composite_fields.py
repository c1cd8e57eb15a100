"""Controls of several parts: a resource group, which can be new, and tags."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from ..parameters import naming_rules
from ..steps.core.step import Choice
from .fields import LABEL, ChoiceField, Field, FlagField, SuggestField, TextField, find_choice
from .style import message

_NEW = "\n"
"""Stands for a new name in the list. No resource group is named like that."""


class CompositeField(Field):
    """Base of these controls."""

    @abstractmethod
    def arrange(self) -> None:
        """Show the parts that the input needs now. Call it on the main loop."""


class GroupField(CompositeField):
    """A list of the existing resource groups, and *Create new* with a name, as in the portal."""

    def build(self, value: Any) -> Any:
        """Make the list, with only the given value until the list is known."""
        given = str(value)
        self._offered: Sequence[Choice] | None = None
        options = [(given or "Loading …", given), ("Create new …", _NEW)]
        self.list = widgets.Dropdown(options=options, value=given, description=self.spec.title, style=LABEL)
        self.new = widgets.Text(value=given, description="Name of the new one", continuous_update=True, style=LABEL)
        self.new.layout.display = "none"
        for part in (self.list, self.new):
            part.observe(self._changed, "value")
        control = widgets.VBox([self.list, self.new])
        control.add_class("rb-box")
        return control

    @property
    def input(self) -> Any:
        """The name, if it's a new one; otherwise the list."""
        return self.new if self.list.value == _NEW else self.list

    @property
    def value(self) -> str:
        """The resource group's name."""
        return str(self.input.value)

    @property
    def note(self) -> str:
        """Say whether the resource group exists."""
        if self._offered is None:
            return ""
        there = find_choice(self.value.strip(), self._offered)
        if self.list.value != _NEW:
            return "It exists already." if there else ""
        return f"{there.value} exists already, and is used as it is." if there else "It's new."

    def arrange(self) -> None:
        """Show the name while *Create new* is chosen."""
        self.new.layout.display = "" if self.list.value == _NEW else "none"
        self.list.remove_class("rb-invalid")
        self._show()

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer the existing groups. A given name that none of them has is a new one."""
        wanted, self._offered = self.value, choices
        chosen = find_choice(wanted, choices) if self.list.value != _NEW else None
        self.list.options = [*((choice.label, choice.value) for choice in choices), ("Create new …", _NEW)]
        self.list.value = chosen.value if chosen else _NEW
        if not chosen:
            self.new.value = wanted
        self.arrange()

    def _lock(self) -> None:
        self.list.disabled = self.new.disabled = self._busy or self.disabled


@dataclass(frozen=True)
class _Row:
    """One tag."""

    name: Any
    text: Any
    delete: Any
    error: Any
    box: Any

    @property
    def pair(self) -> tuple[str, str]:
        return self.name.value.strip(), self.text.value.strip()

    def show_error(self, text: str) -> None:
        self.error.value = message("bad", text)
        self.error.layout.display = "" if text else "none"
        for part in (self.name, self.text):
            (part.add_class if text else part.remove_class)("rb-invalid")


class TagsField(CompositeField):
    """Rows of a name and a value, each with its error and a button to delete it. The last row is always empty."""

    def build(self, value: Any) -> Any:
        """Make the rows."""
        pairs = value.items() if isinstance(value, dict) else _pairs(str(value))
        self._row_disabled = False
        self.rows: list[_Row] = [self._row(str(name), str(text)) for name, text in [*pairs, ("", "")]]
        control = widgets.VBox([row.box for row in self.rows])
        control.add_class("rb-box")
        return control

    @property
    def value(self) -> dict[str, str]:
        """The tags, without empty rows."""
        return dict(row.pair for row in self.rows if any(row.pair))

    @property
    def control_error(self) -> str:
        """Return the first row's error. As a mapping, a name that is used twice would be lost."""
        return next(filter(None, self._errors()), "")

    def arrange(self) -> None:
        """Remove the rows that were deleted, and add an empty one if the last is in use."""
        if not self.rows or any(self.rows[-1].pair):
            self.rows.append(self._row("", ""))
        kept = [row.box for row in self.rows]
        gone = [box for box in self.control.children if box not in kept]
        self.control.children = kept
        for box in gone:
            box.close()

    def _show(self) -> None:
        errors = self._errors()
        for row, error in zip(self.rows, errors, strict=True):
            row.show_error(error if self._error else "")
        self._hint_text.value = message("bad", "" if any(errors) else self._error)

    def _errors(self) -> list[str]:
        counted = Counter(row.pair[0].casefold() for row in self.rows)
        return [_row_error(*row.pair, counted[row.pair[0].casefold()]) for row in self.rows]

    def _row(self, name: str, text: str) -> _Row:
        delete = widgets.Button(description="Delete")
        inputs = widgets.Text(value=name, description="Name"), widgets.Text(value=text, description="Value")
        error = widgets.HTML(layout=widgets.Layout(display="none"))
        line = widgets.HBox([*inputs, delete])
        line.add_class("rb-row")
        row = _Row(*inputs, delete, error, widgets.VBox([line, error]))
        row.box.add_class("rb-tag")
        for part in inputs:
            part.observe(self._changed, "value")
        delete.on_click(lambda _: self._delete(row))
        self._lock_row(row)
        return row

    def _delete(self, row: _Row) -> None:
        # On any thread: the main loop removes the row's widgets.
        self.rows = [one for one in self.rows if one is not row]
        self._changed(None)

    def _lock_row(self, row: _Row) -> None:
        for part in (row.name, row.text, row.delete):
            part.disabled = self._row_disabled

    def _lock(self) -> None:
        self._row_disabled = self._busy or self.disabled
        for row in self.rows:
            self._lock_row(row)


KINDS: dict[str, type[Field]] = {
    "text": TextField,
    "number": TextField,
    "choice": ChoiceField,
    "suggest": SuggestField,
    "search": SuggestField,
    "group": GroupField,
    "flag": FlagField,
    "tags": TagsField,
}
"""The control of each kind of parameter."""


def _row_error(name: str, text: str, times: int) -> str:
    if not name:
        return f"The tag with the value {text!r} has no name. Give it one." if text else ""
    if times > 1:
        return f"You've used the name {name!r} more than once. Use each name once."
    return " ".join(naming_rules.tag(name, text))


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in text.replace("\n", ",").split(",") if part.strip()]
    return [(name.strip(), value.strip()) for name, _, value in parts]
