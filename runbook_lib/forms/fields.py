"""One labelled control per parameter, with its help, what is said about it, and why it is greyed out."""

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
"""Parameters of this tab say how the notebook runs; they are settled before a form exists."""


@dataclass(frozen=True)
class Spec:
    """What the form knows of one parameter, from its pydantic field."""

    name: str
    title: str
    help: str
    tab: str
    widget: str
    depends: tuple[str, ...] = ()
    required: bool = False


def specs(model: type[Parameters]) -> list[Spec]:
    """Return the fields that a form shows, in the order of the model."""
    found = []
    for name, info in model.model_fields.items():
        extra: Any = info.json_schema_extra or {}
        if extra.get("tab", HIDDEN_TAB) != HIDDEN_TAB:
            # A text with a default that is not empty must not be left empty: empty never means "not given" there.
            required = isinstance(info.default, str) and bool(info.default)
            widget, depends = extra["widget"], tuple(extra.get("depends", ()))
            found.append(
                Spec(name, info.title or name, info.description or "", extra["tab"], widget, depends, required)
            )
    return found


class Field(ABC):
    """Base of the controls. `changed` is called after each keystroke or choice, on whatever thread the kernel likes."""

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
        self.control.add_class("rb-required") if spec.required else None
        under = [*([widgets.HTML(paragraph(spec.help))] if spec.help else []), self._hint_text, self._disabled_text]
        for part in under:
            part.add_class("rb-under")
        self.box = widgets.VBox([self.control, *under])
        self.box.add_class("rb-field")
        self.box.add_class(f"rb-{spec.widget}")

    @abstractmethod
    def build(self, value: Any) -> Any:
        """Make the control."""

    @property
    def value(self) -> Any:
        """What is entered now, as the parameter takes it."""
        return self.control.value

    @property
    def control_error(self) -> str:
        """Say what is wrong with the control itself, before any rule of the parameter; empty when nothing is."""
        return ""

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer values to choose from. Raises TypeError when the field is none to choose in."""
        raise TypeError(f"{self.spec.name} is not a field to choose in")

    def show_error(self, text: str) -> None:
        """Show what is wrong with the value; it hides what was said about it before. Empty: nothing is wrong."""
        self._error = text
        self._show()

    def show_hint(self, tone: MessageTone, text: str) -> None:
        """Show what Azure says of the value."""
        self._hint = (tone, text)
        self._show()

    def disable(self, reason: str) -> None:
        """Grey the field out and say why; empty frees it."""
        self._disabled_reason = reason
        self._disabled_text.value = message("warning", reason)
        self._lock()

    @property
    def disabled(self) -> bool:
        """True while the field is greyed out for a reason."""
        return bool(self._disabled_reason)

    def busy(self, busy: bool) -> None:
        """Lock the field while the step runs. One that is greyed out stays so afterwards."""
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
    """A check box. One that is greyed out counts as not ticked, as in the portal."""

    def build(self, value: Any) -> Any:
        """Make the control."""
        control = widgets.Checkbox(value=_as_bool(value), description=self.spec.title, indent=False)
        control.observe(self._changed, "value")
        return control

    @property
    def value(self) -> bool:
        """Whether the box is ticked and may be."""
        return bool(self.control.value) and not self.disabled


class ChoiceField(Field):
    """A list of which one is chosen.

    What was given is never changed silently: a value that is not offered stays in the list, marked as such.
    """

    def build(self, value: Any) -> Any:
        """Make the control, with nothing but the given value until the list is known."""
        self._given = str(value)
        self._offered: Sequence[Choice] = ()
        options = [(self._given or "Loading …", self._given)]
        control = widgets.Dropdown(options=options, value=self._given, description=self.spec.title, style=_LABEL)
        control.observe(self._changed, "value")
        return control

    @property
    def control_error(self) -> str:
        """Say that the value is not in the list."""
        known = not self._offered or any(choice.value == self.value for choice in self._offered)
        return "" if known else f"{self.value!r} cannot be chosen here. Choose one from the list."

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer these; keep what was chosen. An empty value means the first."""
        if not choices:
            return
        self._offered = choices
        wanted = self.value
        options = [(choice.label, choice.value) for choice in choices]
        chosen = _find(wanted, choices)
        if chosen is None and wanted:
            options.insert(0, (f"{wanted} (not offered)", wanted))
        # New options choose the first of them by themselves; nobody sees that, as handlers wait for the main loop.
        self.control.options = options
        self.control.value = chosen.value if chosen else wanted or options[0][1]


class SuggestField(Field):
    """A line of text with a list to choose from; a text of one's own is fine too."""

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
        """The chosen entry's value, or the text as it was typed."""
        typed = str(self.control.value)
        return next((choice.value for choice in self._offered if choice.label == typed), typed)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer these below the text."""
        chosen = next((choice for choice in self._offered if choice.label == self.control.value), None)
        # What was chosen from an earlier list keeps its meaning.
        self._offered = [*choices, *([chosen] if chosen and chosen not in choices else [])]
        self.control.options = tuple(choice.label for choice in choices)


class TagsField(Field):
    """Rows of a name and a value. There is always an empty one at the end."""

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
        """The tags, without the rows that are empty."""
        return dict(self._filled())

    @property
    def control_error(self) -> str:
        """Say that a name is there twice; as a mapping it would be lost."""
        names = [name for name, _ in self._filled()]
        twice = next((name for name in names if names.count(name) > 1), None)
        return f"The name {twice!r} is there more than once. Give each name once." if twice else ""

    def grow(self) -> None:
        """Add an empty row when the last one is in use. On the main loop only."""
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
    """Return the entry that was meant, by its value or its label, in any case and with or without blanks."""
    meant = _normalized(wanted)
    return next((choice for choice in choices if meant in (_normalized(choice.value), _normalized(choice.label))), None)


def _normalized(text: str) -> str:
    return text.replace(" ", "").casefold()


def _as_bool(value: Any) -> bool:
    # `runbook run -p` hands texts over; a form must read them as pydantic does.
    return value.strip().lower() in ("true", "1", "yes", "on", "t", "y") if isinstance(value, str) else bool(value)


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in text.replace("\n", ",").split(",") if part.strip()]
    return [(name.strip(), value.strip()) for name, _, value in parts]
