"""Who runs the notebook: a person or a machine."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from typing import Literal, cast

from IPython import get_ipython

from .errors import InputError

Mode = Literal["guided", "unattended"]

_SHORTEST = 8
"""Characters. A shorter value can stand in a parameter by chance."""
MODE_VARIABLE = "RUNBOOK_MODE"
"""Environment variable that sets the mode for a whole workshop or pipeline."""


def detect_mode(explicit: str = "auto") -> Mode:
    """Tell whether a person is there to fill in forms.

    In this order: `explicit`, the environment variable RUNBOOK_MODE, Voilà (which runs cells through nbclient, but with
    a person watching), and the `allow_stdin` flag of the running request. That flag is true in JupyterLab, and false in
    papermill, nbclient, nbconvert and nbval. Call this while a cell runs, never in a callback.

    Raises InputError if the mode doesn't exist, or is guided where a machine runs the cells: forms would be shown to
    nobody, and the run would succeed without having done anything.
    """
    choice = explicit if explicit != "auto" else os.environ.get(MODE_VARIABLE) or "auto"
    if choice == "guided" and _may_ask_user() is False and not _in_voila():
        raise InputError(
            "The mode guided shows forms, and nobody is here to fill them in.",
            remedy="Use auto or unattended, or open the notebook in JupyterLab.",
        )
    if choice in ("guided", "unattended"):
        return cast("Mode", choice)
    if choice != "auto":
        raise InputError(f"The mode '{choice}' doesn't exist.", remedy="Use auto, guided or unattended.")
    return "guided" if _in_voila() or _may_ask_user() else "unattended"


def check_injected_names() -> None:
    """Refuse a misspelt parameter that papermill has put into the notebook, before anything is made.

    Papermill only warns about names that the notebook doesn't know. What it injects is a cell that starts with
    `# Parameters`. Raises InputError that names the nearest parameter.
    """
    from .guide import defaults, unknown_parameters  # with all parameters: too slow for those who only ask for the mode

    shell = get_ipython()
    history = shell.user_ns.get("In", []) if shell else []
    known = defaults()
    for cell in history:
        first, _, rest = str(cell).partition("\n")
        if first.strip() != "# Parameters":
            continue
        if unknown := [name for name in _assigned(rest) if name not in known]:
            raise unknown_parameters(unknown)
        if found := next((name for name, secret in _secrets().items() if secret in rest), ""):
            raise InputError(
                f"A parameter holds the secret in the variable {found}.",
                meaning="Papermill has written it into the executed notebook. Nothing was made.",
                remedy="Delete that notebook, and leave the secret out. The guide takes secrets from variables only.",
                who="You.",
            )


def _secrets() -> dict[str, str]:
    """Return the values of variables whose names say that they hold a secret, unless they're too short to tell."""
    from .parameters.naming_rules import secret_name

    return {name: value for name, value in os.environ.items() if secret_name(name) and len(value) >= _SHORTEST}


def _assigned(code: str) -> Iterator[str]:
    for statement in ast.parse(code).body:
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            if isinstance(target, ast.Name):
                yield target.id


def _in_voila() -> bool:
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def _may_ask_user() -> bool | None:
    """Return the flag of the running request. None: there's no kernel, or it doesn't say."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:  # plain Python, or an engine without a kernel
        return None
    allowed = kernel.get_parent("shell").get("content", {}).get("allow_stdin")
    return None if allowed is None else bool(allowed)
