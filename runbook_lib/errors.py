"""Everything that can go wrong, as one tree.

RunbookError                 base; carries what happened, what it means, the remedy and who can apply it
├── InputError               a value is wrong: says which, what is allowed, what to do               exit code 2
│   └── StepNotRun           a result was asked for before its step ran
├── PermissionMissing        the caller may not do it: names action, scope and the role that cures   exit code 3
├── AzureRefused             Azure said no for another reason, explained                             exit code 4
├── VerificationFailed       the step ran, but a check of real state did not pass                    exit code 4
├── TimedOut                 Azure did not finish in the time allowed; the work may still go on      exit code 5
│   └── Stopped              somebody did not want to wait any longer; likewise
├── SignInFailed             no token, or an expired one                                             exit code 6
├── Unreachable              Azure, or the sandbox, does not answer                                  exit code 7
│   └── SandboxUnavailable   not running, or its port is taken
└── (anything else)          our own bug                                                             exit code 70
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from .display.cards import Card, Displayable

BUG_EXIT_CODE = 70
"""What a command exits with when the fault is ours (sysexits' EX_SOFTWARE)."""


class RunbookError(Displayable, Exception):
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

    def rows(self) -> list[tuple[str, str]]:
        """Name the parts of the error, the empty ones too."""
        return [
            ("What happened", self.message),
            ("What it means", self.meaning),
            ("What to do", self.remedy),
            ("Who can do it", self.who),
            ("Azure's error code", self.code),
            ("Correlation id", self.correlation_id),
        ]

    def card(self) -> Card:
        """Show the error with its remedy."""
        return Card(type(self).__doc__ or "Error", "bad", [(name, value) for name, value in self.rows() if value])

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: people read a few sentences instead of a stack.
        return str(self).splitlines()


class InputError(RunbookError):
    """A value is not usable."""

    exit_code = 2

    def __init__(self, message: str, *, problems: Mapping[str, str] | None = None, **explained: Any) -> None:
        super().__init__(message, **explained)
        self.problems = dict(problems or {})
        """What is wrong, by name of the parameter; empty when it belongs to none."""


class StepNotRun(InputError):
    """A result was asked for before its step ran."""

    def card(self) -> Card:
        """Show one sentence: nothing is wrong but the order."""
        return Card(self.message, "warning")


class PermissionMissing(RunbookError):
    """You are not allowed to do this."""

    exit_code = 3

    def __init__(
        self, message: str, *, action: str = "", scope: str = "", role: str = "", request: str = "", **explained: Any
    ) -> None:
        super().__init__(message, **explained)
        self.action = action
        """The action of Azure that is not allowed, for example Microsoft.Authorization/roleAssignments/write."""
        self.scope = scope
        """The resource id at which it is not."""
        self.role = role
        """The least built-in role that cures it."""
        self.request = request
        """A message that is ready to be sent to somebody who can grant it."""

    def rows(self) -> list[tuple[str, str]]:
        """Name the parts of the refusal, and the message to send."""
        refused = [("Action", self.action), ("Scope", self.scope), ("Role that cures it", self.role)]
        return [*super().rows(), *refused, ("Message to send", self.request)]


class AzureRefused(RunbookError):
    """Azure refused."""

    exit_code = 4


class VerificationFailed(RunbookError):
    """A check did not pass."""

    exit_code = 4


class TimedOut(RunbookError):
    """Azure did not finish in time."""

    exit_code = 5


class Stopped(TimedOut):
    """You have stopped waiting."""

    def card(self) -> Card:
        """Show what goes on without anybody who waits: nothing has failed."""
        return replace(super().card(), tone="warning")


class SignInFailed(RunbookError):
    """You are not signed in."""

    exit_code = 6


class Unreachable(RunbookError):
    """No answer."""

    exit_code = 7


class SandboxUnavailable(Unreachable):
    """The sandbox does not answer."""
