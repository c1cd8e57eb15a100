"""One labeled control per parameter, with its help, its hint, and the reason why it is disabled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from ..parameters import Parameters
from ..steps.core.step import Choice
from .style import MessageTone, message, paragraph

HIDDEN_TAB = "Run"
"""The tab of parameters about how the notebook runs. They apply before a form appears, so no form shows them."""


@dataclass(frozen=True)
class Spec:
    """What the form needs to know about a parameter, from its pydantic field."""

    name: str
    title: str
    help: str
    tab: str
    widget: str
    depends: tuple[str, ...] = ()
    required: bool = False


def specs(model: type[Parameters]) -> list[Spec]:
    """Return the parameters that a form shows, in the model's order."""
    found = []
    for name, info in model.model_fields.items():
        extra: Any = info.json_schema_extra or {}
        if extra.get("tab", HIDDEN_TAB) != HIDDEN_TAB:
            # Where a text has a default, empty doesn't mean "not given", so it can't be left empty.
            required = isinstance(info.default, str) and bool(info.default)
            widget, depends = extra["widget"], tuple(extra.get("depends", ()))
            found.append(
                Spec(name, info.title or name, info.description or "", extra["tab"], widget, depends, required)
            )
    return found


class Field(ABC):
    """Base of the controls. `changed` is called after each keystroke or choice, on any thread."""

    def __init__(self, spec: Spec, value: Any, changed: Callable[[Any], None]) -> None:
        self.spec = spec
        self._changed = changed
        self._busy = False
        self._disabled_reason = ""
        self._hint_text = widgets.HTML()
        self._disabled_text = widgets.HTML()
        self._error = ""
        self._hint: tuple[MessageTone, str] = ("good", "")
        self.control = self.build(value)
        if spec.required:
            self.control.add_class("rb-required")
        below = [*([widgets.HTML(paragraph(spec.help))] if spec.help else []), self._hint_text, self._disabled_text]
        for part in below:
            part.add_class("rb-under")
        self.box = widgets.VBox([self.control, *below])
        self.box.add_class("rb-field")
        self.box.add_class(f"rb-{spec.widget}")

    @abstractmethod
    def build(self, value: Any) -> Any:
        """Make the control."""

    @property
    def value(self) -> Any:
        """The current input, as the parameter takes it."""
        return self.control.value

    @property
    def control_error(self) -> str:
        """What is wrong with the input, apart from the parameter's own rules. Empty if nothing is."""
        return ""

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer values to choose from. Raises TypeError if the field has no list."""
        raise TypeError(f"{self.spec.name} has no list to choose from")

    def show_error(self, text: str) -> None:
        """Show what is wrong with the value, in place of any hint. Empty if nothing is."""
        self._error = text
        self._show()

    def show_hint(self, tone: MessageTone, text: str) -> None:
        """Show what Azure says about the value."""
        self._hint = (tone, text)
        self._show()

    def disable(self, reason: str) -> None:
        """Disable the field and say why. An empty reason enables it."""
        self._disabled_reason = reason
        self._disabled_text.value = message("warning", reason)
        self._lock()

    @property
    def disabled(self) -> bool:
        """True while there is a reason to disable the field."""
        return bool(self._disabled_reason)

    def busy(self, busy: bool) -> None:
        """Lock the field while the step runs. A disabled field stays disabled afterwards."""
        self._busy = busy
        self._lock()

    def _show(self) -> None:
        tone: MessageTone = "bad" if self._error else self._hint[0]
        text = self._error or self._hint[1]
        self._hint_text.value = message(tone, text)
        (self.control.add_class if tone == "bad" and text else self.control.remove_class)("rb-invalid")

    def _lock(self) -> None:
        self.control.disabled = self._busy or self.disabled


class TextField(Field):
    """A line of text."""

    def build(self, value: Any) -> Any:
        """Make the control."""
        control = widgets.Text(value=str(value), description=self.spec.title, continuous_update=True, style=_LABEL)
        control.observe(self._changed, "value")
        return control


class FlagField(Field):
    """A check box. A disabled one counts as cleared, as in the portal."""

    def build(self, value: Any) -> Any:
        """Make the control."""
        control = widgets.Checkbox(value=_as_bool(value), description=self.spec.title, indent=False)
        control.observe(self._changed, "value")
        return control

    @property
    def value(self) -> bool:
        """True if the box is checked and enabled."""
        return bool(self.control.value) and not self.disabled


class ChoiceField(Field):
    """A list to choose one value from.

    A given value never changes silently: if it isn't on offer, it stays in the list and is marked.
    """

    def build(self, value: Any) -> Any:
        """Make the control, with only the given value until the list is known."""
        self._given = str(value)
        self._offered: Sequence[Choice] = ()
        options = [(self._given or "Loading …", self._given)]
        control = widgets.Dropdown(options=options, value=self._given, description=self.spec.title, style=_LABEL)
        control.observe(self._changed, "value")
        return control

    @property
    def control_error(self) -> str:
        """Say so if the value isn't in the list."""
        known = not self._offered or any(choice.value == self.value for choice in self._offered)
        return "" if known else f"{self.value!r} isn't available here. Choose one from the list."

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer these values and keep the current one. An empty value means the first."""
        if not choices:
            return
        self._offered = choices
        wanted = self.value
        options = [(choice.label, choice.value) for choice in choices]
        chosen = _find(wanted, choices)
        if chosen is None and wanted:
            options.insert(0, (f"{wanted} (not offered)", wanted))
        # New options select their first entry. That goes unnoticed, because handlers wait for the main loop.
        self.control.options = options
        self.control.value = chosen.value if chosen else wanted or options[0][1]


class SuggestField(Field):
    """A line of text with suggestions."""

    def build(self, value: Any) -> Any:
        """Make the control."""
        self._offered: Sequence[Choice] = ()
        control = widgets.Combobox(
            value=str(value), description=self.spec.title, ensure_option=False, continuous_update=True, style=_LABEL
        )
        control.observe(self._changed, "value")
        return control

    @property
    def value(self) -> str:
        """The chosen suggestion's value, or else the text as typed."""
        typed = str(self.control.value)
        return next((choice.value for choice in self._offered if choice.label == typed), typed)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Suggest these values below the text."""
        chosen = next((choice for choice in self._offered if choice.label == self.control.value), None)
        # A suggestion that was chosen from an earlier list keeps its value.
        self._offered = [*choices, *([chosen] if chosen and chosen not in choices else [])]
        self.control.options = tuple(choice.label for choice in choices)


class TagsField(Field):
    """Rows of a name and a value, always with an empty row at the end."""

    def build(self, value: Any) -> Any:
        """Make the rows."""
        pairs = value.items() if isinstance(value, dict) else _pairs(str(value))
        self._rows: list[tuple[Any, Any]] = []
        control = widgets.VBox()
        control.add_class("rb-box")
        self._rows_disabled = False
        for name, text in [*pairs, ("", "")]:
            self._add(control, name, text)
        return control

    @property
    def value(self) -> dict[str, str]:
        """The tags, without empty rows."""
        return dict(self._filled())

    @property
    def control_error(self) -> str:
        """Say so if a name is used twice: as a mapping, one of the two would be lost."""
        names = [name for name, _ in self._filled()]
        twice = next((name for name in names if names.count(name) > 1), None)
        return f"You've used the name {twice!r} more than once. Use each name once." if twice else ""

    def grow(self) -> None:
        """Add an empty row if the last one is in use. Call it on the main loop."""
        name, text = self._rows[-1]
        if name.value or text.value:
            self._add(self.control, "", "")

    def _filled(self) -> list[tuple[str, str]]:
        pairs = [(name.value.strip(), text.value.strip()) for name, text in self._rows]
        return [(name, text) for name, text in pairs if name or text]

    def _add(self, box: Any, name: str, text: str) -> None:
        row = [widgets.Text(value=str(name), description="Name"), widgets.Text(value=str(text), description="Value")]
        for part in row:
            part.disabled = self._rows_disabled
            part.observe(self._changed, "value")
        self._rows.append((row[0], row[1]))
        line = widgets.HBox(row)
        line.add_class("rb-row")
        box.children = (*box.children, line)

    def _lock(self) -> None:
        self._rows_disabled = self._busy or self.disabled
        for part in (part for row in self._rows for part in row):
            part.disabled = self._rows_disabled


KINDS: dict[str, type[Field]] = {
    "text": TextField,
    "number": TextField,
    "choice": ChoiceField,
    "suggest": SuggestField,
    "search": SuggestField,
    "flag": FlagField,
    "tags": TagsField,
}
"""The control of each kind of parameter."""

_LABEL = {"description_width": "180px"}


def _find(wanted: str, choices: Sequence[Choice]) -> Choice | None:
    """Return the choice with this value or label, ignoring case and spaces."""
    meant = _normalized(wanted)
    return next((choice for choice in choices if meant in (_normalized(choice.value), _normalized(choice.label))), None)


def _normalized(text: str) -> str:
    return text.replace(" ", "").casefold()


def _as_bool(value: Any) -> bool:
    # `runbook run -p` passes text, which a form must read as pydantic does.
    return value.strip().lower() in ("true", "1", "yes", "on", "t", "y") if isinstance(value, str) else bool(value)


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in text.replace("\n", ",").split(",") if part.strip()]
    return [(name.strip(), value.strip()) for name, _, value in parts]
