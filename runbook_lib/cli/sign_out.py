"""`runbook sign-out`: forgets who signed in to Azure with a browser or a device code."""

from __future__ import annotations

import click

from .output import say


@click.command("sign-out")
def sign_out() -> None:
    """Forget who signed in to Azure with `browser` or `device-code`. The next run asks again.

    Sign-ins that others keep stay: that of `az` (az logout), of your browser, and the AZURE_ variables.

    \b
    Example:
      runbook sign-out
    """
    from ..azure import sign_in
    from ..azure.target import sign_in_folder

    names = sign_in.sign_out(sign_in_folder())
    say(f"Signed out: {', '.join(names)}." if names else "Nobody was signed in with a browser or a device code.")
    say("Open notebooks stay signed in until you restart their kernels. To end the sign-in of az:  az logout")
