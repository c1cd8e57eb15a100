"""Write the notebooks of the exercises, and the list of them on their page.

python3 -m uv run --group dev python -m tests.exercises.notebooks
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from runbook_lib.exercises import NAMES, kind
from runbook_lib.exercises.bench import person
from runbook_lib.exercises.shape import Exercise
from runbook_lib.guide import folder

FOLDER = folder() / "exercises"
PAGE = FOLDER / "README.md"
BEGIN, END = "<!-- begin list: written by tests/exercises/notebooks.py -->", "<!-- end list -->"
_PARAMETERS = """\
# Parameters
solve: bool = False  # Carry out the solution, for a run without anyone there
seed: str = ""  # What a class has in common: the same seed gives the same scenery
learner: str = ""  # Your name in the class: it chooses the ids in the names. Empty: RUNBOOK_LEARNER"""
_REPAIR = """\
Fix it in any way you like. The check looks at Azure's real state, so all of these count:

- the guide's notebooks and their forms, such as [02-assign-access](../02-assign-access.ipynb): enter the resource group
  and the instance from the card above
- `az`, after `eval "$(runbook sandbox env)"` in a terminal
- Azure's own clients, in the cell below or anywhere else"""


def path(name: str) -> Path:
    """Where the notebook of an exercise is."""
    return FOLDER / f"{name}.ipynb"


def _cells(name: str, about: type[Exercise]) -> list[Any]:
    who = [person(one) for one in (about.who, *about.helpers)]
    you = " or ".join(f"{one.display_name} (`sign_in` is `{one.name}`)" for one in who)
    texts: list[tuple[str, str, str]] = [
        ("title", "md", f"# {about.title}\n\n{about.story}\n\n> {about.symptom}\n\n**The goal:** {about.goal}"),
        ("parameters", "code", _PARAMETERS),
        ("start-why", "md", f"## Start\n\nThis stages the trouble in your own sandbox. You are {you}."),
        (
            "start",
            "code",
            "from runbook_lib.exercises import exercise\n\n"
            f'it = exercise("{name}", seed=seed, learner=learner)\nit.start()',
        ),
        ("look-why", "md", "## Look\n\nWhat does Azure say? Run this as often as you like."),
        ("look", "code", "it.look()"),
        ("repair-why", "md", f"## Fix it\n\n{_REPAIR}"),
        ("repair", "code", "# Your own code, if you like"),
        ("check-why", "md", "## Check\n\nSolved, not yet or not tried, and what was seen."),
        ("check", "code", "it.check()"),
        ("hint-why", "md", "## Stuck?\n\nThere are three hints. Each run shows the next one."),
        ("hint", "code", "show_hint = False  # True: show the next hint\nif show_hint:\n    display(it.hint())"),
        ("solution-why", "md", "## Solution\n\nWith the why, and the commands."),
        (
            "solution",
            "code",
            "show_solution = False  # True: show the solution\nif solve or show_solution:\n"
            "    display(it.solution(carry_out=solve), it.check())",
        ),
        (
            "reset-why",
            "md",
            "## Reset\n\nTakes everything away that belongs to the exercise. Then you can start again.",
        ),
        ("reset", "code", "reset = False  # True: take it away\nif reset:\n    display(it.reset())"),
    ]
    cells = []
    for identifier, sort, text in texts:
        make: Any = new_markdown_cell if sort == "md" else new_code_cell
        tags = {"tags": ["parameters"]} if identifier == "parameters" else {}
        cells.append(make(text, id=identifier, metadata=tags))
    return cells


def text(name: str) -> str:
    """Write the notebook of an exercise."""
    notebook: Any = new_notebook(cells=_cells(name, kind(name)))  # type: ignore[no-untyped-call]
    notebook.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    written: str = nbformat.writes(notebook, indent=1)  # type: ignore[no-untyped-call]
    return written + "\n"


def page() -> str:
    """Write the page of the exercises with its list brought up to date."""
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    rows = ["| | Exercise | You are | What people say |", "|---|---|---|---|"]
    for number, name in enumerate(NAMES, 1):
        about = kind(name)
        rows.append(f"| {number} | [{about.title}]({name}.ipynb) | {about.who} | {about.symptom} |")
    return f"{head}{BEGIN}\n\n" + "\n".join(rows) + f"\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write all of them."""
    for name in NAMES:
        path(name).write_text(text(name), "utf-8")
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
