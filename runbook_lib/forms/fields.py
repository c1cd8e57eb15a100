"""One labeled control per parameter, with its help, its hint, and the reason why it is disabled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets

from ..parameters import Parameters
from ..steps.core.step import Choice
from .style import MessageTone, message, paragraph

MANY = 15
"""A longer list can be searched."""
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
    when: Mapping[str, Any] = field(default_factory=dict)
    """With which values of other fields the form shows this one. True stands for any value that isn't empty."""

    def matters(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the form shows the parameter; fields that it doesn't have make no difference."""
        return all(
            bool(values[name]) if wanted is True else values[name] == wanted
            for name, wanted in self.when.items()
            if name in values
        )


def specs(model: type[Parameters]) -> list[Spec]:
    """Return the parameters that a form shows, in the model's order."""
    found = []
    for name, info in model.model_fields.items():
        extra: Any = info.json_schema_extra or {}
        if extra.get("tab", HIDDEN_TAB) != HIDDEN_TAB:
            # Where a text has a default, empty doesn't mean "not given", so it can't be left empty.
            required = isinstance(info.default, str) and bool(info.default)
            help_text = extra.get("form", info.description or "")
            depends, when = tuple(extra.get("depends", ())), extra.get("when", {})
            found.append(
                Spec(name, info.title or name, help_text, extra["tab"], extra["widget"], depends, required, when)
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
            self.input.add_class("rb-required")
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
    def input(self) -> Any:
        """The part of the control that the label and the message belong to."""
        return self.control

    @property
    def control_error(self) -> str:
        """What is wrong with the input, apart from the parameter's own rules. Empty if nothing is."""
        return ""

    @property
    def note(self) -> str:
        """What to say about the input while there is neither an error nor a hint."""
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

    @property
    def is_free(self) -> bool:
        """True while the hint says nothing, or only what is waited for."""
        return not self._hint[1] or self._hint[0] in ("busy", "waiting")

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
        tone, text = self._hint
        if self._error:
            tone, text = "bad", self._error
        self._hint_text.value = message(tone, text) if text else message("busy", self.note)
        (self.input.add_class if tone == "bad" and text else self.input.remove_class)("rb-invalid")

    def _lock(self) -> None:
        self.control.disabled = self._busy or self.disabled


class TextField(Field):
    """A line of text."""

    def build(self, value: Any) -> Any:
        """Make the control."""
        control = widgets.Text(value=str(value), description=self.spec.title, continuous_update=True, style=LABEL)
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
    """A list to choose one value from. Above a long one is a line to type what its entries contain.

    A given value never changes silently: if it isn't on offer, it stays in the list and is marked.
    """

    def __init__(self, spec: Spec, value: Any, changed: Callable[[Any], None]) -> None:
        super().__init__(spec, value, changed)
        self.search = widgets.Text(placeholder="Type a part of the name or id to search", continuous_update=True)
        self.search.observe(lambda _: self._fill(), "value")

    def build(self, value: Any) -> Any:
        """Make the control, with only the given value until the list is known."""
        self._given = str(value)
        self._offered: Sequence[Choice] = ()
        options = [(self._given or "Loading …", self._given)]
        control = widgets.Dropdown(options=options, value=self._given, description=self.spec.title, style=LABEL)
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
        searched = len(choices) > MANY
        others = [part for part in self.box.children if part is not self.search]
        self.box.children = [self.search, *others] if searched else others
        if not searched:
            self.search.value = ""
        self._fill()

    def _fill(self) -> None:
        """List what fits the search, and the current value in any case."""
        wanted, typed = self.value, self.search.value.strip().lower()
        chosen = find_choice(wanted, self._offered)
        fitting = [
            choice
            for choice in self._offered
            if choice is chosen or typed in choice.label.lower() or typed in choice.value.lower()
        ]
        options = [(choice.label, choice.value) for choice in fitting]
        if chosen is None and wanted:
            options.insert(0, (f"{wanted} (not offered)", wanted))
        # New options select their first entry. That goes unnoticed, because handlers wait for the main loop.
        self.control.options = options
        self.control.value = chosen.value if chosen else wanted or (options[0][1] if options else "")

    def _lock(self) -> None:
        super()._lock()
        self.search.disabled = self.control.disabled


class SuggestField(Field):
    """A line of text with suggestions."""

    def build(self, value: Any) -> Any:
        """Make the control."""
        self._offered: Sequence[Choice] = ()
        control = widgets.Combobox(
            value=str(value), description=self.spec.title, ensure_option=False, continuous_update=True, style=LABEL
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


LABEL = {"description_width": "180px"}


def find_choice(wanted: str, choices: Sequence[Choice]) -> Choice | None:
    """Return the choice with this value or label, ignoring case and spaces."""
    meant = _normalized(wanted)
    return next((choice for choice in choices if meant in (_normalized(choice.value), _normalized(choice.label))), None)


def _normalized(text: str) -> str:
    return text.replace(" ", "").casefold()


def _as_bool(value: Any) -> bool:
    # `runbook run -p` passes text, which a form must read as pydantic does.
    return value.strip().lower() in ("true", "1", "yes", "on", "t", "y") if isinstance(value, str) else bool(value)
