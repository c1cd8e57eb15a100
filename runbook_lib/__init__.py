"""Guided runbook for setting up Azure Digital Twins."""

# With next to no imports of its own: until the command line is ready for Ctrl+C, every millisecond counts.
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .errors import (
        AzureRefused,
        InputError,
        PermissionMissing,
        RunbookError,
        SandboxUnavailable,
        SignInFailed,
        StepNotRun,
        Stopped,
        TimedOut,
        Unreachable,
        VerificationFailed,
    )
    from .session import Runbook

__all__ = [
    "AzureRefused",
    "InputError",
    "PermissionMissing",
    "Runbook",
    "RunbookError",
    "SandboxUnavailable",
    "SignInFailed",
    "StepNotRun",
    "Stopped",
    "TimedOut",
    "Unreachable",
    "VerificationFailed",
]


def __getattr__(name: str) -> "Any":
    # Loaded on first use, so that the command line doesn't wait for what only notebooks need.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name == "Runbook" and "IPython" in sys.modules:
        import_module(".starting", __name__).begin()
    return getattr(import_module(".session" if name == "Runbook" else ".errors", __name__), name)


def __dir__() -> list[str]:
    return __all__
