"""What the command prints: without what would steer a terminal, and without secrets of the environment."""

from __future__ import annotations

from contextlib import suppress

import click

from ..display.plain import visible
from .secrets import remove_secrets, secrets_of


def clean(text: str) -> str:
    """Return text that is safe to print, to publish, and to keep."""
    return visible(remove_secrets(text, secrets_of()))


def say(text: str) -> None:
    """Print text and a line break."""
    click.echo(clean(text))


def say_error(text: str) -> None:
    """Print text to the stream for errors. If nobody reads that, the exit code has to do."""
    with suppress(OSError, ValueError):
        click.echo(clean(text), err=True)
