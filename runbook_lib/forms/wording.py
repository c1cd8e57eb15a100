"""Speaks to a person of a form's fields, where a machine's message names parameters."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from ..display.cards import Block, Card, Table
from ..parameters import Parameters
from .fields import HIDDEN_TAB

OUTSIDE = "in the cell with the parameters"
"""Where a person finds a parameter without a field."""


def worded(card: Card, model: type[Parameters]) -> Card:
    """Return a card whose sentences name the fields of a form of `model`. What can be copied stays as it is."""
    told = partial(_told, model=model)
    return replace(
        card,
        rows=[(name, told(value)) for name, value in card.rows],
        tables=[_worded(block, model) for block in card.tables],
        notes=[told(note) for note in card.notes],
    )


def _worded(block: Block, model: type[Parameters]) -> Block:
    if not isinstance(block, Table):
        return block
    return replace(block, rows=tuple(tuple(_told(cell, model) for cell in row) for row in block.rows))


def _told(text: str, model: type[Parameters]) -> str:
    if " " not in text:  # a name of something in Azure
        return text
    for name, info in model.model_fields.items():
        if "_" not in name:  # an English word, such as role
            continue
        extra: object = info.json_schema_extra or {}
        hidden = not isinstance(extra, dict) or extra.get("tab", HIDDEN_TAB) == HIDDEN_TAB
        field = f"{name} ({OUTSIDE})" if hidden else f"“{info.title}”"
        if info.annotation is bool and not hidden:
            text = re.sub(rf"\bSet {name} to true\b", f"Tick {field}", text)
            text = re.sub(rf"\bset {name} to true\b", f"tick {field}", text)
        text = re.sub(rf"(?<![\w-]){name}\b(?!=)", field, text)
    return text
