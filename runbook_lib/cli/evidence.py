"""The commands that write and check the evidence of a run."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import VerificationFailed
from .output import say

FOLDER = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))


@click.command()
@FOLDER
def evidence(folder: Path) -> None:
    """Write the evidence of the run in FOLDER: evidence.json, and evidence.html to read.

    `runbook run` does this by itself. Use it for a run by hand.

    \b
    Example:
      runbook evidence ~/.local/share/adt-setup-runbook/runs/notebooks-sandbox
    """
    from ..record.evidence import write_evidence

    say(f"Evidence: {write_evidence(folder)}")


@click.command()
@FOLDER
def verify(folder: Path) -> None:
    """Check that nothing in FOLDER was changed since its evidence was written. Exit code 4 if something was.

    \b
    Example:
      runbook verify runs/2026-11-27
    """
    from ..record.evidence import verify as findings

    found = findings(folder)
    if found:
        raise VerificationFailed(
            "\n".join(map(str, found)),
            meaning="The record isn't what the run wrote.",
            remedy="Compare it with a copy, for example the artifact of the pipeline.",
            who="You.",
        )
    say("Every byte is as the run wrote it.")
