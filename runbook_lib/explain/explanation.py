"""What an explanation of one of Azure's errors consists of, and the sentences that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

from ..azure.permissions import WHO_GRANTS
from ..errors import AzureRefused, InputError, PermissionMissing, RunbookError, SignInFailed, Unreachable


@dataclass(frozen=True)
class Explanation:
    """What one of Azure's error codes means."""

    meaning: str
    remedy: str
    who: str = "You."
    error: type[RunbookError] = AzureRefused


ADMINISTRATOR = "An administrator of your Microsoft Entra tenant."
SIGN_IN_AGAIN = (
    "Sign in again. In a notebook, run its first cells once more. For `runbook run`, sign in (`az login`, or the "
    "AZURE_ variables) and run the same command again. It continues where it stopped."
)
DOWN = "Microsoft Entra ID isn't available right now. Your sign-in is fine."
WAIT = "Wait, then run this again."
SEE_MESSAGE = "See Azure's message."
FIX_NAMED = "Fix what the message names."
NOTHING_TO_DO = "Nothing to do."
OTHER_NAME = "Choose another name."
CLIENT_AND_TENANT = "Check AZURE_CLIENT_ID and AZURE_TENANT_ID."
RENEW_IT = "Create a new secret and set AZURE_CLIENT_SECRET to its value."
OTHER_SIGN_IN = "Choose another sign_in."
FINISH_IN_BROWSER = "Open the page, enter the code, and wait."


def input_error(meaning: str, remedy: str) -> Explanation:
    """Explain a value that the reader gave."""
    return Explanation(meaning, remedy, error=InputError)


def sign_in_failed(meaning: str, remedy: str = SIGN_IN_AGAIN, who: str = "You.") -> Explanation:
    """Explain why nobody is signed in."""
    return Explanation(meaning, remedy, who, SignInFailed)


def unavailable(meaning: str = DOWN) -> Explanation:
    """Explain that the token service has a bad moment."""
    return Explanation(meaning, "Run this again in a few minutes. It continues where it stopped.", error=Unreachable)


def permission_missing(meaning: str, remedy: str, who: str = WHO_GRANTS) -> Explanation:
    """Explain a missing permission."""
    return Explanation(meaning, remedy, who, PermissionMissing)


def our_bug(meaning: str, error: type[RunbookError] = AzureRefused) -> Explanation:
    """Explain a request that we should not have sent."""
    return Explanation(meaning, "Report this as our bug.", "The authors of this guide.", error)
