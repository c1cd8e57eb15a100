"""`runbook sandbox faults`: makes the sandbox fail on demand."""

from __future__ import annotations

from typing import Any

import click

from .. import sandbox
from ..errors import InputError
from .output import say

_EFFECTS = """\b
Effects on a call:
  latency         the answer arrives --seconds later (2)
  throttled       429, with --seconds as Retry-After (5)
  internal-error  500
  unavailable     503, with --seconds as Retry-After if given
  drop            the connection breaks before anything happens
  drop-answer     the call takes effect, then the connection breaks
  expire-token    401, as if the access token had expired
  claims-challenge  401 with a claims challenge, until the token has the claim
Effects on a long-running operation that a call starts:
  slow            it takes --seconds more (60)
  stuck           it doesn't end until you clear the fault
  failed          it ends as Failed, with --code and --message
  canceled        it ends as Canceled, with --code and --message
"""


@click.group("faults")
def faults_group() -> None:
    """Make the sandbox fail as Azure does on a bad day.

    \b
    Example:
      runbook sandbox faults add throttled --service arm --times 3
    """


@faults_group.command("list")
def list_command() -> None:
    """List the faults, and how often each has struck.

    \b
    Example:
      runbook sandbox faults list
    """
    found = sandbox.list_faults(sandbox.default_home())
    for fault in found:
        say(_line(fault))
    if not found:
        say("There are no faults. Add one with:  runbook sandbox faults add EFFECT")


@faults_group.command("add", epilog=_EFFECTS)
@click.argument("effect", type=click.Choice([effect.value for effect in sandbox.Effect]), metavar="EFFECT")
@click.option("--service", type=click.Choice(sandbox.SERVICES), help="Only calls to this service.")
@click.option("--method", help="Only calls with this HTTP method.")
@click.option("--path", help="Only calls to this path. * matches anything.")
@click.option("--action", help="Only calls that need this RBAC action. * matches anything.")
@click.option("--provider", help="Only calls to this ARM resource provider.")
@click.option("--times", type=int, help="Strike only the next N matching calls. Default: until cleared.")
@click.option("--probability", type=float, help="Strike this share of the matching calls, above 0 and up to 1.")
@click.option("--seed", type=int, help="Decides which calls those are. The same seed gives the same calls.")
@click.option("--seconds", type=float, help="A duration. Its meaning depends on the effect.")
@click.option("--code", help="Error code to use instead of the usual one.")
@click.option("--message", help="Error message to use instead of the usual one.")
def add_command(effect: str, **values: Any) -> None:
    """Add a fault. It survives restarts, until you clear it or reset the sandbox.

    \b
    Examples:
      runbook sandbox faults add throttled --service arm --times 3 --seconds 2
      runbook sandbox faults add unavailable --service data --probability 0.3 --seed 7
      runbook sandbox faults add failed --action "Microsoft.DigitalTwins/digitalTwinsInstances/write" --times 1
    """
    try:
        given = {name: value for name, value in values.items() if value is not None}
        fault = sandbox.Fault(sandbox.Effect(effect), **given)
    except ValueError as error:
        raise InputError(str(error)) from error
    say(_line(sandbox.add_fault(sandbox.default_home(), fault)))


@faults_group.command("clear")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
def clear_command(identifiers: tuple[str, ...]) -> None:
    """Clear the faults with these IDs, or all of them. Stuck operations continue.

    \b
    Example:
      runbook sandbox faults clear
    """
    try:
        cleared = sandbox.clear_faults(sandbox.default_home(), *identifiers)
    except KeyError as error:
        raise InputError(f"Fault {error.args[0]} doesn't exist. See: runbook sandbox faults list") from error
    say(f"Cleared: {', '.join(fault.id for fault in cleared) or 'no faults'}.")


def _line(fault: sandbox.Fault) -> str:
    conditions = [
        f"{name} {value}"
        for name in ("service", "method", "path", "action", "provider")
        if (value := getattr(fault, name))
    ]
    extras = [f"{fault.duration:g} s"] if fault.duration else []
    if fault.probability < 1:
        extras.append(f"{fault.probability:.0%} of them, seed {fault.seed}")
    limit = f" of {fault.times}" if fault.times else ""
    return (
        f"{fault.id:>3}  {fault.effect.value:<14} {', '.join(conditions) or 'every call'}"
        f"{''.join('; ' + extra for extra in extras)}; struck {fault.struck}{limit}"
    )
