"""The guide's notebooks: where they are, their order, and what each takes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .display.plain import one_line, quoted
from .errors import InputError
from .parameters import (
    AssignAccessParameters,
    CleanUpParameters,
    ConnectClientParameters,
    CreateInstanceParameters,
    ManagedIdentityParameters,
    Parameters,
    PrivateAccessParameters,
    StartHereParameters,
)
from .parameters.naming_rules import secret_name

HOW_TO_BEGIN = (
    "**To begin**, choose *Run > Run All Cells* in the menu, or press Shift+Enter in one cell after another. Forms "
    "appear. Nothing changes until you press the button at the end of a form."
)
_NAMED = 3
"""How many unknown names are listed. A wrong file can have thousands."""


@dataclass(frozen=True)
class Notebook:
    """One notebook of the guide."""

    name: str
    """File name without its extension, for example `01-create-instance`."""
    title: str
    parameters: type[Parameters]
    steps: tuple[str, ...]
    """Ids of its steps."""
    optional: bool = False
    """Whether a setup is complete without it."""

    @property
    def path(self) -> Path:
        """Where the original is."""
        return folder() / f"{self.name}.ipynb"


NOTEBOOKS = (
    Notebook("00-start-here", "Start here", StartHereParameters, ("start-here",)),
    Notebook("01-create-instance", "Create the instance", CreateInstanceParameters, ("create-instance",)),
    Notebook("02-assign-access", "Set up user access", AssignAccessParameters, ("assign-access",)),
    Notebook(
        "03-managed-identity", "Managed identities", ManagedIdentityParameters, ("managed-identity",), optional=True
    ),
    Notebook("04-private-access", "Private access", PrivateAccessParameters, ("private-access",), optional=True),
    Notebook(
        "05-connect-a-client",
        "Connect a client",
        ConnectClientParameters,
        ("call-rest", "build-graph", "connect-client"),
    ),
    Notebook("06-clean-up", "Clean up", CleanUpParameters, ("clean-up",), optional=True),
)


def notebook_of(step_id: str) -> Notebook | None:
    """Return the notebook with this step; None if the guide doesn't have it."""
    return next((one for one in NOTEBOOKS if step_id in one.steps), None)


def folder() -> Path:
    """Return the folder of the notebooks. It is inside an installed package, or next to it in a clone."""
    package = Path(__file__).resolve().parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def find(name: str) -> Notebook:
    """Return the notebook that `name` means: its name, its number (`01`) or a path to it.

    Raises InputError if the guide doesn't have this notebook.
    """
    wanted = Path(name).name.removesuffix(".ipynb")
    for notebook in NOTEBOOKS:
        if wanted in (notebook.name, notebook.name.partition("-")[0]):
            return notebook
    known = ", ".join(notebook.name for notebook in NOTEBOOKS)
    raise InputError(
        f"The guide has no notebook {quoted(name)}.", meaning=f"It has {known}.", remedy="Use one of these."
    )


def defaults() -> Mapping[str, type[Parameters]]:
    """Return all parameters of all notebooks, each with the first model that has it."""
    return {field: n.parameters for n in reversed(NOTEBOOKS) for field in n.parameters.model_fields}


def unknown_parameters(unknown: Sequence[str]) -> InputError:
    """Make the error for names that no notebook has. It never repeats a value: that could be a secret."""
    known = defaults()
    # Up to where a value could follow: some write name=value by mistake.
    names = [one_line(re.split(r"[=:\s]", name, maxsplit=1)[0], 40) or "(empty)" for name in unknown[:_NAMED]]
    more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
    near = [near for name in names if (near := get_close_matches(name.lower(), known, 1))]
    guess = f"Did you mean {', '.join(name for [name] in near)}?" if near else ""
    if any(secret_name(name) for name in names):
        guess = "Secrets are never parameters. The guide takes them from variables such as AZURE_CLIENT_SECRET."
    return InputError(
        f"No notebook has a parameter named {', '.join(names)}{more}.",
        meaning=guess,
        remedy="Correct the name. notebooks/PARAMETERS.md lists all parameters.",
    )


def working_copy(home: Path) -> Path:
    """Copy the guide and the exercises into the user's folder, and return the folder with the copies.

    People work on copies, so that the originals stay as tested. A copy has no outputs, which would show the success of
    another run, and says how to begin. The folder's name depends on the content: a new version of the guide
    gets a new folder and never overwrites anyone's work.
    """
    copies = {notebook.path.name: _fresh(notebook) for notebook in NOTEBOOKS}
    copies |= {f"exercises/{path.name}": path.read_text("utf-8") for path in _exercises()}
    digest = hashlib.sha256("".join(copies.values()).encode()).hexdigest()[:8]
    target = home / "guides" / digest
    (target / "exercises").mkdir(parents=True, exist_ok=True)
    for name, text in copies.items():
        if not (target / name).exists():
            (target / name).write_text(text, "utf-8")
    return target


def _exercises() -> list[Path]:
    """List the notebooks of the exercises, which have no outputs and say themselves how to begin."""
    return sorted((folder() / "exercises").glob("*.ipynb"))


def _fresh(notebook: Notebook) -> str:
    """Return the notebook without outputs, with a line below its title that says how to begin."""
    content = json.loads(notebook.path.read_text("utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    title = content["cells"][0]
    title["source"] = [f"{''.join(title['source'])}\n\n{HOW_TO_BEGIN}"]
    return f"{json.dumps(content, indent=1, ensure_ascii=False)}\n"
