"""`runbook runs`: the runs on this machine, what became of them, and which one to go on with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from .. import sandbox
from ..display.plain import one_line
from ..errors import InputError
from ..record.run_file import RunFile, known_runs, new_folder
from .output import say

_COLUMNS = ("name", "state", "began", "target", "instance", "made")


@click.group("runs", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def runs_group(context: click.Context, as_json: bool) -> None:
    """List the runs on this machine, the newest first.

    \b
    Examples:
      runbook runs
      runbook runs show 20261127-101500
    """
    if context.invoked_subcommand:
        return
    found = [_summary_or_damage(one) for one in _all().values()]
    if as_json:
        say(json.dumps(found, indent=2, ensure_ascii=False))
    elif not found:
        say("No runs yet. Start one with:  runbook run")
    else:
        _print_table(found)


@runs_group.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """Show one run: its notebooks, what it made, and what's unfinished. NAME is from the list, or a folder.

    \b
    Example:
      runbook runs show 20261127-101500
    """
    found = details(_named(name))
    if as_json:
        say(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for label, value in found.items():
        lines = [one_line(text) for text in value] if isinstance(value, list) else [one_line(str(value))]
        for number, line in enumerate(lines or ["none"]):
            say(f"{'' if number else label.replace('_', ' ').capitalize():<14} {line}")


def summary(run: RunFile) -> dict[str, Any]:
    """Return what a list says of a run."""
    from ..record.journal import Journal

    known, journal = run.read(), Journal(run.folder)
    return {
        "name": run.folder.name,
        "state": run.state,
        "began": known.get("began", ""),
        "kind": known.get("kind", "notebooks"),
        "target": next((one["target"] for one in journal.events() if one["event"] == "session"), ""),
        "instance": journal.current_setup().rpartition("/")[2],
        "made": len(_made(journal)),
    }


def _summary_or_damage(run: RunFile) -> dict[str, Any]:
    """Return the summary; a run that can't be read says only that, and the others are listed all the same."""
    try:
        return summary(run)
    except InputError:
        return {**dict.fromkeys(_COLUMNS, ""), "name": run.folder.name, "state": "damaged"}


def details(run: RunFile) -> dict[str, Any]:
    """Return all that's known of a run."""
    from ..record.journal import Journal

    known, journal = run.read(), Journal(run.folder)
    done = known.get("done", [])
    return {
        **summary(run),
        "folder": str(run.folder),
        "exit_code": known.get("exit_code"),
        "notebooks": [f"{name}: {'done' if name in done else 'not done'}" for name in known.get("notebooks", [])],
        "made": _made(journal),
        "unfinished": [f"{one.action} {one.kind} {one.name}" for one in journal.unfinished().values()],
        "damages": [str(one) for one in journal.damages()],
    }


def lab_folder(home: Path, run_dir: Path | None, *, resume: bool) -> Path:
    """Return the folder of a lab's record: the one named, the last lab's, or a new one."""
    if run_dir:
        return run_dir.absolute()
    labs = [one for one in known_runs(home / "runs").values() if _is_lab(one) and not one.is_held]
    if resume:
        if not labs:
            raise InputError("There's no earlier lab to continue.", remedy="Leave out --resume.", who="You.")
        return labs[0].folder
    if labs and (left := summary(labs[0])["made"]):
        say(f"The last lab made {left} things that it hasn't removed. To continue there:  runbook lab --resume")
    return new_folder(home / "runs", "lab-")


def _is_lab(run: RunFile) -> bool:
    try:
        return run.read().get("kind") == "lab"
    except InputError:
        return False


def earlier(
    home: Path, run_dir: Path | None, notebooks: Sequence[str], values: Mapping[str, Any]
) -> tuple[Path, tuple[str, ...], dict[str, Any], tuple[str, ...]]:
    """Return folder, notebooks, values and finished notebooks of the run to go on with. Raises InputError."""
    if notebooks or values:
        raise InputError(
            "A resumed run has its own notebooks and values.",
            remedy="Leave out notebooks, -f, -p and --target, or leave out --resume.",
            who="You.",
        )
    runs = [RunFile(run_dir.absolute())] if run_dir else list(known_runs(home / "runs").values())
    for one in runs:
        try:
            known = one.read()
        except InputError:
            if run_dir:
                raise
            continue
        if known.get("kind") == "run" and one.state in ("stopped", "interrupted"):
            say(f"Continuing the run {one.folder.name}.")
            return (
                one.folder,
                tuple(known.get("notebooks", ())),
                dict(known.get("values", {})),
                tuple(known.get("done", ())),
            )
    where = f" in {run_dir}" if run_dir else ""
    remedy = "List the runs with `runbook runs`, or start a new one."
    raise InputError(f"There's no unfinished run{where}.", remedy=remedy, who="You.")


def _all() -> Mapping[str, RunFile]:
    return known_runs(sandbox.default_home() / "runs")


def _named(name: str) -> RunFile:
    runs = _all()
    if name in runs:
        return runs[name]
    if (found := RunFile(Path(name).absolute())).read():
        return found
    listed = ", ".join(list(runs)[:5]) or "none"
    raise InputError(f"There's no run named {one_line(name, 60)}.", meaning=f"The newest are: {listed}.", who="You.")


def _made(journal: Any) -> list[str]:
    return [f"{one.kind} {one.name}" for one in journal.made() if one.action in ("create", "assign")]


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    cells = [_COLUMNS, *([one_line(str(row[column])) for column in _COLUMNS] for row in rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(len(_COLUMNS))]
    for line in cells:
        say("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
