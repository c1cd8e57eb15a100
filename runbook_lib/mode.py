"""Who runs the notebook: a person or a machine."""

from __future__ import annotations

import os
from typing import Literal, cast

from IPython import get_ipython

from .errors import InputError

Mode = Literal["guided", "unattended"]

MODE_VARIABLE = "RUNBOOK_MODE"
"""Environment variable that settles the mode for a whole workshop or pipeline."""


def detect_mode(explicit: str = "auto") -> Mode:
    """Tell whether a person is there to fill forms.

    `explicit` wins, then the environment variable RUNBOOK_MODE, then Voilà (whose cells run through nbclient although
    a person looks on), then the `allow_stdin` flag of the running request: JupyterLab says true there; papermill,
    nbclient, nbconvert and nbval say false. Call it while a cell runs, never in a callback.

    Raises InputError when the mode has no such value.
    """
    choice = explicit if explicit != "auto" else os.environ.get(MODE_VARIABLE) or "auto"
    if choice in ("guided", "unattended"):
        return cast("Mode", choice)
    if choice != "auto":
        raise InputError(f"The mode '{choice}' does not exist.", remedy="Use auto, guided or unattended.")
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return "guided"
    return "guided" if _somebody_can_be_asked() else "unattended"


def _somebody_can_be_asked() -> bool:
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:  # plain Python, or an engine without a kernel
        return False
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin"))
