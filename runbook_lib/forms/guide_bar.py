"""Where you are in the guide: its notebooks, what is done according to the record, and what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .. import notices
from ..azure.resource_ids import group_of, name_of
from ..display.cards import escape
from ..guide import NOTEBOOKS, Notebook
from ..record.journal import Journal

State = Literal["done", "unfinished", "open"]
_MARKS: Mapping[State, str] = {"done": "✓", "unfinished": "!", "open": "○"}
_FIRST, _LAST = NOTEBOOKS[0], NOTEBOOKS[-1]
_ITEM = "display:inline-block;margin:0 14px 4px 0;white-space:nowrap"


class GuideBar:
    """The bar of one notebook. What it shows is read from the record each time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        events = self._journal.events()
        states = self._states(events)
        return {"text/plain": self.text(states), "text/html": notices.as_html(notices.said(events)) + self.html(states)}

    def text(self, states: Mapping[str, State] | None = None) -> str:
        """Return the bar as text. `states` spares reading the record once more."""
        states = states or self._states()
        return " · ".join(f"{_MARKS[states[one.name]]} {one.name}" for one in NOTEBOOKS) + f"\n{self._next(states)}"

    def html(self, states: Mapping[str, State] | None = None) -> str:
        """Return the bar as a list of links, for the front end to open in place."""
        states = states or self._states()
        items = "".join(
            f'<li style="{_ITEM}"><span aria-hidden="true">{_MARKS[states[one.name]]}</span> {link(one)}'
            f"{_said(states[one.name])}</li>"
            for one in NOTEBOOKS
        )
        steps = f'<ol style="list-style:none;margin:0;padding:0">{items}</ol>'
        return f'<nav aria-label="Steps of this setup">{steps}<small>{escape(self._next(states))}</small></nav>'

    def _states(self, events: Sequence[Mapping[str, Any]] | None = None) -> dict[str, State]:
        events = self._journal.events() if events is None else events
        return states(events, {step for step, _ in self._journal.unfinished_by()})

    def _next(self, states: Mapping[str, State]) -> str:
        instance = self._journal.current_setup()
        about = f"This setup: {name_of(instance)} in {group_of(instance)}. " if instance else "No instance yet. "
        broken = [one for one in NOTEBOOKS if states[one.name] == "unfinished"]
        if broken:
            return f"{about}Unfinished: {broken[0].name}. Run it again: it continues."
        if states[_LAST.name] == "done":
            return "Cleaned up. 01-create-instance starts again."
        to_come = [one for one in NOTEBOOKS if states[one.name] == "open" and not one.optional]
        return f"{about}Next: {to_come[0].name}." if to_come else f"{about}All done. {_LAST.name} removes it."


def states(events: Sequence[Mapping[str, Any]], unfinished: set[str]) -> dict[str, State]:
    """Return the state of each notebook of the set-up that a run is about now, from its events."""
    done: set[str] = set()
    for event in events:
        step = str(event["step"])
        if event["event"] == "apply":
            if step not in _LAST.steps:
                done = (done - {*_LAST.steps}) | {step}
            elif event["outcome"].get("made") and event["outcome"].get("tone") != "warning":
                # Without confirmation it only looks, and a warning says that something stayed.
                done = (done & {*_FIRST.steps}) | {step}
        elif event["event"] == "trainer" and event["kind"] == "reset" and not event.get("about"):
            done.clear()
        elif event["event"] == "setup":  # another instance: only what every setup shares counts for it
            done &= {*_FIRST.steps, step}
    return {one.name: _state(one, done, unfinished) for one in NOTEBOOKS}


def link(notebook: Notebook, attributes: str = "") -> str:
    """Return a link to another notebook, which stands beside this one. `attributes` are more of HTML's."""
    return f'<a href="{notebook.name}.ipynb"{attributes}>{notebook.name[:2]} {escape(notebook.title)}</a>'


def following(step_id: str) -> Notebook | None:
    """Return the notebook after the one that ends with this step; None if there is none."""
    here = next((number for number, one in enumerate(NOTEBOOKS) if step_id == one.steps[-1]), len(NOTEBOOKS))
    return NOTEBOOKS[here + 1] if here + 1 < len(NOTEBOOKS) else None


def _state(notebook: Notebook, done: set[str], unfinished: set[str]) -> State:
    if unfinished & {*notebook.steps}:
        return "unfinished"
    return "done" if done & {*notebook.steps} else "open"


def _said(state: State) -> str:
    # The mark alone says nothing to a screen reader.
    return "" if state == "open" else f" <small>({state})</small>"
