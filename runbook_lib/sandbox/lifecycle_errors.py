"""What can go wrong with the sandbox's own process and files."""

from __future__ import annotations


class SandboxError(Exception):
    """Something is wrong with the sandbox itself; the message says what to do."""


class HomeUnknown(SandboxError):
    """RUNBOOK_HOME names a folder of a user who doesn't exist."""


class StateDamaged(SandboxError):
    """The file that holds all the sandbox knows is not a database, or a damaged one."""


class SandboxNotRunning(SandboxError):
    """No sandbox is running for this home folder."""


class PortTaken(SandboxError):
    """Another program is using the port that the user named."""


class OtherPace(SandboxError):
    """The running sandbox has another pace than the one that was asked for."""


class StartFailed(SandboxError):
    """The server process ended, or did not answer in time."""


class StopFailed(SandboxError):
    """The server process did not end."""
