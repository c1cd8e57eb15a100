"""`runbook sandbox`: the commands for the sandbox."""

from __future__ import annotations

import shlex
import sys

import click

from .. import sandbox
from ..errors import InputError
from .faults import faults_group
from .output import say


@click.group("sandbox")
def sandbox_group() -> None:
    """Start, stop and inspect the sandbox: Azure simulated on this machine.

    \b
    Example:
      runbook sandbox start --pace real
    """


@sandbox_group.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The proxy's port. Default: 46135, or any free port.")
@click.option(
    "--pace",
    type=click.Choice(["instant", "brisk", "real"]),
    help="How long Azure's work takes: no time, a tenth of the real time (default), or the real time.",
)
def start(port: int | None, pace: str | None) -> None:
    """Start the sandbox if it isn't running.

    \b
    Example:
      runbook sandbox start --pace instant
    """
    running = sandbox.start(sandbox.default_home(), port=port, pace=sandbox.Pace(pace) if pace else None)
    say(f"The sandbox is running: proxy {running.proxy_url}, certificate {running.ca_file}")
    say('For az, curl and others:  eval "$(runbook sandbox env)"')


@sandbox_group.command()
def stop() -> None:
    """Stop the sandbox. It keeps its contents.

    \b
    Example:
      runbook sandbox stop
    """
    stopped = sandbox.stop(sandbox.default_home())
    say("The sandbox has stopped and keeps its contents." if stopped else "The sandbox wasn't running.")


@sandbox_group.command()
def status() -> None:
    """Show whether the sandbox is running, where, and who can sign in.

    \b
    Example:
      runbook sandbox status
    """
    found = sandbox.status(sandbox.default_home())
    if found is None:
        say("The sandbox isn't running. Start it with:  runbook sandbox start")
    else:
        say(f"The sandbox is running: proxy {found.proxy_url}, process {found.pid}, pace {found.pace}")
        say(f"Azure Digital Twins instances: {found.instances}")
    say("\nWho can sign in (parameter sign_in):")
    for persona in sandbox.PERSONAS:
        say(f"  {persona.name:<16} {persona.about}")


@sandbox_group.command()
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
def reset(yes: bool) -> None:
    """Delete everything in the sandbox, including all instances, role assignments and models.

    \b
    Example:
      runbook sandbox reset --yes
    """
    # Without a terminal, we can't ask.
    if not yes and not (sys.stdin.isatty() and click.confirm("This deletes everything in the sandbox. Continue?")):
        raise InputError("Not confirmed: nothing was deleted.", remedy="Answer yes, or add --yes to the command.")
    sandbox.reset(sandbox.default_home())
    say("The sandbox is empty.")


@sandbox_group.command("env")
@click.option(
    "--shell", type=click.Choice(["posix", "powershell"]), default="posix", help="The shell whose syntax to use."
)
@click.option(
    "--service-principal", is_flag=True, help="Include the AZURE_* variables of the service principal setup-pipeline."
)
def environment(shell: str, service_principal: bool) -> None:
    """Print the settings that send az, curl, node and others to the sandbox instead of Azure.

    They include your sandbox's key. Treat them like a password.

    \b
    Example:
      eval "$(runbook sandbox env)"
      az login --use-device-code        then: runbook sandbox approve CODE --as owner
    """
    settings = sandbox.settings(sandbox.default_home())
    lines = dict(sandbox.environment(settings))
    if service_principal:
        lines |= sandbox.service_principal_environment(settings)
    for name, value in lines.items():
        inner = value.replace("'", "''")
        # Exactly, with the sandbox's own secret: this is for a shell, not for people.
        click.echo(f"$env:{name} = '{inner}'" if shell == "powershell" else f"export {name}={shlex.quote(value)}")


@sandbox_group.command()
@click.argument("code")
@click.option("--as", "persona", default="owner", show_default=True, help="Who signs in. See `runbook sandbox status`.")
def approve(code: str, persona: str) -> None:
    """Finish a device-code sign-in, as a person would in the browser. CODE is the code that the client showed.

    \b
    Example:
      runbook sandbox approve ABCD1234 --as operator
    """
    sandbox.approve(sandbox.settings(sandbox.default_home()), code, persona)
    say(f"Signed in as {persona}.")


sandbox_group.add_command(faults_group)
