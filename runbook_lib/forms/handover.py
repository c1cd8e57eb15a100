"""Hands a plan over to a machine: its values as a setup file, and the command that runs it without a form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..display.cards import Listing
from ..guide import Notebook
from ..steps.core.results import Plan
from ..steps.core.step import Step

_ONLY_HERE = ("mode",)
"""Parameters that say how this notebook runs, not what it does."""

_AGREEMENTS = ("confirm_clean_up", "confirm")
"""Parameters that agree in advance to what a plan destroys."""


def handover(notebook: Notebook, step: Step[Any, Any], plan: Plan) -> Listing:
    """Return the setup file and the command, to expand below a plan."""
    text = (
        f"{setup_file(notebook, step, plan)}\n"
        f"# As Bicep, ARM template, Terraform, Bash or PowerShell: {command(notebook, 'plan')} --as bicep\n"
        f"# Save this as setup.yaml, then run: {command(notebook)}"
    )
    return Listing("The same without a form: setup.yaml and the command", text, folded=True)


def setup_file(notebook: Notebook, step: Step[Any, Any], plan: Plan) -> str:
    """Return the values that differ from the defaults, as YAML that `runbook run -f` takes."""
    fields = notebook.parameters.model_fields
    # Validated, so that each value has its standard spelling.
    values = {name: value for name, value in step.parameters.model_dump().items() if name in fields}
    said_below = _AGREEMENTS if plan.confirmation else ()
    lines = [
        _entry(name, value)
        for name, value in values.items()
        if name not in (*_ONLY_HERE, *said_below) and value != fields[name].get_default(call_default_factory=True)
    ]
    if plan.confirmation:
        agrees = next(name for name in _AGREEMENTS if name in fields)
        lines.append(f"{agrees}: true  # agrees to everything that the plan destroys\n")
    return "".join(lines) or "# All values are the defaults.\n"


def command(notebook: Notebook, verb: str = "run") -> str:
    """Return the command that runs or plans the notebook with the setup file."""
    return f"runbook {verb} -f setup.yaml {notebook.name}"


def _entry(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{name}:\n" + "".join(f"  {_scalar(key)}: {_scalar(inner)}\n" for key, inner in value.items())
    return f"{name}: {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    # JSON's strings, numbers and flags are YAML's too.
    return json.dumps(value, ensure_ascii=False)
