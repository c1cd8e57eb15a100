"""Everything that can go wrong, as one tree.

RunbookError                 base: says what happened, what it means, what to do and who can do it
├── InputError               a value is wrong: says which, what is allowed, and how to fix it        exit code 2
│   └── StepNotRun           you asked for a result before its step ran
├── PermissionMissing        you lack a permission: names action, scope and the role that allows it  exit code 3
├── AzureRefused             Azure refused for another reason, explained                             exit code 4
├── VerificationFailed       the step ran, but a check of real state did not pass                    exit code 4
├── TimedOut                 Azure did not finish in time, but the work can still continue           exit code 5
│   └── Stopped              you stopped waiting, and the work can still continue
├── SignInFailed             no token, or an expired one                                             exit code 6
├── Unreachable              Azure or the sandbox does not answer                                    exit code 7
│   └── SandboxUnavailable   not running, or its port is taken
├── SecretFound              the command `runbook run` found a secret in what it wrote (cli.secrets)   exit code 8
├── MachineFailed            this machine couldn't: disk, memory, file handles (cli.machine)          exit code 74
└── (anything else)          our own bug                                                             exit code 70
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from .display.cards import Card, Displayable

BUG_EXIT_CODE = 70
"""The exit code for our own bugs (EX_SOFTWARE of sysexits)."""


class RunbookError(Displayable, Exception):
    """Base of all errors that users see."""

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
        """What happened, in Azure's words if the error is Azure's."""
        self.meaning = meaning
        """What that means here."""
        self.remedy = remedy
        """What to do about it."""
        self.who = who
        """Who can do that."""
        self.code = code
        """Azure's error code. Empty if the error isn't Azure's."""
        self.correlation_id = correlation_id
        """The id that Azure's support asks for. Empty if there isn't one."""
        self.uncertain = False
        """Whether Azure can have made the change all the same, so that only a look at it can tell."""

    def rows(self) -> list[tuple[str, str]]:
        """Return the labeled parts of the error, including empty ones."""
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
        # IPython calls this: people see a few sentences instead of a stack trace.
        return str(self).splitlines()


class InputError(RunbookError):
    """A value isn't valid."""

    exit_code = 2

    def __init__(self, message: str, *, problems: Mapping[str, str] | None = None, **explained: Any) -> None:
        super().__init__(message, **explained)
        self.problems = dict(problems or {})
        """What is wrong, by name of the parameter. Empty if no parameter is to blame."""


class StepNotRun(InputError):
    """You asked for a result before its step ran."""

    def card(self) -> Card:
        """Show one sentence. Only the order is wrong."""
        return Card(self.message, "warning")


class PermissionMissing(RunbookError):
    """You don't have permission to do this."""

    exit_code = 3

    def __init__(
        self, message: str, *, action: str = "", scope: str = "", role: str = "", request: str = "", **explained: Any
    ) -> None:
        super().__init__(message, **explained)
        self.action = action
        """The Azure action you can't perform, for example Microsoft.Authorization/roleAssignments/write."""
        self.scope = scope
        """The resource id where you can't perform it."""
        self.role = role
        """The smallest built-in role that would allow it."""
        self.request = request
        """A message, ready to send to someone who can grant it."""

    def rows(self) -> list[tuple[str, str]]:
        """Return the labeled parts of the refusal, and the message to send."""
        refused = [("Action", self.action), ("Scope", self.scope), ("Smallest role", self.role)]
        return [*super().rows(), *refused, ("Message to send", self.request)]


class AzureRefused(RunbookError):
    """Azure refused."""

    exit_code = 4


class VerificationFailed(RunbookError):
    """A check failed."""

    exit_code = 4


class TimedOut(RunbookError):
    """Azure didn't finish in time."""

    exit_code = 5


class Stopped(TimedOut):
    """You stopped waiting."""

    def card(self) -> Card:
        """Show what continues in the background. Nothing has failed."""
        return replace(super().card(), tone="warning")


class SignInFailed(RunbookError):
    """You aren't signed in."""

    exit_code = 6


class Unreachable(RunbookError):
    """No answer."""

    exit_code = 7


class SandboxUnavailable(Unreachable):
    """The sandbox doesn't answer."""
