"""The guide's notebooks: where they are, their order, and what each takes."""

from __future__ import annotations

import hashlib
import re
import shutil
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

_NAMED = 3
"""How many unknown names are listed. A wrong file can have thousands."""


@dataclass(frozen=True)
class Notebook:
    """One notebook of the guide."""

    name: str
    """File name without its extension, for example `01-create-instance`."""
    title: str
    parameters: type[Parameters]

    @property
    def path(self) -> Path:
        """Where the original is."""
        return folder() / f"{self.name}.ipynb"


NOTEBOOKS = (
    Notebook("00-start-here", "Start here", StartHereParameters),
    Notebook("01-create-instance", "Create the instance", CreateInstanceParameters),
    Notebook("02-assign-access", "Set up user access", AssignAccessParameters),
    Notebook("03-managed-identity", "Managed identities", ManagedIdentityParameters),
    Notebook("04-private-access", "Private access", PrivateAccessParameters),
    Notebook("05-connect-a-client", "Connect a client", ConnectClientParameters),
    Notebook("06-clean-up", "Clean up", CleanUpParameters),
)


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

    People work on copies, so that the originals stay as tested. The folder's name depends on the originals' content: a
    new version of the guide gets a new folder and never overwrites anyone's work.
    """
    originals = [*(notebook.path for notebook in NOTEBOOKS), *sorted((folder() / "exercises").glob("*.ipynb"))]
    digest = hashlib.sha256(b"".join(original.read_bytes() for original in originals)).hexdigest()[:8]
    target = home / "guides" / digest
    for original in originals:
        copy = target / original.relative_to(folder())
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            shutil.copyfile(original, copy)
    return target
