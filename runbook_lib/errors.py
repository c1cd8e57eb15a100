"""Everything that can go wrong, as one tree.

    RunbookError                 base; carries what happened, what it means, the remedy and who can apply it
    ├── InputError               a value is wrong: says which, what is allowed, what to do               exit code 2
    │   └── StepNotRun           a result was asked for before its step ran
    ├── PermissionMissing        the caller may not do it: names action, scope and the role that cures   exit code 3
    ├── AzureRefused             Azure said no for another reason, explained                             exit code 4
    ├── TimedOut                 Azure did not finish in the time allowed; the work may still go on      exit code 5
    ├── SignInFailed             no token, or an expired one                                             exit code 6
    ├── Unreachable              Azure, or the sandbox, does not answer                                  exit code 7
    │   └── SandboxUnavailable   not running, or its port is taken
    └── (anything else)          our own bug                                                             exit code 70
"""

from __future__ import annotations

from typing import ClassVar

from .cards import Card, Shown

BUG_EXIT_CODE = 70
"""What a command exits with when the fault is ours (sysexits' EX_SOFTWARE)."""


class RunbookError(Shown, Exception):
    """Base of all errors that a user is meant to read."""

    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        message: str,
        *,
        meaning: str = "",
        remedy: str = "",
        who: str = "",
        code: str = "",
        correlation_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        """What happened, in Azure's words where Azure spoke."""
        self.meaning = meaning
        """What that means here."""
        self.remedy = remedy
        """What to do about it."""
        self.who = who
        """Who can do that."""
        self.code = code
        """Azure's error code, empty when the error is not Azure's."""
        self.correlation_id = correlation_id
        """What Azure's support asks for; empty when there is none."""

    def card(self) -> Card:
        """Show the error with its remedy."""
        rows = [
            ("What happened", self.message),
            ("What it means", self.meaning),
            ("What to do", self.remedy),
            ("Who can do it", self.who),
            ("Azure's error code", self.code),
            ("Correlation id", self.correlation_id),
        ]
        return Card(type(self).__doc__ or "Error", "bad", [(name, value) for name, value in rows if value])

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: people read a few sentences instead of a stack.
        return str(self).splitlines()


class InputError(RunbookError):
    """A value is not usable."""

    exit_code = 2


class StepNotRun(InputError):
    """A result was asked for before its step ran."""


class PermissionMissing(RunbookError):
    """You may not do this."""

    exit_code = 3


class AzureRefused(RunbookError):
    """Azure refused."""

    exit_code = 4


class TimedOut(RunbookError):
    """Azure did not finish in time."""

    exit_code = 5


class SignInFailed(RunbookError):
    """You are not signed in."""

    exit_code = 6


class Unreachable(RunbookError):
    """No answer."""

    exit_code = 7


class SandboxUnavailable(Unreachable):
    """The sandbox does not answer."""
